"""From tables to problems, and rows of a request to a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestrator.workspace.automl import scoring_script
from orchestrator.workspace.automl.columns import assign_roles
from orchestrator.workspace.automl.data import read_table
from orchestrator.workspace.automl.featurization import ENCODERS, Featurization, Imputation
from orchestrator.workspace.automl.preparation import make_problem
from orchestrator.workspace.automl.preprocessing import preprocessor
from orchestrator.workspace.automl.problem import Problem
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.automl.settings import read_settings


def table(rows: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": np.arange(rows, dtype=float),
            "smokes": [place % 3 == 0 for place in range(rows)],
            "city": ["x", "y"] * (rows // 2),
            "seen": pd.date_range("2024-01-01", periods=rows).astype(str),
            "y": [place % 2 == 0 for place in range(rows)],
        }
    )


def problem(frame: pd.DataFrame, validation: pd.DataFrame | None = None, **body: Any) -> Problem:
    settings = read_settings({"task": "classification", "target_column_name": "y", **body})
    return make_problem(settings, frame, validation, lambda _: None)


def test_roles() -> None:
    roles = {column.name: column.role for column in problem(table()).roles.features}
    assert roles == {"age": "number", "smokes": "boolean", "city": "category", "seen": "date"}


def test_columns_without_content_are_left_out_with_a_reason() -> None:
    frame = table().assign(void=np.nan, same=1, name=[f"n{place}" for place in range(40)])
    dropped = dict(problem(frame).roles.dropped)
    assert set(dropped) == {"void", "same", "name"}
    assert "names rather than categories" in dropped["name"]


def test_boolean_labels_stay_boolean() -> None:
    assert problem(table()).classes == (False, True)


def test_text_labels_are_classes_in_order() -> None:
    assert problem(table().assign(y=["b", "a"] * 20)).classes == ("a", "b")


def test_the_seed_follows_the_content() -> None:
    assert problem(table()).seed == problem(table()).seed
    changed = table()
    changed.loc[3, "age"] = 99
    assert problem(changed).seed != problem(table()).seed


@pytest.mark.parametrize(
    ("body", "rows", "folds", "held", "why"),
    [
        ({}, 40, 10, 0, "few rows: ten folds"),
        ({}, 1200, 3, 0, "more rows: three"),
        ({"n_cross_validations": 4}, 40, 4, 0, "asked for"),
        ({"validation_data_size": 0.25}, 40, 10, 10, "a share is held out"),
        ({}, 20_002, 3, 2001, "many rows: a tenth is held out"),
    ],
)
def test_how_trials_are_scored(body: dict[str, Any], rows: int, folds: int, held: int, why: str) -> None:
    made = problem(table(rows)[["age", "smokes", "y"]], **body)
    assert made.folds == folds, why
    assert (0 if made.held_out is None else len(made.held_out)) == held, why


def test_validation_rows_are_not_learnt_from() -> None:
    made = problem(table(), table(20))
    assert made.held_out.tolist() == list(range(40, 60))
    assert made.learnt_rows.tolist() == list(range(40))


@pytest.mark.parametrize(
    ("frame", "body", "said", "why"),
    [
        (table(), {"target_column_name": "z"}, "'z' is not in training_data", "no such label"),
        (table().assign(y=True), {}, "one class only", "nothing to tell apart"),
        (table()[["y"]], {}, "No column is left", "nothing but the label"),
        (table(8), {}, "too few", "eight rows"),
        (table().assign(y=[True] + [False] * 39), {}, "one row only", "a class that cannot be checked"),
        (table().assign(y=np.arange(40)), {}, "regression", "as many classes as rows"),
        (table(), {"task": "regression", "target_column_name": "city"}, "must be numbers", "text as a number"),
        (table().assign(y=1.5), {"task": "regression"}, "one value only", "a constant"),
        (table().assign(w=-1.0), {"weight_column_name": "w"}, "at least 0", "negative weights"),
        (table(), {"featurization": {"mode": "off"}}, "featurization is off", "text without featurization"),
    ],
)
def test_tables_that_cannot_be_learnt_from(frame: pd.DataFrame, body: dict[str, Any], said: str, why: str) -> None:
    with pytest.raises(JobRefused) as caught:
        problem(frame, **body)
    assert said in str(caught.value), why


def test_a_column_that_validation_lacks_is_refused() -> None:
    with pytest.raises(JobRefused, match="city are not in validation_data"):
        problem(table(), table().drop(columns="city"))


def test_numbers_come_out_imputed_flagged_and_encoded() -> None:
    frame = pd.DataFrame({"n": [1.0, np.nan, 3.0], "b": [True, False, True], "c": ["x", None, "y"]})
    roles = assign_roles(frame, Featurization())
    made = preprocessor(roles, Featurization(), scaled=False).fit_transform(frame)
    assert made[:, :3].tolist() == [[1.0, 1.0, 0.0], [2.0, 0.0, 1.0], [3.0, 1.0, 0.0]]
    assert made[:, 3:].sum(axis=1).tolist() == [1.0, 1.0, 1.0]


def test_a_wish_for_imputation_is_followed() -> None:
    frame = pd.DataFrame({"n": [1.0, np.nan, 3.0]})
    wanted = Featurization("custom", imputations=(("n", Imputation("constant", 7.0)),))
    made = preprocessor(assign_roles(frame, wanted), wanted, scaled=False).fit_transform(frame)
    assert made[:, 0].tolist() == [1.0, 7.0, 3.0]


def test_gaps_are_filled_forward_and_the_first_ones_with_the_median() -> None:
    frame = pd.DataFrame({"n": [None, 1.0, None, None, 5.0, None]})
    wanted = Featurization("custom", imputations=(("n", Imputation("ffill")),))
    found = preprocessor(assign_roles(frame, wanted), wanted, scaled=False).fit_transform(frame)
    assert found[:, 0].tolist() == [1.0, 1.0, 1.0, 1.0, 5.0, 5.0]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_each_encoder_of_categories_takes_new_ones(encoder: str) -> None:
    frame = pd.DataFrame({"c": ["a", "b"] * 10})
    wanted = Featurization("custom", encoder=encoder)
    made = preprocessor(assign_roles(frame, wanted), wanted, scaled=False).fit(frame, np.arange(20.0))
    assert np.isfinite(made.transform(pd.DataFrame({"c": ["a", "new"]}))).all()


def test_numbers_and_their_texts_are_one_category() -> None:
    frame = pd.DataFrame({"c": [1, 2, 1, 2]})
    wanted = Featurization("custom", types=(("c", "Categorical"),))
    fitted = preprocessor(assign_roles(frame, wanted), wanted, scaled=False).fit(frame)
    assert fitted.transform(pd.DataFrame({"c": ["1", 1.0]})).tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_plain_files(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
    assert read_table(tmp_path, "training_data").shape == (2, 2)
    (tmp_path / "u.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "u.csv").write_text("a\n", encoding="utf-8")
    with pytest.raises(JobRefused, match=r"exactly one data file; found: t\.csv, u\.csv"):
        read_table(tmp_path, "training_data")
    with pytest.raises(JobRefused, match="empty: it has 0 rows and 1 columns"):
        read_table(tmp_path / "u.csv", "training_data")
    with pytest.raises(JobRefused, match="is not there"):
        read_table(tmp_path / "v.csv", "training_data")


SCHEMA: dict[str, Any] = {
    "task": "classification",
    "columns": [
        {"name": "age", "role": "number", "dtype": "int64"},
        {"name": "smokes", "role": "boolean", "dtype": "bool"},
        {"name": "city", "role": "category", "dtype": "object"},
    ],
    "required": [],
    "ignored": ["id"],
}


@pytest.mark.parametrize(
    ("row", "expected", "why"),
    [
        ({"age": "60", "smokes": "false", "city": "x"}, (60.0, 0.0, "x"), "all given as strings"),
        ({"age": 60, "smokes": True, "city": 5}, (60.0, 1.0, "5"), "JSON's own types"),
        ({"age": "1.40", "smokes": "1", "city": "x"}, (1.4, 1.0, "x"), "a number as a boolean"),
        ({"age": " ", "smokes": None}, (None, None, None), "what is missing is left to the imputer"),
        ({"id": 7, "age": "NaN"}, (None, None, None), "a column that training left out may be sent"),
    ],
)
def test_a_row_takes_the_types_of_training(row: dict[str, Any], expected: tuple[Any, ...], why: str) -> None:
    frame = scoring_script.to_frame([row], SCHEMA)
    assert list(frame.columns) == ["age", "smokes", "city"]
    assert frame["age"].dtype == "float64"
    assert tuple(None if pd.isna(value) else value for value in frame.iloc[0].tolist()) == expected, why


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"agee": 1}], "Unknown column 'agee'. The model's columns: age, smokes, city."),
        ([{"age": "old"}], "Column 'age' takes a number, not 'old'."),
        ([{"smokes": 2}], "Column 'smokes' takes a boolean, not 2."),
        ([], "data must be a list"),
        ([[1, 2]], "data must be a list"),
    ],
)
def test_a_row_that_does_not_fit_is_the_clients_mistake(rows: list[Any], said: str) -> None:
    with pytest.raises(scoring_script.BadInput) as caught:
        scoring_script.to_frame(rows, SCHEMA)
    assert said in str(caught.value)
    assert caught.value.status_code == 400
