"""Changes as rows that people read, without secrets."""

from __future__ import annotations

from typing import Any

from orchestrator.core.change import Action, Change
from orchestrator.core.concealed import shown
from orchestrator.core.tree import dotted
from orchestrator.report.plan import show_value
from orchestrator.report.reasons import field_reason


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
