"""Bodies as lines that people read, without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.core.concealed import shown
from orchestrator.core.tree import dotted
from orchestrator.core.value import plain
from orchestrator.report.plan import show_value


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


def side_by_side(columns: Sequence[Mapping[str, str]]) -> list[tuple[str, list[str], bool]]:
    """Name, value in each column, and whether the values differ; those that do come first."""
    names = dict.fromkeys(name for column in columns for name in column)
    rows = [(name, [column.get(name, "") for column in columns]) for name in names]
    marked = [(name, values, len(set(values)) > 1) for name, values in rows]
    return sorted(marked, key=lambda row: not row[2])
