"""How a record's resource is, as its manager sees it."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.core.health import Health


@dataclass(frozen=True, slots=True)
class ServingStatus:
    """What goes into a record.

    Attributes:
        busy: something is in progress; look again soon.
    """

    health: Health
    phase: str
    message: str = ""
    busy: bool = False
