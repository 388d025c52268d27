"""Bodies as lines that people read, without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.core.change import Action, Change
from orchestrator.core.concealed import shown
from orchestrator.core.tree import dotted
from orchestrator.core.value import plain
from orchestrator.report.plan import show_value
from orchestrator.report.reasons import field_reason


def lines_of(body: Any) -> list[tuple[str, str]]:
    """Each value of a body with its path, in the body's order."""
    return list(_lines(shown(plain(body)), ()))


def _lines(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value and not any(str(name).startswith("$") for name in value):
        for name, item in value.items():
            yield from _lines(item, (*path, name))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _lines(item, (*path, number))
    else:
        yield dotted(path), value if isinstance(value, str) else show_value(value)


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
