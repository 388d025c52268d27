"""The round: what is asked of a workspace. No GPU, one small node, nothing that others have made is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from orchestrator.backends.azure.recording.asset_steps import CONNECTIONS, DATA, DATASTORES, ENVIRONMENTS, READS
from orchestrator.backends.azure.recording.endpoint_steps import BATCH, ONLINE
from orchestrator.backends.azure.recording.step import RecordingStep

SIZE: Final = "Standard_DS1_v2"
"""One processor, 3.5 GiB."""

_NODE: Final = f"one {SIZE} node, at most 45 minutes: estimated at 0.07 USD an hour, so about 0.05 USD (not looked up)"


def _cluster(size: str = SIZE, smallest: int = 0, most: int = 1, **more: Any) -> dict[str, Any]:
    scale = {"minNodeCount": smallest, "maxNodeCount": most, "nodeIdleTimeBeforeScaleDown": "PT120S"}
    inner = {"vmSize": size, "vmPriority": "Dedicated", "scaleSettings": scale, **more}
    return {"location": "{location}", "properties": {"computeType": "AmlCompute", "properties": inner}}


def _members(**members: Any) -> dict[str, Any]:
    return members


def _job(compute: str = "{p}-cpu", **work: str) -> dict[str, Any]:
    return {
        "properties": {
            "jobType": "Command",
            "environmentId": "{w}/environments/{p}-env/versions/1",
            "computeId": f"{{w}}/computes/{compute}",
            "experimentName": "{p}",
            **(work or _members(command="echo recorded")),
        }
    }


_COMPUTES: Final = (
    RecordingStep(
        name="compute-name",
        shows="A compute's name with an underscore is refused.",
        method="PUT",
        path="computes/{u}_cpu",
        body=_cluster(),
        makes="computes/{u}_cpu",
        refused=True,
        row="names of resources",
    ),
    RecordingStep(
        name="compute-range",
        shows="minNodeCount above maxNodeCount is refused.",
        method="PUT",
        path="computes/{p}-odd",
        body=_cluster(smallest=1, most=0),
        makes="computes/{p}-odd",
        refused=True,
        row="node counts, shares of traffic and mirrored traffic",
    ),
    RecordingStep(
        name="compute-enum",
        shows="An unknown vmPriority is refused.",
        method="PUT",
        path="computes/{p}-odd",
        body=_cluster(vmPriority="Sometimes"),
        makes="computes/{p}-odd",
        refused=True,
        row="required members, types, enumerations, discriminators of every body of the specification's operations",
    ),
    RecordingStep(
        name="compute",
        shows="A cluster, with what the service fills in.",
        method="PUT",
        path="computes/{p}-cpu",
        body=_cluster(),
        makes="computes/{p}-cpu",
        waits=True,
        cost="a cluster with no nodes costs nothing",
        row="compute cluster and instance: create, get, list, update, delete",
    ),
    RecordingStep(
        name="compute-read", shows="A cluster as it is read.", method="GET", path="computes/{p}-cpu", needs="compute"
    ),
    RecordingStep(
        name="compute-size",
        shows="The size of a cluster cannot change.",
        method="PUT",
        path="computes/{p}-cpu",
        body=_cluster("Standard_DS2_v2"),
        needs="compute",
        refused=True,
        row="type, size, priority and operating system of a compute",
    ),
    RecordingStep(
        name="compute-scaled",
        shows="PATCH changes the scale settings of a cluster.",
        method="PATCH",
        path="computes/{p}-cpu",
        body={
            "properties": {
                "properties": {
                    "scaleSettings": {
                        "minNodeCount": 0,
                        "maxNodeCount": 1,
                        "nodeIdleTimeBeforeScaleDown": "PT2M30S",
                    }
                }
            }
        },
        needs="compute",
        waits=True,
        row="durations",
    ),
)

_JOBS: Final = (
    RecordingStep(
        name="job-unknown-compute",
        shows="A job on a compute that does not exist is refused.",
        method="PUT",
        path="jobs/{p}-lost",
        body=_job("{p}-none"),
        makes="jobs/{p}-lost",
        needs="environment",
        refused=True,
        row="compute that does not exist",
    ),
    RecordingStep(
        name="job",
        shows="A command job from its start to its end.",
        method="PUT",
        path="jobs/{p}-job",
        body=_job(),
        makes="jobs/{p}-job",
        needs="compute",
        waits=True,
        minutes=20.0,
        cost=_NODE,
        row="command job: submit, get, list, stream, download all outputs",
    ),
    RecordingStep(
        name="job-again",
        shows="The same job again under its name.",
        method="PUT",
        path="jobs/{p}-job",
        body=_job(),
        needs="job",
        row="submit the same job again under its name",
    ),
    RecordingStep(
        name="job-changed",
        shows="Another command under the name of a job is refused.",
        method="PUT",
        path="jobs/{p}-job",
        body=_job(command="echo other"),
        needs="job",
        refused=True,
        row="submit the same job again under its name",
    ),
)

_SCHEDULES: Final = (
    RecordingStep(
        name="schedule",
        shows="A schedule that is off.",
        method="PUT",
        path="schedules/{p}-sch",
        body={
            "properties": {
                "isEnabled": False,
                "trigger": {"triggerType": "Cron", "expression": "0 3 * * *", "timeZone": "UTC"},
                "action": {"actionType": "CreateJob", "jobDefinition": _job()["properties"]},
            }
        },
        makes="schedules/{p}-sch",
        needs="compute",
        waits=True,
        row="schedules, feature sets and entities, serverless endpoints, marketplace subscriptions: put, get, list, delete",
    ),
)

ROUND: Final[Sequence[RecordingStep]] = (
    *READS, *ENVIRONMENTS, *DATA, *DATASTORES, *CONNECTIONS, *BATCH, *ONLINE, *_COMPUTES, *_SCHEDULES, *_JOBS,
)  # fmt: skip
"""All steps, in their order: what costs something comes last."""


def made(steps: Sequence[RecordingStep]) -> Mapping[str, RecordingStep]:
    """Everything that the steps make, each with the first step that does."""
    found: dict[str, RecordingStep] = {}
    for step in steps:
        if step.makes:
            found.setdefault(step.makes, step)
    return found
