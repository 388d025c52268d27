"""How programs of the user are spread over processes and nodes, in jobs of several types."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import Flag, Whole
from orchestrator.core.kind import Spec


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


Distribution: TypeAlias = Processes | TensorFlow | Ray
