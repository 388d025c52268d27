"""The type of a column that was read as text, told the way Microsoft's engine tells it: 0 and 1 are booleans.

Source: measured with mltable 1.7; compared in tests. Where the engine looks at the first rows and loses later values that do not fit, the
whole column is looked at here. Dates that may be day or month first (01/02/2020), which it makes null, stay text here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

TRUE: Final = frozenset({"1", "true", "True", "TRUE", "t", "T", "Yes", "YES", "Y"})
FALSE: Final = frozenset({"0", "false", "False", "FALSE", "f", "F", "No", "NO", "N"})

Cells = Sequence["str | None"]
"""The cells of a column; None where there is nothing between two delimiters."""

_BOOLEANS: Final = TRUE | FALSE
_WHOLE: Final = re.compile(r"[+-]?\d+")
_NUMBER: Final = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf|infinity|nan)", re.IGNORECASE)
_DATE: Final = re.compile(r"(?P<y>\d{4})(?P<sep>[-/])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})")
_MIXED: Final = re.compile(r"(?P<a>\d{1,2})(?P<sep>[-/])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4})")
_TIME: Final = re.compile(r"[ T](\d{1,2}):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?")
_LARGEST: Final = 2**63


def typed(cells: Cells) -> Any:
    """A column of pandas with the type that its cells have in common."""
    import pandas

    present = {cell for cell in cells if cell is not None}
    blanks = None in cells
    if not present:
        return pandas.Series([None] * len(cells), dtype="object")
    stripped = {cell.strip() for cell in present}
    if stripped <= _BOOLEANS:
        return booleans(cells)
    if all(_WHOLE.fullmatch(cell) for cell in stripped) and all(-_LARGEST <= int(cell) < _LARGEST for cell in stripped):
        numbers = [None if cell is None else int(cell) for cell in cells]
        return pandas.Series(numbers, dtype="float64" if blanks else "int64")
    if all(_NUMBER.fullmatch(cell) for cell in stripped):
        return pandas.Series([None if cell is None else float(cell) for cell in cells], dtype="float64")
    dates = _dates(cells, present)
    return text(cells) if dates is None else dates


def text(cells: Cells) -> Any:
    """A column of text."""
    import pandas

    return pandas.Series(list(cells))


def booleans(cells: Cells) -> Any:
    """A column of truth values; cells that are none are null."""
    import pandas

    known = {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}
    values = [None if cell is None else known.get(cell.strip()) for cell in cells]
    return pandas.Series(values, dtype="object" if None in values else "bool")


def _dates(cells: Cells, present: set[str]) -> Any:
    """A column of times without zone, in UTC; None unless all cells are dates, or all are dates with a time."""
    import pandas

    whole = {cell: _iso(cell) for cell in present}
    if None in whole.values():
        if any(_MIXED.match(cell) is None for cell in present):
            return None
        whole = _day_or_month_first(present)
    shapes = {None if iso is None else "T" in iso for iso in whole.values()}
    if len(shapes) != 1 or None in shapes:
        return None
    try:
        found = pandas.to_datetime(
            [None if cell is None else whole[cell] for cell in cells], format="ISO8601", utc=True
        )
    except ValueError:
        return None
    return pandas.Series(found.tz_localize(None)).astype("datetime64[ns]")


def _iso(cell: str) -> str | None:
    date = _DATE.match(cell)
    return None if date is None else _with_time(cell, date.end(), date["y"], date["m"], date["d"])


def _day_or_month_first(present: set[str]) -> dict[str, str | None]:
    found = {cell: match for cell in present if (match := _MIXED.match(cell)) is not None}
    day_first = any(int(match["a"]) > 12 for match in found.values())
    if not day_first and not any(int(match["b"]) > 12 for match in found.values()):
        return dict.fromkeys(present)
    month, day = ("b", "a") if day_first else ("a", "b")
    return {cell: _with_time(cell, match.end(), match["y"], match[month], match[day]) for cell, match in found.items()}


def _with_time(cell: str, at: int, year: str, month: str, day: str) -> str | None:
    date = f"{year}-{int(month):02}-{int(day):02}"
    if at == len(cell):
        return date
    time = _TIME.fullmatch(cell, at)
    if time is None:
        return None
    hour, minute, second, fraction, zone = time.groups()
    return f"{date}T{int(hour):02}:{minute}:{second}{fraction or ''}{zone or 'Z'}"
