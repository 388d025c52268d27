"""What a reconcile loop that keeps the project said last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.report.reconcile import NEVER
from orchestrator.ui import addresses
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.resource import moment

_GOOD = "Ready"
"""The condition that is well while it is true; the others are while they are false."""


def loop_page(snapshot: Snapshot) -> dict[str, Any]:
    """What the loop's page shows; without a loop, that there is none."""
    note = snapshot.note
    if note is None:
        return {"loop": None}
    redact = snapshot.redact
    return {
        "loop": {
            "suspended": bool(note.get("suspended")),
            "standing_by": note.get("standing_by_for") or "",
            "conditions": [_condition(snapshot, each) for each in note.get("conditions") or (NEVER,)],
            "applied": _tried(snapshot, note.get("applied")),
            "attempted": _tried(snapshot, note.get("attempted")),
            "retry_at": moment(note.get("retry_at")),
            "failures": note.get("failures") or 0,
            "pending": [
                {
                    **each,
                    "href": addresses.resource(str(each["address"])),
                    "reason": redact(str(each.get("reason") or "")),
                }
                for each in note.get("pending") or ()
            ],
            "drift": [
                (at, addresses.resource(str(at)), moment(since)) for at, since in (note.get("drift") or {}).items()
            ],
            "orphaned": [(str(at), addresses.resource(str(at))) for at in note.get("orphaned") or ()],
            "history": [_pass(snapshot, each) for each in note.get("history") or ()],
        }
    }


def _condition(snapshot: Snapshot, condition: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": condition["type"],
        "status": bool(condition["status"]),
        "good": bool(condition["status"]) == (condition["type"] == _GOOD),
        "reason": condition["reason"],
        "message": snapshot.redact(str(condition.get("message") or "")),
    }


def _tried(snapshot: Snapshot, tried: Mapping[str, Any] | None) -> dict[str, str] | None:
    if not tried:
        return None
    return {
        "id": str(tried["id"])[:12],
        "at": moment(tried["at"]),
        "message": snapshot.redact(str(tried.get("message") or "")),
    }


def _pass(snapshot: Snapshot, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "until": moment(entry["until"]),
        "outcome": entry["outcome"],
        "changed": entry.get("changed") or 0,
        "healed": len(entry.get("healed") or ()),
        "times": entry.get("times") or 1,
        "message": snapshot.redact(str(entry.get("message") or "")),
    }
