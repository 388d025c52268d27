"""Command jobs: a shell command with code, inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.bodies import CODE_FILES, Environ, EnvironmentRef, Inputs, Job, Whole
from orchestrator.core.field_mark import Passive
from orchestrator.core.job_type import Body, JobType, as_it_is, itself, named_inputs, nothing
from orchestrator.core.kind import BodyProblem, Spec
from orchestrator.core.placeholders import unfilled
from orchestrator.core.programs import Distribution


class CommandLimits(Spec):
    """Bounds on a command job."""

    timeout: Annotated[Whole | None, Passive("limits the time, not the result")] = Field(
        None, gt=0, description="Seconds."
    )


class CommandJob(Job):
    """A command, run once for each change of its content."""

    type: Literal["command"] | None = None
    command: str = Field(description="A shell command; ${{inputs.X}} and ${{outputs.Y}} stand for paths and values.")
    code: Annotated[str | None, CODE_FILES] = Field(None, description="Folder or file that is copied to the job.")
    environment: EnvironmentRef = Field(description="azureml:NAME:VERSION, azureml:NAME@latest or a body.")
    environment_variables: Environ | None = None
    inputs: Inputs | None = None
    distribution: Distribution | None = None
    limits: CommandLimits | None = None
    parameters: Annotated[dict[str, Any] | None, Passive("a copy of the inputs")] = None


def _problems(variant: str, body: Body) -> Iterator[BodyProblem]:
    sides = {"inputs": body.get("inputs"), "outputs": body.get("outputs")}
    return unfilled(body.get("command"), ("command",), sides, "A command")


TYPE: Final = JobType(
    key="command",
    variants={"command": f"{__name__}:CommandJob"},
    variant_field="",
    tells=("command",),
    schemas=("commandJob",),
    readers={"command": "job.command_job:CommandJobSchema"},
    programs=itself,
    sources=named_inputs,
    unnamed_outputs=("default", "artifacts"),
    problems=_problems,
    refusals=nothing,
    spoken=as_it_is,
)
