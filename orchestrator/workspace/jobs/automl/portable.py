"""Code that travels inside a saved model, by value: it must import nothing of ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def as_text(frame: Any) -> Any:
    """Every value as text, missing ones as NaN, in an object array."""
    table = pd.DataFrame(frame)
    return (
        table.astype(object)
        .where(table.isna(), table.astype(str))
        .astype(object)
        .where(table.notna(), np.nan)
        .to_numpy()
    )


def calendar(frame: Any) -> Any:
    """Year, month, day, weekday, hour and seconds since 1970 of each date column, as floats with NaN for missing."""
    columns = []
    for _, values in pd.DataFrame(frame).items():
        moments = pd.to_datetime(values, errors="coerce", utc=True)
        parts = [moments.dt.year, moments.dt.month, moments.dt.day, moments.dt.dayofweek, moments.dt.hour]
        epoch = (moments - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
        columns.extend(part.astype(float).to_numpy() for part in (*parts, epoch))
    return np.column_stack(columns)
