"""The first rows of a table in a local file, and what they say about each column. Reads a bounded part of the file."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from orchestrator.core.resource import Desired
from orchestrator.core.value import LocalFiles, leaves

_READ: Final = 1 << 20
"""Bytes that are looked at."""

_ROWS: Final = 10
_COLUMNS: Final = 40
_DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}
_LINES: Final = (".jsonl", ".ndjson")


def table_part(desired: Desired | None) -> dict[str, Any] | None:
    """The first rows of the first table among the files of a resource; None if there is none that can be read."""
    for leaf in leaves(desired.properties) if desired is not None else ():
        if isinstance(leaf, LocalFiles):
            for path in _tables(Path(leaf.path)):
                read = _read(path)
                if read is not None:
                    return {"name": path.name, **read}
    return None


def _tables(path: Path) -> Iterator[Path]:
    found = sorted(path.iterdir()) if path.is_dir() else [path]
    yield from (each for each in found if each.suffix.lower() in (*_DELIMITERS, *_LINES) and each.is_file())


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            data = file.read(_READ + 1)
    except OSError:
        return None
    whole = len(data) <= _READ
    text = data[:_READ].decode("utf-8-sig", errors="replace")
    if not whole:
        text = text[: text.rfind("\n") + 1]  # the last line may be half a line
    try:
        header, rows = (
            _json_lines(text) if path.suffix.lower() in _LINES else _delimited(text, _DELIMITERS[path.suffix.lower()])
        )
    except (ValueError, csv.Error):
        return None
    if not header:
        return None
    shown = header[:_COLUMNS]
    return {
        "header": shown,
        "rows": [row[:_COLUMNS] for row in rows[:_ROWS]],
        "profile": [
            profile(name, [row[place] if place < len(row) else "" for row in rows]) for place, name in enumerate(shown)
        ],
        "count": len(rows),
        "whole": whole,
        "more_columns": len(header) - len(shown),
    }


def _delimited(text: str, delimiter: str) -> tuple[list[str], list[list[str]]]:
    lines = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    return (lines[0], lines[1:]) if lines else ([], [])


def _json_lines(text: str) -> tuple[list[str], list[list[str]]]:
    objects = [found for line in text.splitlines() if line.strip() and isinstance(found := json.loads(line), Mapping)]
    header = list(dict.fromkeys(name for found in objects for name in found))
    return header, [[_cell(found.get(name)) for name in header] for found in objects]


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def profile(name: str, values: Sequence[str]) -> dict[str, Any]:
    """What the values of a column are like: its type, how many are missing, how many differ, lowest and highest or the most frequent."""
    there = [value for value in values if value.strip()]
    numbers = [number for value in there if (number := _number(value)) is not None]
    told: dict[str, Any] = {"name": name, "missing": len(values) - len(there), "distinct": len(set(there))}
    if there and len(numbers) == len(there):
        kind = "integer" if all(number.is_integer() for number in numbers) else "number"
        mean = math.fsum(numbers) / len(numbers)
        return {**told, "type": kind, "told": f"{min(numbers):.6g} … {max(numbers):.6g}, mean {mean:.6g}"}
    frequent = max(sorted(set(there)), key=there.count) if there and told["distinct"] <= 100 else ""
    return {**told, "type": "text" if there else "empty", "told": f"mostly {frequent}" if frequent else ""}


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
