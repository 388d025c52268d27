"""The plan: what an apply would do now, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator.core.change import Action, Change
from orchestrator.core.reason import FROM_UPSTREAM
from orchestrator.report.plan import summary_line, verb_phrase
from orchestrator.report.reasons import change_note, change_reason
from orchestrator.ui import addresses
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.cost import cost_part
from orchestrator.ui.pages.paging import PAGE
from orchestrator.ui.pages.project import MOST_DRAWN, graph_of, title_of
from orchestrator.ui.pages.values import field_rows


def plan_page(snapshot: Snapshot) -> dict[str, Any]:
    """What the plan's page shows."""
    plan = snapshot.plan
    if plan is None:
        return {"plan": None}
    changes = [change for change in plan.changes if change.action is not Action.NOOP or change.orphaned]
    return {
        "plan": plan,
        "summary": summary_line(plan),
        "digest": snapshot.plan_digest,
        "changes": [_change(snapshot, change) for change in changes[:PAGE]],
        "left_out": max(0, len(changes) - PAGE),
        "unchanged": len(plan.changes) - len(changes),
        "warnings": [(warning.detail, warning.fix) for warning in plan.warnings],
        "drift": [(str(change.address), row) for change in plan.changes for row in _drifted(change)],
        "run_s": sum(change.last_run_s or 0.0 for change in changes if change.action is Action.RUN),
        "unknown_s": sum(change.action is Action.RUN and change.last_run_s is None for change in changes),
        "cost": cost_part(snapshot),
        "graph": graph_of(snapshot, [change.address for change in changes]) if 1 < len(changes) <= MOST_DRAWN else None,
        "grave": sum(change.action in (Action.DELETE, Action.REPLACE) for change in changes),
    }


def _change(snapshot: Snapshot, change: Change) -> dict[str, Any]:
    new = change.before is None and change.action in (Action.CREATE, Action.RUN)
    return {
        "address": str(change.address),
        "href": addresses.resource(change.address),
        "kind": title_of(snapshot, change.address),
        "action": "orphaned" if change.orphaned else change.action.value,
        "phrase": "orphaned" if change.orphaned else verb_phrase(change),
        "reason": change_reason(change),
        "note": change_note(change) or "",
        "cascade": change.cause in FROM_UPSTREAM,
        "fields": [] if new else [row for row in field_rows(change) if not row["quiet"]],
        "last_run_s": change.last_run_s,
    }


def _drifted(change: Change) -> Iterable[dict[str, Any]]:
    if not any(field.drift for field in change.fields):
        return ()
    return (row for row in field_rows(change) if row["drift"] and not row["quiet"])
