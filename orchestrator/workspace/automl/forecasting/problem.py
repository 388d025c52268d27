"""From a table of series to a forecasting problem."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestrator.workspace.automl.columns import CATEGORY, DATE, Column, Roles, assign_roles
from orchestrator.workspace.automl.featurization import Featurization
from orchestrator.workspace.automl.foreseen import FORECASTING_REFUSED
from orchestrator.workspace.automl.metrics import Metric
from orchestrator.workspace.automl.preparation import content_seed, numbers_of
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.automl.settings import Settings

from .settings import ForecastSettings

Say = Callable[[str], None]
_SEASONS = {
    "min": 60, "T": 60, "h": 24, "H": 24, "D": 7, "B": 5, "W": 52, "M": 12, "ME": 12, "MS": 12, "Q": 4, "QE": 4, "QS": 4,
}  # fmt: skip
_ORIGINS = 3


@dataclass(frozen=True, slots=True)
class ForecastProblem:
    """A forecasting problem.

    Attributes:
        features: a pandas frame of time, id and outside columns, in the order of time.
        target: shape (n,).
        moments: of the rows, shape (n,).
        roles: of the features.
        outside: columns beside time and ids.
        frequency: a pandas offset alias.
        season: periods in a season.
        lags: of the target.
        horizon: periods that a validation forecasts.
        origins: the last moment known to each validation forecast.
    """

    features: Any
    target: Any
    moments: Any
    roles: Roles
    outside: Roles | None
    frequency: str
    season: int
    lags: tuple[int, ...]
    horizon: int
    origins: tuple[Any, ...]
    settings: ForecastSettings
    featurization: Featurization
    metric: Metric
    seed: int
    task: str = "forecasting"
    classes: tuple[Any, ...] = ()


def make_forecast_problem(settings: Settings, training: Any, say: Say) -> ForecastProblem:
    """The problem that the settings and table state.

    Raises:
        JobRefused: a column is missing, times cannot be read or are doubled, or the series are too short.
    """
    forecast = settings.forecast
    if forecast is None:
        raise JobRefused("forecasting settings are missing: time_column_name at least.")
    table, moments = _in_order(settings, forecast, training)
    frequency = offset_name(forecast.frequency) if forecast.frequency else _infer(table, moments, forecast)
    shortest, periods = _lengths(table, moments, forecast, frequency)
    season = max(1, min(forecast.seasonality or _season(frequency), shortest // 3))
    horizon = forecast.horizon or 1
    origins = _origins(periods, horizon, forecast.step or horizon, settings.validation.folds or _ORIGINS, shortest)
    outside = _outside(table, settings, forecast, say)
    own = [Column(forecast.time, DATE, "datetime64[ns]"), *(Column(name, CATEGORY, "object") for name in forecast.ids)]
    roles = Roles((*own, *(outside.features if outside else ())), outside.dropped if outside else ())
    say(f"{len(table)} rows every {frequency}, a season of {season}, {len(origins)} forecasts of {horizon} periods.")
    return ForecastProblem(
        features=table[[column.name for column in roles.features]].assign(**{forecast.time: moments}),
        target=numbers_of(table[settings.target]),
        moments=moments,
        roles=roles,
        outside=outside,
        frequency=frequency,
        season=season,
        lags=forecast.lags or _lags(season, shortest),
        horizon=horizon,
        origins=origins,
        settings=forecast,
        featurization=settings.featurization,
        metric=settings.metric,
        seed=content_seed(settings, table),
    )


def _in_order(settings: Settings, forecast: ForecastSettings, training: Any) -> tuple[Any, Any]:
    """The rows with a target in the order of their times, and these times."""
    for name in (settings.target, forecast.time, *forecast.ids):
        if name not in training.columns:
            raise JobRefused(f"Column {name!r} is not in training_data. Columns: {', '.join(training.columns)}.")
    if settings.weight:
        raise JobRefused(FORECASTING_REFUSED["weight_column_name"])
    table = training[training[settings.target].notna()]
    moments = _times(table[forecast.time])
    order = np.argsort(moments.to_numpy(), kind="stable")
    table, moments = table.iloc[order].reset_index(drop=True), moments[order]
    _no_doubles(table, moments, forecast)
    return table, moments


def _times(column: Any) -> Any:
    import pandas as pd

    with warnings.catch_warnings():
        # It warns that a format cannot be told from the first value; what is no time is refused below.
        warnings.simplefilter("ignore")
        moments = pd.to_datetime(column, errors="coerce", utc=True)
    if moments.isna().any():
        example = column[moments.isna()].iloc[0]
        raise JobRefused(f"time_column_name {column.name!r} must hold times, but holds {example!r}.")
    return pd.DatetimeIndex(moments).tz_localize(None)


def _no_doubles(table: Any, moments: Any, forecast: ForecastSettings) -> None:
    keyed = table[list(forecast.ids)].assign(__time__=moments)
    if keyed.duplicated().any():
        at = keyed[keyed.duplicated()].iloc[0]["__time__"]
        raise JobRefused(
            f"More than one row at {at}: name the columns that tell the series apart in time_series_id_column_names."
        )


def _groups(table: Any, moments: Any, forecast: ForecastSettings) -> list[Any]:
    if not forecast.ids:
        return [moments]
    return [moments[rows] for rows in table.groupby(list(forecast.ids), dropna=False).indices.values()]


def _infer(table: Any, moments: Any, forecast: ForecastSettings) -> str:
    import pandas as pd

    for times in _groups(table, moments, forecast):
        with warnings.catch_warnings():
            # pandas announces that it will return an offset instead of its name; both are understood below.
            warnings.simplefilter("ignore")
            found = pd.infer_freq(times) if len(times) > 2 else None
        if found:
            return str(getattr(found, "freqstr", found))
    raise JobRefused(
        "The frequency cannot be told from the times, which have gaps: give forecasting.frequency, such as D."
    )


def _lengths(table: Any, moments: Any, forecast: ForecastSettings, frequency: str) -> tuple[int, Any]:
    import pandas as pd

    try:
        periods = pd.date_range(moments.min(), moments.max(), freq=frequency)
    except ValueError:
        raise JobRefused(f"forecasting.frequency {frequency!r} is not a pandas offset such as D, W or MS.") from None
    return min(len(times) for times in _groups(table, moments, forecast)), periods


_RENAMED = {
    "H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "N": "ns", "BH": "bh", "CBH": "cbh",
    "M": "ME", "BM": "BME", "CBM": "CBME", "SM": "SME", "Q": "QE", "BQ": "BQE", "A": "YE", "Y": "YE", "BA": "BYE", "BY": "BYE",
    "AS": "YS", "BAS": "BYS",
}  # fmt: skip
"""Names of offsets before pandas 2.2 to those since. Source: pandas, What's new in 2.2.0, deprecations of offset aliases."""


def offset_name(frequency: str) -> str:
    """A frequency under the name that the installed pandas has for it: the service's own is of either time.

    Raises:
        JobRefused: pandas knows it under neither name.
    """
    from pandas.tseries.frequencies import to_offset

    found = re.fullmatch(r"(\s*[-+]?\d*\s*)([A-Za-z]+)(-.*)?", frequency)
    names = [frequency]
    if found is not None:
        new, old = _RENAMED, {name: before for before, name in _RENAMED.items()}
        count, word, rest = found[1].strip(), found[2], found[3] or ""
        others = (new.get(word), new.get(word.upper()), old.get(word))
        names += [f"{count}{other}{rest}" for other in others if other]
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a name that pandas is about to drop has another one
            try:
                to_offset(name)
            except (ValueError, FutureWarning):
                continue
            return name
    raise JobRefused(f"forecasting.frequency {frequency!r} is not a pandas offset such as D, W or MS.")


def _season(frequency: str) -> int:
    return _SEASONS.get(frequency.split("-", 1)[0].lstrip("0123456789"), 1)


def _lags(season: int, shortest: int) -> tuple[int, ...]:
    return tuple(sorted(lag for lag in {1, 2, 3, season, 2 * season} if lag <= max(1, shortest // 3)))


def _origins(periods: Any, horizon: int, step: int, most: int, shortest: int) -> tuple[Any, ...]:
    ends = [len(periods) - 1 - horizon - step * place for place in range(most)]
    usable = [end for end in ends if end >= max(4, horizon) and end > len(periods) - shortest + 3]
    if not usable:
        raise JobRefused(
            f"The shortest series has {shortest} periods, too few to check a forecast of {horizon}: "
            "give more data or a smaller forecast_horizon."
        )
    return tuple(periods[end] for end in usable)


def _outside(table: Any, settings: Settings, forecast: ForecastSettings, say: Say) -> Roles | None:
    rest = table.drop(columns=[settings.target, forecast.time, *forecast.ids, *forecast.unknown], errors="ignore")
    if not len(rest.columns):
        return None
    try:
        roles = assign_roles(rest, settings.featurization)
    except JobRefused as refusal:
        if settings.featurization.types or settings.featurization.drop:
            raise
        say(f"Only the series' own past is used: {refusal}")
        return None
    for name, reason in roles.dropped:
        say(f"Column {name} is left out: {reason}.")
    return roles
