"""What a fitted model does on rows that it has not seen, as figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestrator.ui.curves import curves_of
from orchestrator.workspace.automl.curves import write_curves
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
