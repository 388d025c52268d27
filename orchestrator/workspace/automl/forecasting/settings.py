"""What a forecasting job says about time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.workspace.automl.names import canonical
from orchestrator.workspace.automl.refusal import JobRefused

_KEYS = (
    "time_column_name",
    "forecast_horizon",
    "time_series_id_column_names",
    "target_lags",
    "target_rolling_window_size",
    "frequency",
    "seasonality",
    "cv_step_size",
    "country_or_region_for_holidays",
    "feature_lags",
    "short_series_handling_config",
    "use_stl",
    "target_aggregate_function",
    "features_unknown_at_forecast_time",
)
_NOT_DONE = ("feature_lags", "use_stl", "target_aggregate_function")


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """The forecasting part of a body.

    Attributes:
        time: name of the time column.
        horizon: how many periods ahead a forecast is checked; None means 1.
        ids: columns that name a series.
        lags: of the target, in periods; None lets the job choose.
        window: of the rolling mean, in periods, or None.
        frequency: a pandas offset alias, or None to infer it.
        seasonality: periods in a season, or None to take it from the frequency.
        step: periods between two origins of the validation, or None for the horizon.
        unknown: columns not known at forecast time, left out.
        holidays: country whose holidays the service would take into account; here they are no features, which plan and log say.
    """

    time: str
    horizon: int | None = None
    ids: tuple[str, ...] = ()
    lags: tuple[int, ...] | None = None
    window: int | None = None
    frequency: str | None = None
    seasonality: int | None = None
    step: int | None = None
    unknown: tuple[str, ...] = ()
    holidays: str | None = None


def read_forecast(section: Mapping[str, Any]) -> ForecastSettings:
    """The body's ``forecasting``.

    Raises:
        JobRefused: no time column, an unknown key, or a setting that is not done here.
    """
    for key in section:
        canonical(str(key), _KEYS, what="forecasting key")
    for key in _NOT_DONE:
        if section.get(key):
            raise JobRefused(f"forecasting.{key} is not done on this machine: leave it out.")
    if not section.get("time_column_name"):
        raise JobRefused("forecasting.time_column_name is missing: say which column holds the time.")
    lags = section.get("target_lags")
    return ForecastSettings(
        time=str(section["time_column_name"]),
        horizon=_whole(section, "forecast_horizon"),
        ids=_names(section.get("time_series_id_column_names")),
        lags=None
        if lags in (None, "auto")
        else tuple(sorted({_positive("target_lags", lag) for lag in _as_list(lags)})),
        window=_whole(section, "target_rolling_window_size"),
        frequency=section.get("frequency") or None,
        seasonality=_whole(section, "seasonality"),
        step=_whole(section, "cv_step_size"),
        unknown=_names(section.get("features_unknown_at_forecast_time")),
        holidays=section.get("country_or_region_for_holidays") or None,
    )


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _names(value: Any) -> tuple[str, ...]:
    return () if not value else tuple(str(name) for name in _as_list(value))


def _whole(section: Mapping[str, Any], name: str) -> int | None:
    value = section.get(name)
    return None if value in (None, "auto") else _positive(name, value)


def _positive(name: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise JobRefused(f"forecasting.{name} must be a whole number, not {value!r}.") from None
    if number < 1:
        raise JobRefused(f"forecasting.{name} must be at least 1, not {number}.")
    return number
