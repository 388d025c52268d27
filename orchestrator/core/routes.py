"""Where a scoring container answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from orchestrator.core.kind import Spec


class ContainerRoute(Spec):
    """A route of a container."""

    path: str = Field(description="Path of the route, such as /score.")
    port: Annotated[int, Strict()] = Field(description="Port of the route.")


class InferenceConfig(Spec):
    """Routes of the scoring server in a container."""

    liveness_route: ContainerRoute = Field(description="Route that returns status 200 while the server is alive.")
    readiness_route: ContainerRoute = Field(description="Route that returns status 200 when the server can score.")
    scoring_route: ContainerRoute = Field(description="Route that scoring requests are sent to.")
