"""What an MLflow model is given, from a request's JSON or CSV: typed by the model's signature as MLflow's own scoring server does.

The casting is MLflow's, of the version in the deployment's environment (``mlflow.utils.proto_json_utils``), so that it fits the
checks that the same MLflow makes in ``predict()``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from .answers import Rejected

AZURE_KEY = "input_data"
MLFLOW_KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")
"""Source: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#json-input"""

_SPLIT = frozenset({"columns", "index", "data"})


def from_azure(data: Any, schema: Any) -> Any:
    """The value of ``input_data``: a table as ``{columns, index, data}``, records, rows, or named or plain tensors.

    Args:
        schema: of the model's inputs, as MLflow has it; None if the model has no signature.

    Raises:
        Rejected: it is none of these, or does not fit the signature.
    """
    if isinstance(data, dict) and "data" in data and _SPLIT.issuperset(data):
        return _checked(lambda: _table(_with_names(data, schema), "split", schema))
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        return _checked(lambda: _table(data, "records", schema))
    if schema is not None and (schema.is_tensor_spec() or not isinstance(data, (dict, list))):
        return _checked(lambda: _tensors({"inputs": data}, schema))
    if isinstance(data, dict):
        # Columns by name; one value for each is one row.
        return _checked(lambda: _cast(_frame(data), schema))
    if not isinstance(data, list):
        raise Rejected(400, '\'input_data\' must be {"columns", "index", "data"}, a list of records or a list of rows.')
    if schema is None:
        return _checked(lambda: _array(data))
    rows = {"columns": None, "data": data}
    return _checked(lambda: _table(_with_names(rows, schema), "split", schema))


def from_mlflow(body: Mapping[str, Any], schema: Any) -> Any:
    """The value of the one of MLflow's own keys that the body has.

    Raises:
        Rejected: it has several, or the value does not fit the key or the signature.
    """
    given = [key for key in MLFLOW_KEYS if key in body]
    if len(given) != 1:
        raise Rejected(400, f"Send one of {', '.join(MLFLOW_KEYS)}, not {' and '.join(given)}.")
    key = given[0]
    if key.startswith("dataframe_"):
        return _checked(lambda: _table(body[key], key[len("dataframe_") :], schema))
    return _checked(lambda: _tensors({key: body[key]}, schema))


def from_csv(body: bytes, schema: Any) -> Any:
    """A table with a header line.

    Raises:
        Rejected: it is none, or does not fit the signature.
    """
    import pandas as pd  # heavy, and there wherever MLflow models are

    types = dict(zip(schema.input_names(), schema.pandas_types())) if schema is not None else None
    return _checked(lambda: pd.read_csv(io.StringIO(body.decode()), dtype=types))


def rejection(error: Exception) -> Rejected | None:
    """What MLflow says to data that does not fit the model's signature. It quotes the whole table, which the caller has."""
    status_of = getattr(error, "get_http_status_code", None)
    if not callable(status_of) or not 400 <= status_of() < 500:
        return None
    quoted, mark, why = str(error).partition("'. Error: ")
    return Rejected(400, f"The data does not fit the model's signature: {why}" if mark else quoted)


def _checked(parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except Rejected:
        raise
    except Exception as error:  # pandas, numpy and MLflow raise many kinds for what does not fit
        raise rejection(error) or Rejected(400, f"The data is not what the model takes: {error}") from error


def _table(data: Any, orient: str, schema: Any) -> Any:
    json_utils = _json_utils()
    if hasattr(json_utils, "dataframe_from_parsed_json"):
        return _naive(json_utils.dataframe_from_parsed_json(data, pandas_orient=orient, schema=schema), schema)
    import pandas as pd

    frame = pd.DataFrame(**data) if orient == "split" else pd.DataFrame(data)
    return _cast(frame, schema)


def _tensors(data: Mapping[str, Any], schema: Any) -> Any:
    return _json_utils().parse_tf_serving_input(data, schema=schema)


def _frame(columns: Mapping[str, Any]) -> Any:
    import pandas as pd

    if any(isinstance(values, list) for values in columns.values()):
        return pd.DataFrame(columns)
    return pd.DataFrame([columns])


def _array(rows: list[Any]) -> Any:
    import numpy as np  # comes with pandas

    return np.asarray(rows)


def _cast(frame: Any, schema: Any) -> Any:
    if schema is None:
        return frame
    cast = getattr(_json_utils(), "cast_df_types_according_to_schema", None)
    if cast is not None:
        return _naive(cast(frame, schema), schema)
    # MLflow 1: names and types only, nothing nested.
    names = schema.input_names() if schema.has_input_names() else list(frame.columns)
    for name, kind in zip(names, schema.pandas_types()):
        if name in frame.columns:
            frame[name] = frame[name].astype(kind)
    return frame


def _naive(frame: Any, schema: Any) -> Any:
    """Moments with a time zone as UTC without one: MLflow's check of dates takes no others, and models are trained so."""
    if schema is None:
        return frame
    for name, kind in frame.dtypes.items():
        if getattr(kind, "tz", None) is not None:
            frame[name] = frame[name].dt.tz_convert("UTC").dt.tz_localize(None)
    return frame


def _with_names(split: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    """Rows without columns get the signature's, if it has names and as many."""
    if split.get("columns") is not None or schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return split
    names = schema.input_names()
    rows = split["data"]
    if isinstance(rows, list) and rows and not isinstance(rows[0], list) and len(names) == 1:
        rows = [[value] for value in rows]
    return {**split, "columns": names, "data": rows}


def _json_utils() -> Any:
    import mlflow.utils.proto_json_utils as json_utils  # the model was loaded by it

    return json_utils
