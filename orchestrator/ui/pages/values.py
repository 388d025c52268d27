"""Changes as rows that people read, without secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.core.change import Action, Change
from orchestrator.core.concealed import shown
from orchestrator.core.tree import dotted
from orchestrator.report.plan import show_value
from orchestrator.report.reasons import field_reason

_DIGITS: Final = 8


def field_rows(change: Change) -> list[dict[str, Any]]:
    """The fields behind a change: what was applied, what is there, what the spec wants, and why that matters or not."""
    return [
        {
            "path": dotted(field.path),
            "applied": show_value(shown(field.applied)),
            "observed": show_value(shown(field.observed)),
            "desired": show_value(shown(field.desired)),
            "reason": field_reason(field),
            "drift": field.drift,
            "quiet": field.action is Action.NOOP,
        }
        for field in change.fields
    ]


def moment(text: Any) -> str:
    """An ISO time as people read it; what is none stays as it is."""
    at = time_of(text)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else str(text or "")


def time_of(text: Any) -> datetime | None:
    """An ISO time; None if the text is none."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return None


def short(text: str) -> str:
    """A number without its last digits, for lists; other texts as they are."""
    try:
        return f"{float(text):.4g}" if len(text) > _DIGITS else text
    except ValueError:
        return text
