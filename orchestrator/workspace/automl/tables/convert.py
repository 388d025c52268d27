"""``convert_column_types``: one column as another type. What does not fit becomes null, as Microsoft's engine has it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from .infer import FALSE, TRUE
from .unsupported import Mistake, Unsupported


def converted(column: Any, target: Any) -> Any:
    """The column as ``boolean``, ``int``, ``float``, ``string``, or as a mapping says: ``{datetime: …}``, ``{boolean: …}``.

    Raises:
        Mistake: there is no such type.
        Unsupported: only Microsoft's engine has it.
    """
    import pandas

    values = [None if pandas.isna(value) else value for value in column.tolist()]
    if isinstance(target, Mapping) and "datetime" in target:
        if pandas.api.types.is_datetime64_any_dtype(column):
            return column
        return _datetimes(values, target["datetime"] or {})
    if isinstance(target, Mapping) and "boolean" in target:
        return _filled([_by_lists(value, target["boolean"] or {}) for value in values], "bool", "object")
    if target == "stream_info":
        raise Unsupported("the column type stream_info")
    if target not in _TYPES:
        raise Mistake(f"there is no column type {target!r}; use {', '.join(_TYPES)} or datetime with formats")
    convert, dtype, with_nulls = _TYPES[target]
    return _filled([None if value is None else convert(value) for value in values], dtype, with_nulls)


def _filled(values: list[Any], dtype: str, with_nulls: str) -> Any:
    import pandas

    if not values or all(value is None for value in values):
        return pandas.Series(values, dtype="object")
    if dtype == "text":
        return pandas.Series(values)
    return pandas.Series(values, dtype=with_nulls if None in values else dtype)


def _boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return True if value.strip() in TRUE else False if value.strip() in FALSE else None
    return bool(value) if isinstance(value, bool | int | float) else None


def _whole(value: Any) -> int | None:
    try:
        return (
            int(float(value))
            if isinstance(value, float) or not str(value).strip().lstrip("+-").isdigit()
            else int(value)
        )
    except (TypeError, ValueError, OverflowError):
        return None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _string(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat() + ("" if value.tzinfo else "+00:00")
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)


def _by_lists(value: Any, lists: Mapping[str, Any]) -> bool | None:
    text = None if value is None else _string(value)
    if text in [str(each) for each in lists.get("true_values") or ()]:
        return True
    if text in [str(each) for each in lists.get("false_values") or ()]:
        return False
    return {"true": True, "false": False}.get(str(lists.get("mismatch_as", "error")).lower())


def _datetimes(values: list[Any], how: Mapping[str, Any]) -> Any:
    import pandas

    formats = how.get("formats") or []
    formats = [formats] if isinstance(formats, str) else formats
    if how.get("date_constant"):
        raise Unsupported("date_constant")
    found = [None if value is None else _by_formats(_string(value), formats) for value in values]
    return pandas.Series(pandas.to_datetime(found, utc=True).tz_localize(None)).astype("datetime64[ns]")


def _by_formats(text: str, formats: list[str]) -> datetime | None:
    for each in formats:
        try:
            return datetime.strptime(text, each)  # noqa: DTZ007 - a column without zone is in UTC
        except ValueError:
            continue
    return None


_TYPES: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "boolean": (_boolean, "bool", "object"),
    "int": (_whole, "int64", "float64"),
    "float": (_number, "float64", "float64"),
    "string": (_string, "text", "text"),
}
