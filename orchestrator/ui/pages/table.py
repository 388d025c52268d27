"""The first rows of a table in local files, and what they say about each column. Reads a bounded part of one file."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.core.resource import Desired
from orchestrator.core.value import LocalFiles, leaves

_READ: Final = 1 << 20
"""Bytes that are looked at, of files of text."""

_PROFILED: Final = 20_000
"""Rows that are looked at, of files of columns."""

_ROWS: Final = 10
_COLUMNS: Final = 40
_FORMS: Final = {
    ".csv": ("delimited", ","), ".tsv": ("delimited", "\t"), ".jsonl": ("json_lines", ""), ".ndjson": ("json_lines", ""),
    ".parquet": ("parquet", ""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """A file with a table in it.

    Attributes:
        form: ``delimited``, ``parquet`` or ``json_lines``.
        headed: its first line has the names of the columns.
        files: how many files the whole table has.
    """

    file: Path
    form: str
    delimiter: str = ","
    headed: bool = True
    files: int = 1


@dataclass(frozen=True, slots=True)
class _Rows:
    """What was read. `count` is the number of rows in the file, None if only a part of it was read."""

    header: list[str]
    rows: list[list[str]]
    count: int | None


def table_part(desired: Desired | None) -> dict[str, Any] | None:
    """The first rows of the first table among the files of a resource; None if there is none that can be read."""
    for leaf in leaves(desired.properties) if desired is not None else ():
        if isinstance(leaf, LocalFiles):
            for place in _places(Path(leaf.path)):
                read = _read(place)
                if read is not None and read.header:
                    return {"name": place.file.name, "files": place.files, **_shown(read)}
    return None


def _places(path: Path) -> Iterator[_Place]:
    if path.is_dir():
        from orchestrator.workspace.service import first_table

        declared = first_table(path)
        if declared is not None:
            yield _Place(*declared)
    found = sorted(path.iterdir()) if path.is_dir() else [path]
    for each in found:
        form = _FORMS.get(each.suffix.lower())
        if form is not None and each.is_file():
            yield _Place(each, *form)


def _read(place: _Place) -> _Rows | None:
    try:
        return _columns(place.file) if place.form == "parquet" else _text(place)
    except (OSError, ValueError, csv.Error, ImportError):
        return None


def _text(place: _Place) -> _Rows:
    with place.file.open("rb") as file:
        data = file.read(_READ + 1)
    whole = len(data) <= _READ
    text = data[:_READ].decode("utf-8-sig", errors="replace")
    if not whole:
        text = text[: text.rfind("\n") + 1]  # the last line may be half a line
    header, rows = _json_lines(text) if place.form == "json_lines" else _delimited(text, place)
    return _Rows(header, rows, len(rows) if whole else None)


def _delimited(text: str, place: _Place) -> tuple[list[str], list[list[str]]]:
    lines = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=place.delimiter) if row]
    if not lines:
        return [], []
    if not place.headed:
        return [f"Column{number}" for number in range(1, len(lines[0]) + 1)], lines
    return lines[0], lines[1:]


def _json_lines(text: str) -> tuple[list[str], list[list[str]]]:
    objects = [found for line in text.splitlines() if line.strip() and isinstance(found := json.loads(line), Mapping)]
    header = list(dict.fromkeys(name for found in objects for name in found))
    return header, [[_cell(found.get(name)) for name in header] for found in objects]


def _columns(path: Path) -> _Rows:
    """The first rows of a Parquet file.

    Raises:
        ImportError: pyarrow is not installed.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        header = [str(name) for name in file.schema_arrow.names]
        rows: list[list[str]] = []
        for batch in file.iter_batches(batch_size=min(_PROFILED, 5_000), columns=header[:_COLUMNS]):
            columns = [batch.column(number).to_pylist() for number in range(batch.num_columns)]
            rows += [[_cell(value) for value in row] for row in zip(*columns, strict=True)]
            if len(rows) >= _PROFILED:
                break
        total = int(file.metadata.num_rows)
    return _Rows(header, rows[:_PROFILED], total if total <= _PROFILED else None)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _shown(read: _Rows) -> dict[str, Any]:
    shown = read.header[:_COLUMNS]
    return {
        "header": shown,
        "rows": [row[:_COLUMNS] for row in read.rows[:_ROWS]],
        "profile": [
            profile(name, [row[place] if place < len(row) else "" for row in read.rows])
            for place, name in enumerate(shown)
        ],
        "count": len(read.rows),
        "whole": read.count is not None,
        "more_columns": len(read.header) - len(shown),
    }


def profile(name: str, values: Sequence[str]) -> dict[str, Any]:
    """What the values of a column are like: its type, how many are missing, how many differ, lowest and highest or the most frequent."""
    there = [value for value in values if value.strip()]
    numbers = [number for value in there if (number := _number(value)) is not None]
    profile: dict[str, Any] = {"name": name, "missing": len(values) - len(there), "distinct": len(set(there))}
    if there and len(numbers) == len(there):
        kind = "integer" if all(number.is_integer() for number in numbers) else "number"
        mean = math.fsum(numbers) / len(numbers)
        return {**profile, "type": kind, "told": f"{min(numbers):.6g} … {max(numbers):.6g}, mean {mean:.6g}"}
    frequent = max(sorted(set(there)), key=there.count) if there and profile["distinct"] <= 100 else ""
    return {**profile, "type": "text" if there else "empty", "told": f"mostly {frequent}" if frequent else ""}


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
