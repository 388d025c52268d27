"""What MLflow models are given and answer: beside the parser of MLflow's own scoring server, for every type of column and tensor."""

from __future__ import annotations

import datetime
import importlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestrator.workspace.serving.scoring.answers import Rejected
from orchestrator.workspace.serving.scoring.http import HttpRequest
from orchestrator.workspace.serving.scoring.mlflow_model import MlflowModel


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of whole numbers, type hints and more
        yield


@pytest.fixture
def side(_quiet: Any) -> Any:
    return importlib.import_module("tests.unit.workspace.mlflow_side")


VALUES = [
    [1, 2], [0, 1], [1.0, 2.0], [1.5, 2.5], [2**40, 1], ["a", "b"], ["1", "2"], [True, False], ["true", "false"], [None, 1], [1, None],
    [None, None], ["YQ==", "Yg=="], ["2026-01-31", "2026-02-01"], ["2026-01-31T10:00:00", "2026-01-31T11:00:00.5"], ["soon", "later"],
    [[1, 2], [3]], [[1.5], [2.5]], [[[1], [2]], [[3]]], [{"x": 1}, {"x": 2, "y": "z"}], [{"x": 1.5}, {"x": 2.5}], [{"y": "z"}, {"x": 1}],
    [],
]  # fmt: skip


def forms(names: list[str], columns: list[list[Any]]) -> dict[str, tuple[Any, Any]]:
    """One table in all forms: ours beside MLflow's of the same meaning."""
    rows = [list(row) for row in zip(*columns, strict=True)]
    split = {"columns": names, "data": rows}
    indexed = {**split, "index": list(range(len(rows)))}
    records = [dict(zip(names, row, strict=True)) for row in rows]
    by_name = dict(zip(names, columns, strict=True))
    found: dict[str, tuple[Any, Any]] = {
        "split": ({"input_data": split}, {"dataframe_split": split}),
        "split with an index": ({"input_data": indexed}, {"dataframe_split": indexed}),
        "MLflow's split": ({"dataframe_split": indexed}, {"dataframe_split": indexed}),
        "MLflow's records": ({"dataframe_records": records}, {"dataframe_records": records}),
        "inputs by name": ({"inputs": by_name}, {"inputs": by_name}),
        "instances": ({"instances": records}, {"instances": records}),
        "inputs as records": ({"inputs": records}, {"inputs": records}),
        "inputs as rows": ({"inputs": rows}, {"inputs": rows}),
    }
    if records:
        found["records"] = ({"input_data": records}, {"dataframe_records": records})
        found["rows"] = ({"input_data": rows}, {"dataframe_split": split})
        found["columns by name"] = ({"input_data": by_name}, {"dataframe_split": split})
    return found


KINDS = [
    "boolean", "integer", "long", "float", "double", "string", "binary", "datetime", "array", "array of arrays", "object", "map", "any",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("required", [True, False])
def test_every_type_of_column_in_every_form(side: Any, kind: str, required: bool) -> None:
    model = side.pyfunc(
        side.Schema([side.ColSpec(side.COLUMNS[kind], "a", required=required), side.ColSpec(side.DataType.double, "b")])
    )
    answered = 0
    for values in VALUES:
        for name, (our_body, their_body) in forms(["a", "b"], [values, [7] * len(values)]).items():
            answered += side.same(model, f"{name} of {values}", our_body, their_body)
    assert answered > 10


def test_every_form_that_callers_think_of(side: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal status, equal values: nested lists, ragged ones, tensors of any shape, dates, bytes, missing, extra, NaN, params."""
    table = importlib.import_module("tests.unit.workspace.mlflow_table")
    table.without_long_messages(monkeypatch.setattr)
    different, answered = table.differences()
    assert different == []
    assert answered > 300


def test_whole_numbers_are_taken_for_doubles(side: Any) -> None:
    model = side.pyfunc(
        side.Schema([side.ColSpec(side.DataType.double, "age"), side.ColSpec(side.DataType.float, "height")])
    )
    for body in (
        {"input_data": {"columns": ["age", "height"], "index": [0], "data": [[60, 2]]}},
        {"input_data": [{"age": 60, "height": 2}]},
        {"input_data": [[60, 2]]},
        {"input_data": {"age": [60], "height": [2]}},
        {"input_data": {"age": 60, "height": 2}},
        {"input_data": {"columns": ["height", "age"], "data": [[2, 60]]}},
    ):
        assert side.ours(model, body)[0] == {"age": ["float64", ["60.0"]], "height": ["float32", ["2.0"]]}, body


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "kind", ["bool", "int8", "int16", "int32", "int64", "uint8", "uint64", "float16", "float32", "float64", "str"]
)
def test_every_type_of_tensor(side: Any, kind: str, named: bool) -> None:
    specs = [side.TensorSpec(np.dtype(kind), (-1, 2), "a" if named else None)]
    model = side.pyfunc(side.Schema(specs))
    answered = 0
    for rows in (
        [[1, 2], [3, 4]],
        [[1.5, 2]],
        [[True, False]],
        [["a", "b"]],
        [["1", "2"]],
        [[1, 2, 3]],
        [1, 2],
        [],
        [[None, 1]],
        [[1], [2, 3]],
    ):
        for key in ("inputs", "instances"):
            answered += side.same(model, f"{key} {rows}", {key: rows}, {key: rows})
        answered += side.same(model, f"input_data {rows}", {"input_data": rows}, {"inputs": rows})
        by_name = {"a": rows}
        side.same(model, f"by name {rows}", {"input_data": by_name}, {"inputs": by_name})
    assert answered >= 3


def test_named_tensors_of_many_dimensions(side: Any) -> None:
    model = side.pyfunc(
        side.Schema(
            [side.TensorSpec(np.dtype("int64"), (-1, 2, 2), "mask"), side.TensorSpec(np.dtype("float32"), (-1,), "w")]
        )
    )
    named = {"mask": [[[1, 0], [0, 1]]], "w": [1]}
    for key in ("inputs", "input_data"):
        assert side.same(model, key, {key: named}, {"inputs": named})
    assert not side.same(
        model, "one lacks", {"input_data": {"mask": named["mask"]}}, {"inputs": {"mask": named["mask"]}}
    )


def test_columns_without_names_and_models_without_a_signature(side: Any) -> None:
    unnamed = side.pyfunc(side.Schema([side.ColSpec(side.DataType.double), side.ColSpec(side.DataType.string)]))
    rows = [[1, "x"], [2, "y"]]
    assert side.same(unnamed, "rows", {"input_data": rows}, {"dataframe_split": {"data": rows}})
    assert side.same(unnamed, "split", {"input_data": {"data": rows}}, {"dataframe_split": {"data": rows}})
    free = side.pyfunc(None)
    table = {"columns": ["a", "b"], "data": rows}
    assert side.same(free, "a table", {"input_data": table}, {"dataframe_split": table})
    assert side.same(free, "rows", {"input_data": [[1, 2]]}, {"inputs": [[1, 2]]})
    single = side.pyfunc(side.Schema([side.ColSpec(side.DataType.long, "n")]))
    assert side.same(
        single,
        "values of one column",
        {"input_data": [1, 2]},
        {"dataframe_split": {"columns": ["n"], "data": [[1], [2]]}},
    )


def test_params_are_cast_too(side: Any) -> None:
    params = side.ParamSchema(
        [
            side.ParamSpec("factor", side.DataType.double, 1.0),
            side.ParamSpec("names", side.DataType.string, ["a"], shape=(-1,)),
        ]
    )
    model = side.pyfunc(side.Schema([side.ColSpec(side.DataType.double, "a")]), params)
    table = {"columns": ["a"], "data": [[1]]}
    for given in (
        None,
        {},
        {"factor": 2},
        {"factor": "x"},
        {"names": ["b", "c"]},
        {"other": 1},
        {"factor": 2, "names": []},
    ):
        side.same(
            model, f"{given}", {"input_data": table, "params": given}, {"dataframe_split": table, "params": given}
        )
    assert side.ours(model, {"input_data": table, "params": {"factor": 2}})[1] == {"factor": 2.0, "names": ["a"]}


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x\n2,y\n",
        "a,b\n1.5,2\n",
        "a\n1\n",
        "a,b\nz,x\n",
        "",
        "b,a\nx,1\n",
        "a,b,c\n1,x,3\n",
        "a,b\n,x\n",
        "\xff",
    ],
)
@pytest.mark.parametrize("typed", [True, False])
def test_csv(side: Any, text: str, typed: bool) -> None:
    schema = (
        side.Schema([side.ColSpec(side.DataType.double, "a"), side.ColSpec(side.DataType.string, "b")])
        if typed
        else None
    )
    model, body = side.pyfunc(schema), text.encode("latin-1")
    theirs = side.mlflows(model, body, "text/csv")
    assert side.ours(model, body, "text/csv") == theirs
    assert (theirs == 400) == (text in ("", "\xff") or (typed and text in ("a\n1\n", "a,b\nz,x\n")))


def test_moments_with_a_time_zone_are_taken_as_utc(side: Any) -> None:
    """MLflow's parser keeps the zone, which its check then refuses."""
    model = side.pyfunc(side.Schema([side.ColSpec(side.DataType.datetime, "day")]))
    for day in ("2024-03-01T00:00:00Z", "2024-03-01T02:00:00+02:00", "2024-03-01"):
        shown = side.ours(model, {"input_data": [{"day": day}]})[0]["day"]
        assert shown == ["datetime64[ns]", [repr(pd.Timestamp("2024-03-01"))]], day


BAD = [
    b"[]", b"{}", b"{", b"\xff", b'"text"', b'{"input_data": 3}', b'{"input_data": "x"}', b'{"input_data": null}',
    b'{"input_data": {"columns": ["a"], "data": [[1, 2]]}}', b'{"input_data": {"columns": ["a"], "data": 3}}',
    b'{"input_data": {"columns": ["z"], "data": [[1]]}}', b'{"input_data": [{"z": 1}]}',
    b'{"input_data": {"columns": ["a"], "data": [["x"]]}}', b'{"inputs": {"a": [1]}, "instances": []}', b'{"data": []}',
    b'{"dataframe_split": [1]}', b'{"dataframe_records": {"a": 1}}', b'{"dataframe_split": {"columns": ["a"]}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_what_does_not_fit_is_the_callers_mistake(side: Any, body: bytes) -> None:
    assert side.ours(side.pyfunc(side.Schema([side.ColSpec(side.DataType.double, "a")])), body) == 400


def test_why_is_told_without_the_data(side: Any) -> None:
    model = MlflowModel(Path())
    model._pyfunc = side.pyfunc(side.Schema([side.ColSpec(side.DataType.double, "a")]))
    with pytest.raises(Rejected, match="The data does not fit the model's signature: Model is missing inputs") as error:
        model.answer(HttpRequest("POST", "/score", (), b'{"input_data": [{"secret": 77}]}'))
    assert "77" not in str(error.value)


RESULTS = [
    np.array([False, True]), np.array([[1.5, 2.5]]), np.array(["a"]), [1, 2], [np.float64(0.5)], {"a": 1}, "text", 3,
    None,
    pd.DataFrame({"out": [1, 2]}), pd.DataFrame({0: [1.5]}), pd.DataFrame({"a": [1], "b": ["x"]}), pd.Series([1, 2]),
    pd.Series([1.5], name="n"),
    np.float32(0.5), np.array([np.nan, np.inf]), {"p": np.array([0.1, 0.9])}, [{"a": np.int64(1)}],
    pd.DataFrame({"d": [pd.Timestamp("2026-01-02")]}),
    [datetime.date(2026, 1, 2)], np.array([b"x"]),
]  # fmt: skip


@pytest.mark.parametrize("result", RESULTS, ids=[repr(result)[:40] for result in RESULTS])
def test_predictions_are_written_as_mlflow_writes_them(side: Any, result: Any) -> None:
    model = side.pyfunc(None, impl=side.Answering(result))
    table = {"columns": ["a"], "data": [[1]]}
    theirs = side.mlflow_server.invocations(
        json.dumps({"dataframe_split": table}), side.JSON, model, None
    ).response.encode()
    served = MlflowModel(Path())
    served._pyfunc = model
    wrapped = served.answer(HttpRequest("POST", "/score", (), json.dumps({"dataframe_split": table}).encode()))
    bare = served.answer(HttpRequest("POST", "/score", (), json.dumps({"input_data": table}).encode()))
    assert wrapped.body == theirs
    assert b'{"predictions": %s}' % bare.body == theirs


@pytest.mark.parametrize(
    "error", [ValueError("secret"), KeyError("x"), SystemExit(2), KeyboardInterrupt(), TypeError("y")]
)
def test_a_model_that_fails_is_answered_with_500(side: Any, error: BaseException) -> None:
    served = MlflowModel(Path())
    served._pyfunc = side.pyfunc(None, impl=side.Answering(error))
    answer = served.answer(HttpRequest("POST", "/score", (), b'{"input_data": [[1]]}'))
    assert answer.status == 500
    assert b"secret" not in answer.body
