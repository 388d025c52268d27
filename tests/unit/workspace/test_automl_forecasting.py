"""Forecasts of series whose future is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from orchestrator.workspace.automl.forecasting.portable import Forecaster
from orchestrator.workspace.automl.forecasting.problem import ForecastProblem, make_forecast_problem, offset_name
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.automl.settings import read_settings

WEEK = [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 8.0]


def days(count: int, start: str = "2024-01-01") -> Any:
    return pd.date_range(start, periods=count)


def forecaster(model: Any, ids: tuple[str, ...] = (), outside: tuple[str, ...] = ()) -> Forecaster:
    return Forecaster(model, time="day", ids=ids, outside=outside, frequency="D", season=7, lags=(1, 7))


def linear() -> Any:
    return make_pipeline(
        FunctionTransformer(lambda frame: frame[["lag_1", "lag_7"]].to_numpy(float)), LinearRegression()
    )


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [("SeasonalNaive", WEEK), ("Naive", [8.0] * 7), ("Average", [sum(WEEK) / 7] * 7), ("SeasonalAverage", WEEK)],
)
def test_baselines(baseline: str, expected: list[float]) -> None:
    fitted = forecaster(baseline).fit(pd.DataFrame({"day": days(28)}), WEEK * 4)
    assert fitted.predict(pd.DataFrame({"day": days(7, "2024-01-29")})) == pytest.approx(expected)


def test_a_learner_carries_its_own_forecasts_forward() -> None:
    fitted = forecaster(linear()).fit(pd.DataFrame({"day": days(70)}), WEEK * 10)
    ahead = fitted.predict(pd.DataFrame({"day": days(14, "2024-03-11")}))
    assert ahead == pytest.approx(WEEK * 2)


def test_rows_may_come_in_any_order_and_of_several_series() -> None:
    frame = pd.concat([pd.DataFrame({"day": days(28), "shop": name}) for name in ("a", "b")])
    fitted = forecaster("SeasonalNaive", ids=("shop",)).fit(frame, WEEK * 4 + [10 * each for each in WEEK * 4])
    asked = pd.DataFrame({"day": ["2024-01-30", "2024-01-29", "2024-01-30"], "shop": ["b", "b", "a"]})
    assert fitted.predict(asked).tolist() == [20.0, 10.0, 2.0]


def test_gaps_are_filled_by_interpolation() -> None:
    kept = [place for place in range(14) if place != 3]
    fitted = forecaster("Naive").fit(pd.DataFrame({"day": days(14)[kept]}), [float(place) for place in kept])
    assert fitted.history_[()]["__target__"].iloc[3] == 3.0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"day": "2024-01-10", "shop": "a"}, "is not after the end of the training data"),
        ({"day": "2024-02-10", "shop": "z"}, "series z was not in the training data"),
    ],
)
def test_what_cannot_be_forecast(row: dict[str, str], said: str) -> None:
    fitted = forecaster("Naive", ids=("shop",)).fit(pd.DataFrame({"day": days(28), "shop": "a"}), WEEK * 4)
    with pytest.raises(ValueError, match=said):
        fitted.predict(pd.DataFrame([row]))


def stated(frame: pd.DataFrame, **forecasting: Any) -> ForecastProblem:
    body = {
        "task": "forecasting",
        "target_column_name": "y",
        "forecasting": {"time_column_name": "day", "forecast_horizon": 5, **forecasting},
    }
    return make_forecast_problem(read_settings(body), frame, lambda _: None)


def test_frequency_season_and_origins() -> None:
    problem = stated(pd.DataFrame({"day": days(60).astype(str)[::-1], "y": np.arange(60.0)}))
    assert (problem.frequency, problem.season, problem.lags) == ("D", 7, (1, 2, 3, 7, 14))
    assert [str(origin.date()) for origin in problem.origins] == ["2024-02-24", "2024-02-19", "2024-02-14"]
    assert problem.target[0] == 59.0


@pytest.mark.parametrize(
    ("frame", "said", "why"),
    [
        ({"day": ["soon"] * 30, "y": range(30)}, "must hold times", "no times"),
        ({"day": ["2024-01-01"] * 30, "y": range(30)}, "More than one row", "doubled times"),
        ({"day": days(30)[[0, 1, 5, 9, 20]], "y": range(5)}, "frequency cannot be told", "irregular"),
        ({"day": days(8), "y": range(8)}, "too few to check", "too short"),
        ({"date": days(8), "y": range(8)}, "'day' is not in training_data", "no time column"),
    ],
)
def test_series_that_cannot_be_learnt_from(frame: dict[str, Any], said: str, why: str) -> None:
    with pytest.raises(JobRefused) as caught:
        stated(pd.DataFrame(frame))
    assert said in str(caught.value), why


def test_columns_known_ahead_are_used_and_may_be_left_out() -> None:
    promo = np.tile([0, 0, 1, 0, 1], 14)
    model = make_pipeline(
        FunctionTransformer(lambda frame: frame[["promo", "level"]].fillna(0).to_numpy(float)), LinearRegression()
    )
    learnt = pd.DataFrame({"day": days(70), "promo": promo})
    fitted = forecaster(model, outside=("promo",)).fit(learnt, 5.0 + 10.0 * promo)
    ahead = fitted.predict(pd.DataFrame({"day": days(3, "2024-03-11"), "promo": [1.0, np.nan, 1.0]}))
    assert ahead == pytest.approx([15.0, 5.0, 15.0], abs=0.5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("H", "h"), ("T", "min"), ("S", "s"), ("M", "ME"), ("Q", "QE"), ("A", "YE"), ("Y", "YE"), ("BM", "BME"), ("2H", "2h"),
        ("15T", "15min"), ("Q-NOV", "QE-NOV"), ("AS-APR", "YS-APR"), ("D", "D"), ("W-MON", "W-MON"), ("MS", "MS"),
    ],
)  # fmt: skip
def test_frequencies_of_either_time_of_pandas_are_one(old: str, new: str) -> None:
    offsets = {pd.tseries.frequencies.to_offset(offset_name(name)) for name in (old, new)}
    assert len(offsets) == 1


def test_hours_are_forecast() -> None:
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=60, freq="h"), "y": np.arange(60.0)})
    assert stated(frame, frequency="H").season == 20
