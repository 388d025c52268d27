"""Requests to MLflow models in all the forms that callers think of, ours beside MLflow's. Runs under any MLflow from 2 on.

As a program it prints what differs, as JSON: ``python -m tests.unit.workspace.mlflow_table``.
"""

from __future__ import annotations

import itertools
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from tests.unit.workspace import mlflow_side as side
from tests.unit.workspace.mlflow_side import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

NAN = float("nan")


def models() -> dict[str, Any]:
    """A model for each form of signature."""
    double, text = DataType.double, DataType.string
    params = ParamSchema(
        [
            ParamSpec("factor", double, 1.0),
            ParamSpec("count", DataType.integer, 1),
            ParamSpec("flag", DataType.boolean, False),
            ParamSpec("names", text, ["a"], shape=(-1,)),
        ]
    )
    return {
        "doubles": side.pyfunc(Schema([ColSpec(double, "a"), ColSpec(double, "b")])),
        "one column": side.pyfunc(Schema([ColSpec(double, "a")])),
        "mixed": side.pyfunc(
            Schema([ColSpec(DataType.long, "n"), ColSpec(text, "s"), ColSpec(DataType.boolean, "flag")])
        ),
        "optional": side.pyfunc(Schema([ColSpec(double, "a"), ColSpec(double, "b", required=False)])),
        "dates and bytes": side.pyfunc(
            Schema([ColSpec(DataType.datetime, "day"), ColSpec(DataType.binary, "raw", required=False)])
        ),
        "unnamed": side.pyfunc(Schema([ColSpec(double), ColSpec(double)])),
        "tensor": side.pyfunc(Schema([TensorSpec(np.dtype("float32"), (-1, -1))])),
        "deep tensor": side.pyfunc(Schema([TensorSpec(np.dtype("int64"), (-1, 2, -1))])),
        "named tensors": side.pyfunc(
            Schema([TensorSpec(np.dtype("int32"), (-1, 2), "x"), TensorSpec(np.dtype("float64"), (-1,), "w")])
        ),
        "params": side.pyfunc(Schema([ColSpec(double, "a")]), params),
        "no signature": side.pyfunc(None),
    }


PLAIN = [
    [[1, 2], [3, 4]], [[1.5, 2], [3, 4]], [[1]], [[1], [2]], [1, 2], [1], 1, "x", [], [[]], {}, None, [None], [[None, 1]],
    [[NAN, 1]], [["x", "y"]], [[True, False]], [[1, "x", True]], [[[1, 2], [3, 4]]], [[[1], [2]], [[3],
    [4]]], [[1, 2], [3]], [[1, 2, 3]],
    {"a": [1, 2], "b": [3, 4]}, {"a": [1, 2], "b": [3]}, {"a": 1, "b": 2}, {"a": [1]},
    {"a": [NAN], "b": [None]}, {"a": [[1, 2]], "b": [1]},
    {"a": [1], "b": [2], "c": [3]}, {"n": [1], "s": ["x"], "flag": [True]},
    {"n": ["1"], "s": [2], "flag": [0]}, {"day": ["2024-03-01"]},
    {"day": ["2024-03-01T10:00:00"], "raw": ["aGk="]}, {"day": ["soon"]}, {"day": [1709251200]},
    {"day": ["2024-03-01"], "raw": ["%%"]},
    {"x": [[1, 2]], "w": [0.5]}, {"x": [[1, 2], [3, 4]], "w": [1, 2]}, {"x": [[1, 2, 3]], "w": [0.5]},
    {"x": [[1.5, 2]], "w": [1]}, {"x": [[1, 2]]},
    [{"a": 1, "b": 2}, {"a": 3, "b": 4}], [{"a": 1},
    {"b": 2}], [{"a": 1, "b": None}], [{"a": 1, "b": 2, "c": 3}], [{"a": NAN, "b": 1}],
    [{"n": 1, "s": "x", "flag": True}], [{"n": 1.5, "s": "x", "flag": True}],
    [{"n": None, "s": None, "flag": None}], [{"day": "2024-03-01"}],
    [{"x": [1, 2], "w": 0.5}], [{"a": {"deep": 1}, "b": 2}], [{}],
]  # fmt: skip
"""Values of ``inputs`` and ``instances``."""

SPLITS = [
    {"columns": ["a", "b"], "data": [[1, 2]]}, {"columns": ["b", "a"], "data": [[1, 2]]},
    {"columns": ["a", "b", "c"], "data": [[1, 2, 3]]},
    {"columns": ["a"], "data": [[1]]}, {"columns": ["a"], "data": []}, {"columns": [], "data": []},
    {"columns": ["a", "b"], "data": [[None, NAN]]},
    {"columns": ["a", "b"], "index": [5, 7], "data": [[1, 2], [3, 4]]},
    {"columns": ["a", "b"], "index": [5], "data": [[1, 2], [3, 4]]},
    {"columns": ["a", "a"], "data": [[1, 2]]}, {"columns": ["a", "b"], "data": [["1", "2"]]},
    {"columns": ["a", "b"], "data": [["x", 2]]},
    {"columns": ["n", "s", "flag"], "data": [[1, "x", True], [2, "y", False]]},
    {"columns": ["n", "s", "flag"], "data": [[2**63, "x", True]]},
    {"columns": ["n", "s", "flag"], "data": [[1, "x", "true"]]}, {"columns": ["n", "s", "flag"], "data": [[1, "x", 1]]},
    {"columns": ["day"], "data": [["2024-03-01"], ["2024-03-02"]]}, {"columns": ["day", "raw"], "data": [["2024-03-01", "aGk="]]},
    {"columns": ["day", "raw"], "data": [["2024-03-01", None]]}, {"columns": ["day", "raw"], "data": [["2024-03-01", 5]]},
    {"columns": ["day"], "data": [[None]]}, {"columns": ["x", "w"], "data": [[[1, 2], 0.5]]},
]  # fmt: skip
"""Values of ``dataframe_split`` and of ``input_data``."""

PARAMS = [
    None, {}, {"factor": 2}, {"factor": 2.5}, {"factor": "x"}, {"factor": None}, {"factor": [1]}, {"count": 2}, {"count": 2.5},
    {"count": 2**40},
    {"count": True}, {"flag": True}, {"flag": 1}, {"flag": "true"}, {"names": ["b"]}, {"names": "b"}, {"names": []}, {"names": [1]},
    {"names": [["b"]]}, {"other": 1}, {"factor": 2, "other": 1}, [], "x",
]  # fmt: skip

BOTH = [
    {"inputs": [1], "instances": [1]}, {"dataframe_split": SPLITS[0], "inputs": [1]}, {"inputs": [[1, 2]], "unknown": 1},
    {"dataframe_records": [{"a": 1, "b": 2}], "signature_name": "x"}, {"inputs": [[1, 2]], "signature_name": "x"},
]  # fmt: skip


def pairs(name: str) -> Iterator[tuple[Any, Any]]:
    """Bodies: ours and MLflow's of the same meaning."""
    for value in PLAIN:
        for key in ("inputs", "instances") if isinstance(value, list) else ("inputs",):
            yield {key: value}, {key: value}
        if isinstance(value, list):
            yield {"dataframe_records": value}, {"dataframe_records": value}
    for split in SPLITS:
        yield {"dataframe_split": split}, {"dataframe_split": split}
        yield {"input_data": split}, {"dataframe_split": split}
    for body in BOTH:
        yield body, body
    if name == "params":
        for given, (key, value) in itertools.product(PARAMS, (("dataframe_split", SPLITS[3]), ("inputs", {"a": [1]}))):
            yield {key: value, "params": given}, {key: value, "params": given}


def without_long_messages(put: Callable[..., None] = setattr) -> None:
    """Let MLflow not draw each table that it refuses: that takes half of the time."""
    put(pd.DataFrame, "__repr__", lambda self: "a table")


def differences() -> tuple[list[str], int]:
    """Where our answers, status or values, are not MLflow's, and how many requests had an answer."""
    found, answered = [], 0
    for name, model in models().items():
        for ours, theirs in pairs(name):
            expected, got = side.mlflows(model, theirs), side.ours(model, ours)
            if not isinstance(expected, int):
                answered += 1
                expected = expected["predictions"] if "input_data" in ours else expected
            if not _equal(expected, got):
                found.append(f"{name}: {ours}: MLflow {expected}, ours {got}")
    return found, answered


def _equal(one: Any, other: Any) -> bool:
    return json.dumps(one) == json.dumps(other)  # NaN is equal to itself there


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    without_long_messages()
    sys.stdout.write(json.dumps(differences()))
