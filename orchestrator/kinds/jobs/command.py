"""Command jobs: a shell command with code, inputs and outputs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.core.bodies import CODE_FILES, Environ, EnvironmentRef, Flag, Inputs, Job, Whole
from orchestrator.core.field_mark import Passive
from orchestrator.core.kind import Spec


class CommandLimits(Spec):
    """Bounds on a command job."""

    timeout: Annotated[Whole | None, Passive("bounds the time, not the work")] = Field(
        None, gt=0, description="Seconds."
    )


class Processes(Spec):
    """Several processes on each node."""

    type: Literal["pytorch", "mpi"]
    process_count_per_instance: Whole | None = Field(None, ge=1)


class TensorFlow(Spec):
    """Workers and parameter servers."""

    type: Literal["tensorflow"]
    parameter_server_count: Whole | None = Field(None, ge=0)
    worker_count: Whole | None = Field(None, ge=1)


class Ray(Spec):
    """A Ray cluster over the nodes."""

    type: Literal["ray"]
    port: Whole | None = None
    address: str | None = None
    include_dashboard: Flag | None = None
    dashboard_port: Whole | None = None
    head_node_additional_args: str | None = None
    worker_node_additional_args: str | None = None


class CommandJob(Job):
    """A command, run once for each change of its content."""

    type: Literal["command"] | None = None
    command: str = Field(description="A shell command; ${{inputs.X}} and ${{outputs.Y}} stand for paths and values.")
    code: Annotated[str | None, CODE_FILES] = Field(None, description="Folder or file that is copied to the job.")
    environment: EnvironmentRef = Field(description="azureml:NAME:VERSION, azureml:NAME@latest or a body.")
    environment_variables: Environ | None = None
    inputs: Inputs | None = None
    distribution: Processes | TensorFlow | Ray | None = None
    limits: CommandLimits | None = None
    parameters: Annotated[dict[str, Any] | None, Passive("a copy of the inputs")] = None
