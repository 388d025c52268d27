"""Where a scoring container answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from orchestrator.core.kind import Spec


class Route(Spec):
    """A path and port of a scoring container."""

    path: str = Field(description="The path, such as /score.")
    port: Annotated[int, Strict()] = Field(description="The port.")


class InferenceConfig(Spec):
    """Where a scoring container answers."""

    liveness_route: Route = Field(description="Answers 200 while the server lives.")
    readiness_route: Route = Field(description="Answers 200 once it can score.")
    scoring_route: Route = Field(description="Takes the requests.")
