"""MLflow's own scoring server beside ours. Imports MLflow, so import it where it is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow.pyfunc.scoring_server as mlflow_server
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.pyfunc import PyFuncModel
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property

from orchestrator.workspace.serving.scoring.answers import Rejected
from orchestrator.workspace.serving.scoring.http import HttpRequest
from orchestrator.workspace.serving.scoring.mlflow_model import MlflowModel

JSON = "application/json"
__all__ = ["ColSpec", "DataType", "ParamSchema", "ParamSpec", "Schema", "TensorSpec"]


COLUMNS = {
    "boolean": DataType.boolean,
    "integer": DataType.integer,
    "long": DataType.long,
    "float": DataType.float,
    "double": DataType.double,
    "string": DataType.string,
    "binary": DataType.binary,
    "datetime": DataType.datetime,
    "array": Array(DataType.double),
    "array of arrays": Array(Array(DataType.long)),
    "object": Object([Property("x", DataType.double), Property("y", DataType.string, required=False)]),
    "map": Map(DataType.double),
    "any": AnyType(),
}


class Echo:
    """Answers with what it got, types and all."""

    def predict(self, data: Any, params: Any = None) -> Any:
        return [_shown(data), params]


def _shown(data: Any) -> Any:
    if isinstance(data, pd.DataFrame):
        return {
            str(name): [str(column.dtype), [_shown(value) for value in column.tolist()]]
            for name, column in data.items()
        }
    if isinstance(data, np.ndarray):
        return [str(data.dtype), data.shape, repr(data.tolist())]
    if isinstance(data, dict):
        return {name: _shown(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_shown(value) for value in data]
    return repr(data)


def pyfunc(inputs: Schema | None, params: ParamSchema | None = None, impl: Any = None) -> PyFuncModel:
    signature = ModelSignature(inputs=inputs, params=params) if inputs is not None or params is not None else None
    flavors = {"python_function": {"loader_module": "none"}}
    return PyFuncModel(model_meta=Model(signature=signature, flavors=flavors), model_impl=impl or Echo())


def ours(model: PyFuncModel, body: Any, kind: str = JSON) -> Any:
    """Our answer; the status alone where there is none."""
    served = MlflowModel(Path())
    served._pyfunc = model
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        answer = served.answer(HttpRequest("POST", "/score", (("content-type", kind),), sent))
    except Rejected as error:
        return error.status
    return json.loads(answer.body) if answer.status == 200 else answer.status


def mlflows(model: PyFuncModel, body: Any, kind: str = JSON) -> Any:
    """What MLflow's own scoring server answers."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        answer = mlflow_server.invocations(sent, kind, model, model.metadata.get_input_schema())
    except MlflowException as error:
        return error.get_http_status_code()
    return json.loads(answer.response)


class Answering:
    def __init__(self, result: Any) -> None:
        self.result = result

    def predict(self, data: Any, params: Any = None) -> Any:
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


def same(model: PyFuncModel, name: str, our_body: Any, their_body: Any) -> bool:
    """Compare. Returns whether it was an answer."""
    theirs, our = mlflows(model, their_body), ours(model, our_body)
    if isinstance(theirs, int):
        assert our in (400, 500), (name, theirs, our)
        return False
    assert our == (theirs["predictions"] if "input_data" in our_body else theirs), name
    return True
