"""``extract_columns_from_partition_format``: columns from the paths of files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from .infer import text, typed
from .unsupported import Mistake

_HOLE: Final = re.compile(r"\{(?P<name>[^{}:]+)(?::(?P<date>[^{}]+))?\}")
_PARTS: Final = {
    "yyyy": ("%Y", r"\d{4}"), "MM": ("%m", r"\d\d"), "dd": ("%d", r"\d\d"), "HH": ("%H", r"\d\d"), "mm": ("%M", r"\d\d"),
    "ss": ("%S", r"\d\d"),
}  # fmt: skip
_DATE: Final = re.compile("|".join(_PARTS))


def columns_of(paths: Sequence[str], partition_format: str, *, infer: bool) -> dict[str, Any]:
    """A column for each hole of a format such as ``/y={year}/{day:yyyy/MM/dd}/{name}.csv``, with a value for each path.

    Args:
        paths: of the file of each row.
        partition_format: with holes.
        infer: tell the types of values; otherwise they are text.

    Raises:
        Mistake: a path is not of this format.
    """
    holes = list(_HOLE.finditer(partition_format))
    expression = _expression(partition_format, holes)
    found = [expression.search(path) for path in paths]
    missing = [path for path, match in zip(paths, found, strict=True) if match is None]
    if missing:
        raise Mistake(f"the path {missing[0]} is not of the partition format {partition_format!r}")
    values: dict[str, Any] = {}
    column: Callable[[Sequence[str]], Any] = typed if infer else text
    for number, hole in enumerate(holes):
        cells = [match[number + 1] for match in found if match is not None]
        values[hole["name"]] = _dates(cells, hole["date"]) if hole["date"] else column(cells)
    return values


def holes_of(partition_format: str) -> list[str]:
    """The names of the columns that a format makes."""
    return [hole["name"] for hole in _HOLE.finditer(partition_format)]


def _expression(partition_format: str, holes: list[re.Match[str]]) -> re.Pattern[str]:
    text, at = "", 0
    for hole in holes:
        text += re.escape(partition_format[at : hole.start()])
        text += f"({_by_parts(hole['date'], 1)})" if hole["date"] else "([^/]+)"
        at = hole.end()
    return re.compile(text + re.escape(partition_format[at:]))


def _by_parts(date: str, which: int) -> str:
    pieces = _DATE.split(date)
    found = _DATE.findall(date)
    text = re.escape(pieces[0]) if which else pieces[0]
    for part, rest in zip(found, pieces[1:], strict=True):
        text += _PARTS[part][which] + (re.escape(rest) if which else rest)
    return text


def _dates(cells: Sequence[str], date: str) -> Any:
    import pandas

    written = _by_parts(date, 0)
    times = [datetime.strptime(cell, written) for cell in cells]  # noqa: DTZ007 - no zone is UTC
    return pandas.Series(times).astype("datetime64[ns]")
