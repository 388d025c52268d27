"""The table of trials: for people, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One trial.

    Attributes:
        number: from 0.
        run: the name of its run.
        status: ``completed``, ``failed``, ``cancelled``, ``running``, …
        value: the best value of the primary metric, if it has logged any.
        seconds: of work, if it has ended.
        parameters: name to value.
        best: it is the best trial.
    """

    number: int
    run: str
    status: str
    value: float | None
    seconds: float | None
    parameters: Mapping[str, Any]
    best: bool = False


def as_csv(rows: Sequence[Row], metric: str) -> str:
    """The rows as CSV, with a column for each parameter."""
    names = list(dict.fromkeys(name for row in rows for name in row.parameters))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["trial", "run", "status", metric, "seconds", "best", *names])
    for row in rows:
        cells = [row.number, row.run, row.status, row.value, row.seconds, "yes" if row.best else ""]
        writer.writerow([*cells, *(row.parameters.get(name, "") for name in names)])
    return out.getvalue()


def as_text(rows: Sequence[Row], metric: str) -> Iterator[str]:
    """The rows as lines of columns."""
    names = list(dict.fromkeys(name for row in rows for name in row.parameters))
    head = ["trial", "status", metric, "seconds", *names]
    cells = [head, *([*_figures(row), *(str(row.parameters.get(name, "")) for name in names)] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    marks = ["", *("  <- best" if row.best else "" for row in rows)]
    for line, mark in zip(cells, marks, strict=True):
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + mark


def _figures(row: Row) -> list[str]:
    value = "-" if row.value is None else f"{row.value:.6g}"
    seconds = "-" if row.seconds is None else f"{row.seconds:.1f}"
    return [str(row.number), row.status, value, seconds]
