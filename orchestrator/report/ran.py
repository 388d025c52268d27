"""Why a run ran: what differs from the run before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.firings import FIRED_BY, FIRED_FOR
from orchestrator.core.health import Health
from orchestrator.core.resource import Observed
from orchestrator.report.bodies import lines_of, side_by_side


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRan:
    """What is known of how a run came to be.

    Attributes:
        before: the run of the same job before it; None if it is the first.
        differing: field, value before, value now.
        serial: of the apply that started it; None if that is not on record.
        at: when that was, an ISO time; empty if nobody knows.
        retry: the run before failed.
        schedule: the schedule that started it, and for which moment; empty if none did.
    """

    before: Observed | None
    differing: tuple[tuple[str, str, str], ...] = ()
    serial: int | None = None
    at: str = ""
    retry: bool = False
    schedule: str = ""
    fired_for: str = ""


def why_ran(run: Observed, runs: Iterable[Observed], history: Iterable[Mapping[str, Any]]) -> WhyRan:
    """What differs from the run before it: that is why it ran.

    Args:
        runs: of the project.
        history: the journal, newest first.
    """
    earlier = [each for each in runs if each.address == run.address and each.order < run.order]
    before = max(earlier, key=lambda each: each.order, default=None)
    mine = [
        entry
        for entry in history
        if str(entry["address"]) == str(run.address) and entry.get("revision") == run.revision
    ]
    applied = mine[-1] if mine else None
    bodies = [dict(lines_of(each.properties)) for each in (before, run)] if before is not None else []
    return WhyRan(
        before=before,
        differing=tuple((name, old, new) for name, (old, new), differs in side_by_side(bodies) if differs),
        serial=applied["serial"] if applied is not None else None,
        at=str(applied.get("intended") or "") if applied is not None else "",
        schedule=str(run.attributes.get(FIRED_BY) or ""),
        fired_for=str(run.attributes.get(FIRED_FOR) or ""),
        retry=before is not None and before.health is Health.DEGRADED,
    )
