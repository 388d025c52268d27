"""Scoring script of an AutoML model: needs pandas, scikit-learn and the model's own booster, nothing else.

``run('{"data": [{"age": "60", …}]}')`` answers ``{"result": [false]}``. Every value may be text. With
``"method": "predict_proba"`` the result is a list of probabilities for each row, in the order of the model's classes.
"""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

model: Any = None
schema: Any = None


class BadInput(ValueError):
    """The request cannot be scored as it is: a client's mistake, status 400."""

    status_code = 400


def init() -> None:
    """Load the model and its columns from the folder of AZUREML_MODEL_DIR, or from beside this script."""
    global model, schema  # noqa: PLW0603 (the scoring contract, init() then run(), shares by global)
    folder = _model_folder()
    with (folder / "model.pkl").open("rb") as file:
        model = pickle.load(file)  # noqa: S301 (the model that this script belongs to)
    schema = json.loads((folder / "input_schema.json").read_text(encoding="utf-8"))


def run(data: Any) -> dict[str, Any]:
    """Score a request.

    Args:
        data: JSON text or the parsed object: ``{"data": [{column: value, …}, …], "method": "predict"}``.

    Returns:
        ``{"result": [...]}`` with one entry for each row.

    Raises:
        BadInput: unknown columns, values that do not fit their column, or no rows.
    """
    request = json.loads(data) if isinstance(data, (str, bytes, bytearray)) else data
    if not isinstance(request, dict) or "data" not in request:
        raise BadInput('The request must be {"data": [{column: value, ...}, ...]}.')
    frame = to_frame(request["data"], schema)
    method = request.get("method", "predict")
    if method not in ("predict", "predict_proba") or not hasattr(model, method):
        raise BadInput(f"method {method!r} is not one of this model's.")
    try:
        scored = getattr(model, method)(frame)
    except ValueError as error:
        if schema["task"] == "forecasting":
            raise BadInput(str(error)) from None
        raise
    return {"result": [_plain(value) for value in scored.tolist()]}


def to_frame(rows: Any, schema: dict[str, Any]) -> Any:
    """The rows as a frame with the training table's columns and types; what a row leaves out is missing."""
    rows = [rows] if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadInput("data must be a list with one object for each row.")
    columns = schema["columns"]
    names = [column["name"] for column in columns]
    unknown = sorted({name for row in rows for name in row} - set(names) - set(schema["ignored"]))
    if unknown:
        raise BadInput(f"Unknown column {', '.join(map(repr, unknown))}. The model's columns: {', '.join(names)}.")
    for name in schema["required"]:
        if any(_is_missing(row.get(name)) for row in rows):
            raise BadInput(f"Column {name!r} must be given in each row.")
    return pd.DataFrame(
        {column["name"]: _column([row.get(column["name"]) for row in rows], column) for column in columns}
    )


def _column(values: list[Any], column: dict[str, str]) -> Any:
    convert = _CONVERT[column["role"]]
    converted = []
    for value in values:
        try:
            converted.append(None if _is_missing(value) else convert(value))
        except (TypeError, ValueError):
            raise BadInput(f"Column {column['name']!r} takes a {column['role']}, not {value!r}.") from None
    if column["role"] == "category":
        return pd.Series(converted, dtype=object)
    if column["role"] == "date":
        return pd.to_datetime(pd.Series(converted, dtype=object), utc=True)
    return pd.Series(converted, dtype=float)


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("", "nan", "null")
    return value is None or bool(value != value)


def _number(value: Any) -> float:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return float(value.strip().lower() == "true")
    return float(value)


def _boolean(value: Any) -> float:
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("true", "yes"):
            return 1.0
        if word in ("false", "no"):
            return 0.0
        value = float(word)
    if value not in (0, 1):
        raise ValueError(value)
    return float(value)


def _date(value: Any) -> Any:
    return pd.Timestamp(value)


def _text(value: Any) -> str:
    return str(value)


_CONVERT: dict[str, Callable[[Any], Any]] = {"number": _number, "boolean": _boolean, "date": _date, "category": _text}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value


def _model_folder() -> Path:
    places = [Path(__file__).resolve().parent]
    given = os.environ.get("AZUREML_MODEL_DIR")
    if given:
        places = [Path(given), *sorted(path for path in Path(given).glob("*") if path.is_dir()), *places]
    for place in places:
        if (place / "model.pkl").is_file() and (place / "input_schema.json").is_file():
            return place
    raise FileNotFoundError(f"No folder with model.pkl and input_schema.json in {', '.join(map(str, places))}.")
