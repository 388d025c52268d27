"""Rules that jobs of all types follow: names and modes of inputs and outputs, and what one machine does not do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.job_type import Body, JobType
from orchestrator.core.kind import BodyProblem
from orchestrator.core.launchers import missing_launcher
from orchestrator.core.refusal import Refusal
from orchestrator.core.rules import environment_problems
from orchestrator.core.tree import Path, value_at

_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_UNEVALUATED: Final = ("uri_file", "uri_folder", "custom_model", "mlflow_model", "triton_model")
_WITHOUT_EFFECT: Final = {
    ("services",): "interactive services for jobs are not supported there",
    ("identity",): "jobs run as the user who runs the workspace",
    ("resources", "shm_size"): "jobs use the shared memory of this machine",
}


def job_problems(kind: JobType, variant: str, body: Body) -> Iterator[BodyProblem]:
    """What is wrong with a job: what its type finds, and what is the same for all types."""
    yield from kind.problems(variant, body)
    for place in kind.programs(body):
        inner = value_at(body, (*place, "environment"))
        if isinstance(inner, Mapping):
            yield from environment_problems(inner, (*place, "environment"))
    yield from port_problems(body)


def port_problems(body: Body) -> Iterator[BodyProblem]:
    """What is wrong with the inputs and outputs of a job, or of a step."""
    yield from _misnamed(body)
    yield from _versions_of_nothing(body)
    yield from _unreadable_modes(body)


def job_refusals(kind: JobType, variant: str, body: Body) -> Iterator[Refusal]:
    """Why one machine cannot run a job: what its type says, and what is the same for all types."""
    yield from kind.refusals(variant, body)
    places = dict.fromkeys(((), *kind.programs(body)))
    for place in places:
        yield from _without_effect(body, place)
    for place in places:
        yield from _of_one_machine(body, place)
    for path in kind.sources(body):
        mode = value_at(body, (*path, "mode"))
        if isinstance(mode, str) and mode.startswith("eval_"):
            yield Refusal(
                f"mode {mode} converts a table to files, which is not supported here",
                (*path, "mode"),
                "Use mode ro_mount or download.",
            )


def _misnamed(body: Body) -> Iterator[BodyProblem]:
    """Inputs and outputs are parts of commands and paths, so their names are of letters, digits, '_' and '-'."""
    for side in ("inputs", "outputs"):
        members = body.get(side)
        for name in members if isinstance(members, Mapping) else ():
            if not _PART.fullmatch(name):
                yield BodyProblem(
                    (side, name),
                    "invalid-name",
                    f"'{name}' is not a valid name in `{side}`: use letters, digits, '_' and '-'.",
                    "Choose another name.",
                )


def _versions_of_nothing(body: Body) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, which refuses such an output when it is made."""
    outputs = body.get("outputs")
    for name, value in (outputs if isinstance(outputs, Mapping) else {}).items():
        if isinstance(value, Mapping) and value.get("version") is not None and value.get("name") is None:
            yield BodyProblem(
                ("outputs", name, "version"),
                "invalid-value",
                f"Output '{name}' has a version but no name, so it would not be registered.",
                "Add 'name: NAME', or remove the version.",
            )


def _unreadable_modes(body: Body) -> Iterator[BodyProblem]:
    """Source: Azure ML CLI v2 YAML reference, inputs: only tables are evaluated."""
    inputs = body.get("inputs")
    for name, value in (inputs if isinstance(inputs, Mapping) else {}).items():
        if not isinstance(value, Mapping) or value.get("type", "uri_folder") not in _UNEVALUATED:
            continue
        mode = value.get("mode")
        if isinstance(mode, str) and mode.startswith("eval_"):
            yield BodyProblem(
                ("inputs", name, "mode"),
                "invalid-value",
                f"Mode {mode} requires an input of type mltable, and '{name}' is not.",
                "Use ro_mount, download or direct, or write 'type: mltable'.",
            )


def _without_effect(body: Body, place: Path) -> Iterator[Refusal]:
    """Settings that the embedded workspace takes and does not follow."""
    for path, why in _WITHOUT_EFFECT.items():
        full = (*place, *path)
        if value_at(body, full):
            fix = "Remove it, or set it only in a target that supports it."
            yield Refusal(f"{'.'.join(map(str, full))} has no effect here: {why}.", full, fix, stops=False)


def _of_one_machine(body: Body, place: Path) -> Iterator[Refusal]:
    launcher = value_at(body, (*place, "distribution", "type"))
    if isinstance(launcher, str) and (missing := missing_launcher(launcher.lower())):
        yield Refusal(missing[0], (*place, "distribution", "type"), missing[1])
    nodes: Any = value_at(body, (*place, "resources", "instance_count"))
    # Nodes of a script over mini-batches are worker processes here.
    batched = isinstance(value_at(body, (*place, "task")), Mapping)
    if isinstance(nodes, int) and nodes > 1 and not batched:
        where = ".".join(map(str, (*place, "resources", "instance_count")))
        yield Refusal(
            f"the job requests {nodes} nodes, and this machine is one",
            (*place, "resources", "instance_count"),
            f"Set {where}: 1; distributions pytorch, tensorflow and mpi start several processes on one machine. Or set "
            "workspace.local.nodes_as_processes: true.",
        )
