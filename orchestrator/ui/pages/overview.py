"""What somebody who opens the pages wants to know first: who gets the requests, what ran last and why, what changed last."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from orchestrator.core.resource import Observed
from orchestrator.report.ran import why_ran
from orchestrator.ui import addresses
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.graph import cut
from orchestrator.ui.pages.endpoint import endpoints_of, traffic_now
from orchestrator.ui.pages.history import last_apply
from orchestrator.ui.pages.runs import row_of

_RUNS: Final = 4
_ENDPOINTS: Final = 3
_CHANGES: Final = 5
_FIELDS: Final = 2
_LONGEST: Final = 60


def overview(snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    """The top of the project's page; each part is empty if there is nothing to tell."""
    runs = sorted(snapshot.runs(), key=lambda run: run.order, reverse=True)[:_RUNS]
    endpoints = endpoints_of(snapshot)
    applied = last_apply(snapshot, now)
    return {
        "endpoints": [
            {"name": each.leaf, "href": addresses.resource(each), **traffic_now(snapshot, each)}
            for each in endpoints[:_ENDPOINTS]
        ],
        "more_endpoints": max(0, len(endpoints) - _ENDPOINTS),
        "runs": [(row_of(snapshot, run), why_in_a_line(snapshot, run)) for run in runs],
        "applied": applied and {**applied, "rows": applied["rows"][:_CHANGES]},
        "more_changes": max(0, len(applied["rows"]) - _CHANGES) if applied else 0,
    }


def why_in_a_line(snapshot: Snapshot, run: Observed) -> str:
    """Why a run ran."""
    why = why_ran(run, snapshot.runs(), snapshot.history)
    if why.schedule:
        return f"started by the schedule {why.schedule}"
    if why.before is None:
        return "first run of this job"
    if not why.differing:
        return "again, as the run before failed" if why.retry else "again, with the same body"
    differences = [
        f"{name}: {cut(old, _LONGEST) or '(none)'} → {cut(new, _LONGEST) or '(none)'}"
        for name, old, new in why.differing[:_FIELDS]
    ]
    more = len(why.differing) - _FIELDS
    return "changed " + ", ".join([*differences, *([f"{more} more"] if more > 0 else [])])
