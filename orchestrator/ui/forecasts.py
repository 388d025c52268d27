"""Forecasts beside actual values, as pictures: one for each series in the figures that a training has left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from orchestrator.core.figures import Point
from orchestrator.ui.charts import compare_chart
from orchestrator.ui.drawn import drawn

_SERIES: Final = 6
_MOST: Final = 1_000


def forecasts_of(data: Mapping[str, Any]) -> list[Markup]:
    """The pictures; empty if there are no forecasts, or none that can be read."""
    try:
        return [drawn(_chart(each)) for each in list(data.get("forecast") or ())[:_SERIES]]
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
        return []


def _chart(series: Mapping[str, Any]) -> str:
    before = [_point(at, value) for at, value in series["before"][-_MOST:]]
    ahead = [(_point(at, true), _point(at, said)) for at, true, said in series["ahead"][:_MOST]]
    name = str(series.get("series") or "")
    lines = [
        ("actual values", [*before, *(true for true, _ in ahead)]),
        ("forecast", [*before[-1:], *(said for _, said in ahead)]),
    ]
    return compare_chart(f"Forecast{f', {name}' if name else ''}", lines, stamp=_day, keyed=True)


def _point(at: Any, value: Any) -> Point:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    moment = datetime.fromisoformat(str(at)).replace(tzinfo=UTC)
    return Point(int(moment.timestamp()), number, 0)


def _day(step: int) -> str:
    return f"{datetime.fromtimestamp(step, UTC):%Y-%m-%d}"
