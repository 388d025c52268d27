"""What a reconcile loop that keeps the project said last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.report.reconcile import NEVER
from orchestrator.ui import addresses
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.values import moment

GOOD: Final = "Ready"
"""The condition that is well while it is true; the others are while they are false."""


_NOTHING_MORE: Final = {"running": False, "next_in": "", "windows": [], "actions": []}
"""Of a loop that runs elsewhere."""


def loop_page(snapshot: Snapshot) -> dict[str, Any]:
    """What the loop's page shows; without a loop, that there is none."""
    note = snapshot.note
    if note is None:
        return {"loop": None}
    return {"loop": {**loop_facts(note, snapshot.redact, addresses.resource), **_NOTHING_MORE}}


def loop_facts(
    note: Mapping[str, Any], redact: Callable[[str], str], page: Callable[[str], str] = lambda address: ""
) -> dict[str, Any]:
    """What a loop says of a project.

    Args:
        note: the document that the loop keeps.
        redact: takes secrets out of what others say.
        page: the page of a resource by its address; empty if there is none.
    """
    return {
        "suspended": bool(note.get("suspended")),
        "standing_by": note.get("standing_by_for") or "",
        "conditions": [_condition(redact, each) for each in note.get("conditions") or (NEVER,)],
        "applied": _tried(redact, note.get("applied")),
        "attempted": _tried(redact, note.get("attempted")),
        "retry_at": moment(note.get("retry_at")),
        "failures": note.get("failures") or 0,
        "pending": [
            {
                **each,
                "href": page(str(each["address"])),
                "reason": redact(str(each.get("reason") or "")),
            }
            for each in note.get("pending") or ()
        ],
        "drift": [(at, page(str(at)), moment(since)) for at, since in (note.get("drift") or {}).items()],
        "orphaned": [(str(at), page(str(at))) for at in note.get("orphaned") or ()],
        "history": [_pass(redact, each) for each in note.get("history") or ()],
    }


def _condition(redact: Callable[[str], str], condition: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": condition["type"],
        "status": bool(condition["status"]),
        "good": bool(condition["status"]) == (condition["type"] == GOOD),
        "reason": condition["reason"],
        "message": redact(str(condition.get("message") or "")),
    }


def _tried(redact: Callable[[str], str], tried: Mapping[str, Any] | None) -> dict[str, str] | None:
    if not tried:
        return None
    return {
        "id": str(tried["id"])[:12],
        "at": moment(tried["at"]),
        "message": redact(str(tried.get("message") or "")),
    }


def _pass(redact: Callable[[str], str], entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "until": moment(entry["until"]),
        "outcome": entry["outcome"],
        "changed": entry.get("changed") or 0,
        "healed": len(entry.get("healed") or ()),
        "times": entry.get("times") or 1,
        "message": redact(str(entry.get("message") or "")),
    }
