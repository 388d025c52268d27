"""The forecaster that travels inside a saved model, by value: it must import nothing of ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin

BASELINES = ("Naive", "SeasonalNaive", "Average", "SeasonalAverage")
CALENDAR = ("year_sin", "year_cos", "month", "day", "day_of_week", "hour")


class Forecaster(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no type information
    """Forecasts one or more series that were seen in training.

    A step's features are the calendar, the outside columns and the series' own past, measured from its mean over the
    last season; the model learns the distance from that mean, so that trees follow a trend. Later steps are forecast
    from the forecasts before them.

    Args:
        model: an unfitted scikit-learn regressor on a frame of features, or the name of a baseline.
        time: name of the time column.
        ids: columns that name a series.
        outside: other columns that are known at forecast time.
        frequency: a pandas offset alias.
        season: periods in a season.
        lags: of the target, in periods.
        window: of a rolling mean, in periods, or None.
    """

    def __init__(
        self,
        model: Any,
        time: str,
        ids: tuple[str, ...],
        outside: tuple[str, ...],
        frequency: str,
        season: int,
        lags: tuple[int, ...],
        window: int | None = None,
    ) -> None:
        self.model = model
        self.time = time
        self.ids = ids
        self.outside = outside
        self.frequency = frequency
        self.season = season
        self.lags = lags
        self.window = window

    def fit(self, X: Any, y: Any) -> Forecaster:  # noqa: N803 (scikit-learn's names)
        """Learn from a frame with time, id and outside columns, and the target."""
        self.history_ = dict(self._series(X.assign(**{_TARGET: np.asarray(y, dtype=float)})))
        if not isinstance(self.model, str):
            frames: list[Any] = []
            targets: list[float] = []
            for key, table in self.history_.items():
                values = table[_TARGET].to_numpy()
                steps = range(min(self._depth(), len(values) - 1), len(values))
                frames.append(self._features(key, table, values, steps))
                targets.extend(values[step] - self._level(values, step) for step in steps)
            self.model.fit(pd.concat(frames, ignore_index=True), np.asarray(targets))
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803 (scikit-learn's names)
        """Forecasts for the rows of a frame with time, id and outside columns.

        Raises:
            ValueError: a series that was not in training, or a time before its end.
        """
        moments = _moments(X[self.time])
        keys = self._keys(X)
        last = dict.fromkeys(keys)
        for key, moment in zip(keys, moments, strict=True):
            if key not in self.history_:
                raise ValueError(f"The series {', '.join(key)} was not in the training data.")
            end = self.history_[key].index[-1]
            if moment <= end:
                raise ValueError(f"{moment} is not after the end of the training data, {end}.")
            last[key] = moment if last[key] is None else max(last[key], moment)
        known = X[list(self.outside)].set_axis(pd.MultiIndex.from_arrays([keys, moments]), axis=0)
        paths = self._paths({key: moment for key, moment in last.items() if moment is not None}, known)
        return np.array([_at(paths[key], moment) for key, moment in zip(keys, moments, strict=True)])

    def _paths(self, ends: dict[Any, Any], known: Any) -> dict[Any, Any]:
        """Every step's forecast for each series, from the end of its history to the moment given."""
        tables, steps = {}, {}
        for key, end in ends.items():
            start = self.history_[key].index[-1]
            ahead = pd.date_range(start, end, freq=self.frequency)
            ahead = ahead[ahead > start]
            future = pd.DataFrame(index=ahead, columns=[*self.outside, _TARGET], dtype=object)
            if len(self.outside):
                rows = known[known.index.get_level_values(0) == key].droplevel(0)
                future.update(rows[~rows.index.duplicated()])
            table = pd.concat([self.history_[key], future.astype(self.history_[key].dtypes, errors="ignore")])
            tables[key], steps[key] = table, len(ahead)
        values = {key: table[_TARGET].to_numpy(dtype=float).copy() for key, table in tables.items()}
        for step in range(max(steps.values(), default=0)):
            moving = [key for key in tables if step < steps[key]]
            self._step(moving, tables, values, step)
        return {key: pd.Series(values[key], index=tables[key].index)[len(self.history_[key]) :] for key in tables}

    def _step(self, keys: list[Any], tables: dict[Any, Any], values: dict[Any, Any], step: int) -> None:
        places = [len(self.history_[key]) + step for key in keys]
        if isinstance(self.model, str):
            for key, place in zip(keys, places, strict=True):
                values[key][place] = self._baseline(values[key][: len(self.history_[key])], step)
            return
        frames = [
            self._features(key, tables[key], values[key], [place]) for key, place in zip(keys, places, strict=True)
        ]
        distances = self.model.predict(pd.concat(frames, ignore_index=True))
        for key, place, distance in zip(keys, places, distances, strict=True):
            values[key][place] = self._level(values[key], place) + distance

    def _baseline(self, past: Any, step: int) -> float:
        season = min(self.season, len(past))
        if self.model == "Naive":
            return float(past[-1])
        if self.model == "Average":
            return float(np.mean(past))
        same = past[::-1][season - 1 - step % season :: season]
        return float(same[0] if self.model == "SeasonalNaive" else np.mean(same))

    def _depth(self) -> int:
        return max(self.season, self.window or 0, *self.lags)

    def _level(self, values: Any, place: int) -> float:
        return float(np.mean(values[max(0, place - self.season) : place]))

    def _features(self, key: Any, table: Any, values: Any, places: Any) -> Any:
        places = list(places)
        levels = np.array([self._level(values, place) for place in places])
        moments = table.index[places]
        columns: dict[str, Any] = {"level": levels}
        for lag in self.lags:
            columns[f"lag_{lag}"] = [values[place - lag] if place >= lag else np.nan for place in places] - levels
        if self.window:
            means = np.array([np.mean(values[max(0, place - self.window) : place]) for place in places])
            columns["rolling_mean"] = means - levels
        turn = 2 * np.pi * moments.day_of_year.to_numpy() / 365.25
        columns["year_sin"], columns["year_cos"] = np.sin(turn), np.cos(turn)
        for part in CALENDAR[2:]:
            columns[part] = getattr(moments, part).to_numpy(dtype=float)
        for name, value in zip(self.ids, key, strict=True):
            columns[name] = [value] * len(places)
        for name in self.outside:
            columns[name] = table[name].to_numpy()[places]
        return pd.DataFrame(columns)

    def _keys(self, frame: Any) -> list[Any]:
        if not self.ids:
            return [()] * len(frame)
        return [tuple(str(value) for value in row) for row in frame[list(self.ids)].itertuples(index=False)]

    def _series(self, frame: Any) -> Any:
        indexed = frame.set_axis(pd.DatetimeIndex(_moments(frame[self.time])), axis=0)
        keys = self._keys(frame)
        places: dict[Any, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        for key, rows in places.items():
            table = indexed.iloc[rows][[*self.outside, _TARGET]].sort_index()
            whole = pd.date_range(table.index[0], table.index[-1], freq=self.frequency)
            regular = table.reindex(whole.union(table.index[-1:]))
            regular[_TARGET] = regular[_TARGET].astype(float).interpolate().bfill()
            yield key, regular


_TARGET = "__target__"


def _moments(values: Any) -> Any:
    return pd.DatetimeIndex(pd.to_datetime(values, utc=True)).tz_localize(None)


def _at(path: Any, moment: Any) -> float:
    """The forecast at a moment, or of the last period before it when it lies between two."""
    return float(path.asof(moment)) if moment not in path.index else float(path[moment])
