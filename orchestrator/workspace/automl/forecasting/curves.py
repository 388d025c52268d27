"""What a forecaster says of periods that it has not learnt from, as figures for a picture."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .problem import ForecastProblem

_SERIES: Final = 3
_BEFORE: Final = 4
"""Horizons of the past that are shown before the forecast."""

_MOST: Final = 300
_BINS: Final = 20


def forecast_curves(problem: ForecastProblem, model: Any, test: tuple[str, Any] | None) -> dict[str, Any] | None:
    """The forecasts beside actual values; None if there is nothing to compare with.

    Args:
        model: fitted; without test rows, a copy of it learns from what was known at the last origin of the validation.
        test: name of the target's column and the table of ``test_data``, if there is one.
    """
    rows = _of_test_table(problem, model, *test) if test is not None else _of_last_origin(problem, model)
    if rows is None or not len(rows[1]):
        return None
    source, features, truth, predicted = rows
    residuals = predicted - truth
    counts, edges = np.histogram(residuals[np.isfinite(residuals)], bins=_BINS)
    pairs = np.column_stack([truth, predicted])[:_MOST]
    return {
        "source": source,
        "rows": len(truth),
        "task": problem.task,
        "forecast": _series(problem, features, truth, predicted),
        "residuals": {"edges": edges.tolist(), "counts": counts.tolist()},
        "predicted_true": [[float(true), float(estimate)] for true, estimate in pairs],
    }


_Rows = tuple[str, Any, Any, Any]
"""Which rows they are, features, actual values, forecasts."""


def _of_test_table(problem: ForecastProblem, model: Any, target: str, table: Any) -> _Rows | None:
    known = table[table[target].notna()]
    features = known[list(problem.features.columns)]
    return "test_data", features, known[target].to_numpy(dtype=float), np.asarray(model.predict(features), dtype=float)


def _of_last_origin(problem: ForecastProblem, model: Any) -> _Rows | None:
    from sklearn.base import clone

    origin = max(problem.origins)
    past = np.asarray(problem.moments <= origin)
    truth = np.asarray(problem.target, dtype=float)
    if past.all() or not past.any():
        return None
    copy = clone(model).fit(problem.features[past], truth[past])
    ahead = problem.features[~past]
    source = f"the last {problem.horizon} periods of the training data, which a copy of the model has not seen"
    return source, ahead, truth[~past], np.asarray(copy.predict(ahead), dtype=float)


def _series(problem: ForecastProblem, features: Any, truth: Any, predicted: Any) -> list[dict[str, Any]]:
    """Some series: times, values before the forecast, actual values and what was forecast."""
    time, ids = problem.settings.time, list(problem.settings.ids)
    found = []
    for key, rows in sorted(_places(features, ids).items())[:_SERIES]:
        places = sorted(rows, key=lambda place: str(features[time].iloc[place]))[:_MOST]
        begins = str(_moment(features[time].iloc[places[0]]))
        own = [
            (str(moment), float(value))
            for moment, value, name in zip(problem.moments, problem.target, _keys(problem.features, ids), strict=True)
            if name == key and str(moment) < begins
        ][-_BEFORE * problem.horizon :][-_MOST:]
        found.append(
            {
                "series": ", ".join(key),
                "before": [[moment[:19], value] for moment, value in own],
                "ahead": [
                    [str(_moment(features[time].iloc[place]))[:19], float(truth[place]), float(predicted[place])]
                    for place in places
                ],
            }
        )
    return found


def _moment(value: Any) -> Any:
    import pandas as pd

    moment = pd.Timestamp(value)
    return moment.tz_convert(None) if moment.tzinfo else moment


def _keys(frame: Any, ids: list[str]) -> list[tuple[str, ...]]:
    if not ids:
        return [()] * len(frame)
    return [tuple(map(str, row)) for row in frame[ids].itertuples(index=False)]


def _places(frame: Any, ids: list[str]) -> dict[tuple[str, ...], list[int]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for place, key in enumerate(_keys(frame, ids)):
        found.setdefault(key, []).append(place)
    return found
