"""The rows of the tables on the page of parity, and the sources that they name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

_SOURCES = {
    "recorded": re.compile(r"\brecordings\b"),
    "specified": re.compile(r"\bspecified\b"),
    "documented": re.compile(r"\bdocument(?:ed|ation)\b"),
    "client": re.compile(r"\bclient\b"),
    "assumed": re.compile(r"\bassumed\b"),
    "ours": re.compile(r"\bours\b"),
}


def rows(parity: str) -> Iterator[str]:
    """The last cells of the rows of all tables of the page: where each behavior comes from."""
    for line in parity.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|- ") and cells[-1] not in {"service", "source"}:
            yield cells[-1]


def first_cells(parity: str) -> Iterator[str]:
    """The first cells of the rows: which behavior they are about."""
    for line in parity.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|- ") and cells[-1] not in {"service", "source"}:
            yield cells[0]


def unfounded(parity: str) -> list[str]:
    """Rows that name no source."""
    return [cell for cell in rows(parity) if not any(words.search(cell) for words in _SOURCES.values())]


def counts(parity: str) -> Iterator[str]:
    """Rows of a table: source to number of rows."""
    counted = Counter(name for cell in rows(parity) for name, words in _SOURCES.items() if words.search(cell))
    yield from (f"| {name} | {counted[name]} |" for name in _SOURCES)
    yield f"| rows | {sum(1 for _ in rows(parity))} |"
