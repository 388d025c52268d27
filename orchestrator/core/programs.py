"""How programs of the user are spread over processes and nodes, in jobs of several types."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import Flag, Whole
from orchestrator.core.kind import Spec


class Processes(Spec):
    """Several processes on each node."""

    type: Literal["pytorch", "mpi"] = Field(description="Launcher: pytorch or mpi.")
    process_count_per_instance: Whole | None = Field(
        None, ge=1, description="Number of processes on each node. Default: 1."
    )


class TensorFlow(Spec):
    """TensorFlow workers and parameter servers."""

    type: Literal["tensorflow"] = Field(description="tensorflow: TensorFlow's own workers and parameter servers.")
    parameter_server_count: Whole | None = Field(None, ge=0, description="Number of parameter servers. Default: 0.")
    worker_count: Whole | None = Field(None, ge=1, description="Number of workers. Default: the number of nodes.")


class Ray(Spec):
    """A Ray cluster across the nodes."""

    type: Literal["ray"] = Field(description="ray: a Ray cluster across the nodes.")
    port: Whole | None = Field(None, description="Port of the head node.")
    address: str | None = Field(None, description="Address of the head node. Default: set by the service.")
    include_dashboard: Flag | None = Field(None, description="Whether the Ray dashboard is started.")
    dashboard_port: Whole | None = Field(None, description="Port of the Ray dashboard.")
    head_node_additional_args: str | None = Field(
        None, description="Additional arguments of ray start on the head node."
    )
    worker_node_additional_args: str | None = Field(
        None, description="Additional arguments of ray start on worker nodes."
    )


Distribution: TypeAlias = Processes | TensorFlow | Ray
