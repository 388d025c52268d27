"""What a fitted model does on rows that it has not seen, as figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestrator.ui.curves import curves_of
from orchestrator.ui.forecasts import forecasts_of
from orchestrator.workspace.automl.curves import write_curves
from orchestrator.workspace.automl.forecasting.portable import Forecaster
from orchestrator.workspace.automl.forecasting.problem import make_forecast_problem
from orchestrator.workspace.automl.learners import choose
from orchestrator.workspace.automl.preparation import make_problem
from orchestrator.workspace.automl.problem import Candidate
from orchestrator.workspace.automl.settings import Algorithms, read_settings
from orchestrator.workspace.automl.tabular import TabularBench

SIMPLE = {"classification": "LogisticRegression", "regression": "ElasticNet"}


def table(rows: int, labels: tuple[Any, ...] | None) -> pd.DataFrame:
    """Numbers of which only ``x`` says anything about ``y``."""
    x = np.arange(rows, dtype=float)
    y = [labels[place * len(labels) // rows] for place in range(rows)] if labels else 3 * x + np.sin(x)
    return pd.DataFrame({"x": x, "z": (x * 7919) % 13, "y": y}).sample(frac=1, random_state=1)


def drawn(folder: Path, frame: pd.DataFrame, task: str, **tables: pd.DataFrame) -> Any:
    settings = read_settings({"task": task, "target_column_name": "y"})
    problem = make_problem(settings, frame, tables.get("validation"), lambda _: None)
    learner = choose(task, Algorithms((SIMPLE[task],), ()), len(frame), weighted=False)[0]
    model = TabularBench(problem).fitted(Candidate(0, learner, learner.starts[0], "start"))
    write_curves(folder / "curves.json", problem, model, ("y", tables["test"]) if "test" in tables else None)
    return json.loads((folder / "curves.json").read_text())


@pytest.mark.parametrize("labels", [("no", "yes"), (0, 1, 2)])
def test_a_classifier_has_a_confusion_and_a_roc(tmp_path: Path, labels: tuple[Any, ...]) -> None:
    found = drawn(tmp_path, table(120, labels), "classification")
    matrix = np.array(found["confusion"]["matrix"])
    assert found["confusion"]["labels"] == [str(label) for label in labels]
    assert matrix.sum() == found["rows"] == 30
    assert np.trace(matrix) > 24
    assert len(found["roc"]) == (1 if len(labels) == 2 else 3)
    assert found["roc"][0]["points"][0] == [0.0, 0.0] and found["roc"][0]["points"][-1] == [1.0, 1.0]
    assert found["importance"][0]["feature"] == "x"
    shown = curves_of(tmp_path / "curves.json")
    assert shown is not None and len(shown["charts"]) == 3


def test_a_regression_has_residuals_and_test_data_are_taken_first(tmp_path: Path) -> None:
    found = drawn(tmp_path, table(80, None), "regression", test=table(30, None))
    assert (found["source"], found["rows"], sum(found["residuals"]["counts"])) == ("test_data", 30, 30)
    assert len(found["predicted_true"]) == 30
    shown = curves_of(tmp_path / "curves.json")
    assert shown is not None and len(shown["charts"]) == 3


def test_validation_data_were_not_learnt_from(tmp_path: Path) -> None:
    found = drawn(tmp_path, table(60, ("a", "b")), "classification", validation=table(20, ("a", "b")))
    assert (found["source"], found["rows"]) == ("validation_data", 20)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"roc": 3}', '{"confusion": {"labels": ["a", "b"], "matrix": [[1]]}}', '{"importance": [{"feature": "x"}]}',
     '{"residuals": {"edges": [0, "x"], "counts": [1]}}', '{"roc": [{"label": "a", "points": [[NaN, 1]]}]}', '{"predicted_true": [[1]]}'],
)  # fmt: skip
def test_what_others_have_written_is_drawn_or_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "curves.json").write_text(text)
    assert curves_of(tmp_path / "curves.json") is None
    assert curves_of(tmp_path / "none.json") is curves_of(None) is None


def test_names_are_text(tmp_path: Path) -> None:
    evil = "<script>alert('&')</script>"
    told = {
        "confusion": {"labels": [evil, "b"], "matrix": [[1, 2], [3, 4]]},
        "roc": [{"label": evil, "points": [[0, 0], [1, 1]]}],
        "importance": [{"feature": evil, "importance": 0.5}],
    }
    (tmp_path / "curves.json").write_text(json.dumps(told))
    shown = curves_of(tmp_path / "curves.json")
    assert shown is not None and len(shown["charts"]) == 3
    assert "<script" not in "".join(shown["charts"])


@pytest.mark.parametrize("tested", [False, True])
def test_a_forecaster_has_its_forecasts_beside_what_came(tmp_path: Path, tested: bool) -> None:
    days, week = pd.date_range("2024-01-01", periods=56), [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 8.0]
    shops = [
        pd.DataFrame({"day": days, "shop": name, "y": [factor * each for each in week * 8]})
        for name, factor in (("a <b>", 1), ("b", 10))
    ]
    frame = pd.concat(shops)
    body = {
        "task": "forecasting", "target_column_name": "y",
        "forecasting": {"time_column_name": "day", "forecast_horizon": 7, "time_series_id_column_names": ["shop"], "frequency": "D"},
    }  # fmt: skip
    problem = make_forecast_problem(read_settings(body), frame[frame["day"] <= days[48]], lambda _: None)
    model = Forecaster("SeasonalNaive", time="day", ids=("shop",), outside=(), frequency="D", season=7, lags=(1,))
    model.fit(problem.features, problem.target)
    write_curves(tmp_path / "curves.json", problem, model, ("y", frame[frame["day"] > days[48]]) if tested else None)
    found = json.loads((tmp_path / "curves.json").read_text())
    assert (found["rows"], [each["series"] for each in found["forecast"]]) == (14, ["a <b>", "b"])
    first = found["forecast"][0]
    assert first["ahead"][0][0] == ("2024-02-19 00:00:00" if tested else "2024-02-12 00:00:00")
    assert [said for _, _, said in first["ahead"]] == [true for _, true, _ in first["ahead"]], "weeks repeat themselves"
    assert len(first["before"]) == 28 and first["before"][-1][0] < first["ahead"][0][0]
    shown = curves_of(tmp_path / "curves.json")
    assert shown is not None and len(shown["charts"]) == 4
    assert "Forecast, a &lt;b&gt;" in shown["charts"][0] and "actual values" in shown["charts"][0]


@pytest.mark.parametrize(
    "told", [{"forecast": 1}, {"forecast": [{"before": [], "ahead": [["soon", 1, 2]]}]}, {"forecast": [{"before": 1}]}]
)
def test_forecasts_that_cannot_be_read_are_left_out(told: dict[str, Any]) -> None:
    assert forecasts_of(told) == []
