"""What can be asked. The one table from which requests are routed and the OpenAPI document is written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Door(StrEnum):
    """Who may pass."""

    OPEN = "open"
    TOKEN = "token"  # noqa: S105  # the name of a door
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked.

    Attributes:
        template: a path; ``{project}`` stands for one segment.
        operation: its name in the OpenAPI document and in the table of handlers.
        answer: the schema of the answer in the OpenAPI document; a media type if it is no JSON.
    """

    method: str
    template: str
    operation: str
    summary: str
    answer: str
    door: Door = Door.OPEN

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters in the path."""
        return tuple(part[1:-1] for part in self.template.split("/") if part.startswith("{"))


_PROJECT = "/api/v1/projects/{project}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/healthz", "healthz", "Liveness of the loop.", "text/plain"),
    Route("GET", "/readyz", "readyz", "Readiness: every project has been checked since the start.", "text/plain"),
    Route("GET", "/metrics", "metrics", "Metrics in the Prometheus text format.", "text/plain"),
    Route("GET", "/openapi.json", "openapi", "This document.", "OpenAPI"),
    Route("GET", "/api/v1/openapi.json", "openapi_v1", "This document, at its place of before.", "OpenAPI"),
    Route("GET", "/api/v1/projects", "projects", "Status of all projects.", "Projects"),
    Route("GET", _PROJECT, "project", "Status of one project.", "Status"),
    Route("GET", f"{_PROJECT}/history", "history", "Finished passes, newest first.", "History"),
    Route("POST", f"{_PROJECT}/trigger", "trigger", "Start a pass of the project now.", "Accepted", Door.TOKEN),
    Route("POST", f"{_PROJECT}/suspend", "suspend", "Suspend the project.", "Accepted", Door.TOKEN),
    Route("POST", f"{_PROJECT}/resume", "resume", "Resume the project.", "Accepted", Door.TOKEN),
    Route("POST", "/hooks/{project}", "hook", "Webhook for pushes to a git server.", "Accepted", Door.SIGNATURE),
)
