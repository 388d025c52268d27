"""How the live resources of a project stand to its spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.core.address import Address
from orchestrator.core.health import Health, Sync
from orchestrator.core.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceStatus:
    """One resource, now.

    Attributes:
        revision: the version or run in force; empty for named resources.
        message: why it is not healthy, or what the next apply would do.
        foreseen: the message is the latter.
        score: of a finished search for the best model.
        urls: what can be opened or called: ``scoring``, ``tracking``, …
    """

    address: Address
    health: Health
    sync: Sync
    revision: str = ""
    message: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    score: Score | None = None
    foreseen: bool = False
