"""Code that travels inside a saved model, by value: it must import nothing of ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def as_text(frame: Any) -> Any:
    """Every value as text, missing ones as NaN, in an object array. ``1``, ``1.0`` and ``"1"`` are one category."""
    table = pd.DataFrame(frame)
    words = [[_word(value) for value in table[name].tolist()] for name in table.columns]
    return np.array(words, dtype=object).T.reshape(table.shape)


def _word(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return np.nan
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def forward_filled(frame: Any) -> Any:
    """Each gap filled with the value of the row before, as floats; gaps before the first value stay."""
    return pd.DataFrame(frame).astype(float).ffill().to_numpy()


def calendar(frame: Any) -> Any:
    """Year, month, day, weekday, hour and seconds since 1970 of each date column, as floats with NaN for missing."""
    table = pd.DataFrame(frame)
    columns: list[Any] = []
    for name in table.columns:
        moments = pd.to_datetime(table[name], errors="coerce", utc=True)
        parts = [moments.dt.year, moments.dt.month, moments.dt.day, moments.dt.day_of_week, moments.dt.hour]
        epoch = (moments - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
        columns.extend(part.astype(float).to_numpy() for part in (*parts, epoch))
    return np.column_stack(columns)
