"""Command jobs: a shell command with code, inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.bodies import CODE_FILES, Environ, Inputs, Job, Whole
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.field_mark import RunSetting
from orchestrator.core.job_type import Body, JobType, as_it_is, itself, named_inputs, nothing
from orchestrator.core.kind import BodyProblem, Spec
from orchestrator.core.placeholders import unfilled
from orchestrator.core.programs import Distribution


class CommandLimits(Spec):
    """Limits of a command job."""

    timeout: Annotated[Whole | None, RunSetting("limits the time, not the result")] = Field(
        None, gt=0, description="Maximum run time of the job, in seconds. Default: no limit."
    )


class CommandJob(Job):
    """A command job. It runs once for each content."""

    type: Literal["command"] | None = Field(None, description="command: a command job (default).")
    command: str = Field(
        description="Shell command. ${{inputs.X}} and ${{outputs.Y}} are replaced by values and paths."
    )
    code: Annotated[str | None, CODE_FILES] = Field(
        None, description="Folder or file with the source code; it is the command's working directory."
    )
    environment: EnvironmentRef = Field(
        description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    environment_variables: Environ | None = Field(
        None, description="Environment variables of the command: name to value."
    )
    inputs: Inputs | None = Field(None, description="Inputs of the job, by name: literal values or data.")
    distribution: Distribution | None = Field(
        None, description="Distributed training: the launcher and the number of processes. Default: one process."
    )
    limits: CommandLimits | None = Field(None, description="Limits of the job.")
    parameters: Annotated[dict[str, Any] | None, RunSetting("a copy of the inputs")] = Field(
        None, description="Copy of the literal inputs, as the service returns it. Usually omitted."
    )


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
    for_loader=as_it_is,
)
