"""Schedules: when each fires next, when it fired last, and the runs that came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.firings import FIRED_BY, FIRED_FOR, STATE, upcoming
from orchestrator.core.resource import Observed
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.project import row_of
from orchestrator.ui.pages.runs import row_of as run_row
from orchestrator.ui.pages.values import moment

_AHEAD: Final = 3
"""So many firings are foreseen."""

_RUNS: Final = 10
"""So many runs of each schedule are listed."""


def schedules_page(snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    """What the page of schedules shows.

    Args:
        now: the time, in UTC.
    """
    places = [each for each in snapshot.status_of if (kind := snapshot.kinds.get(each.kind)) is not None and kind.fires]
    return {"firing": [_schedule(snapshot, place, now) for place in sorted(places)]}


def _schedule(snapshot: Snapshot, place: Address, now: datetime) -> dict[str, Any]:
    live = snapshot.live(place)
    runs = [run for run in snapshot.fired if run.attributes.get(FIRED_BY) == place.name]
    runs.sort(key=lambda run: run.order, reverse=True)
    known = live.attributes.get(STATE) if live is not None else None
    state: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
    trigger = live.properties.get("trigger") if live is not None else None
    ahead = _ahead(live, trigger, state, now) if live is not None and isinstance(trigger, Mapping) else ()
    paused = live is not None and live.properties.get("is_enabled") is False
    return {
        "row": row_of(snapshot, snapshot.status_of[place]),
        "name": place.name,
        "trigger": trigger_text(trigger) if isinstance(trigger, Mapping) else "",
        "phase": "missing" if live is None else "paused" if paused else "active" if ahead else "ended",
        "next": [] if paused else [moment(each.isoformat()) for each in ahead],
        "last": moment(state["last"]) if state.get("last") else "",
        "runs": [(run_row(snapshot, run), moment(run.attributes.get(FIRED_FOR))) for run in runs[:_RUNS]],
        "run_count": len(runs),
    }


def _ahead(live: Observed, trigger: Mapping[str, Any], state: Mapping[str, Any], now: datetime) -> tuple[datetime, ...]:
    """The next firings. Where the workspace does not say how far a schedule is, it is asked from now on."""
    created = _time(state.get("created")) or _made(live) or now
    after = max(now, _time(state.get("until")) or now)
    try:
        return upcoming(trigger, created, after, _AHEAD)
    except (ValueError, KeyError, TypeError):  # what others have put there may be no trigger of ours
        return ()


def _made(live: Observed) -> datetime | None:
    """When the service made it: it orders its objects by that, in microseconds. Elsewhere the order is a small number."""
    made = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=max(0, live.order))
    return made if made.year > 2000 else None


def _time(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def trigger_text(trigger: Mapping[str, Any]) -> str:
    """When a trigger fires, in a line."""
    zone = f" ({trigger['time_zone']})" if trigger.get("time_zone") else ""
    if str(trigger.get("type")).lower() == "cron":
        return f"cron {trigger.get('expression')}{zone}"
    number, unit = trigger.get("interval") or 1, trigger.get("frequency") or ""
    every = f"every {unit}" if number in (1, "1") else f"every {number} {unit}s"
    pattern = trigger.get("schedule")
    parts = [
        f"{name.replace('_', ' ')} {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for name, value in (pattern.items() if isinstance(pattern, Mapping) else ())
    ]
    return f"{every}{zone}{': ' if parts else ''}{'; '.join(parts)}"
