"""A model's signature as JSON schemas, for every type that MLflow knows: what is told is valid, and its own example fits it."""

from __future__ import annotations

import importlib
import json
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

from orchestrator.workspace.serving.scoring.http import HttpRequest
from orchestrator.workspace.serving.scoring.mlflow_model import MlflowModel
from orchestrator.workspace.serving.scoring.signature import schemas
from orchestrator.workspace.serving.scoring.swagger import Documents


def written(folder: Path, **signature: Any) -> Path:
    """An MLmodel file with a signature as MLflow writes it."""
    dumped = {name: json.dumps(part) for name, part in signature.items()}
    (folder / "MLmodel").write_text(yaml.safe_dump({"signature": dumped}))
    return folder


@pytest.fixture(scope="module")
def side() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("tests.unit.workspace.mlflow_side")


def test_every_type_of_column(side: Any, tmp_path: Path) -> None:
    for name, kind in side.COLUMNS.items():
        for columns in (
            [side.ColSpec(kind, "a")],
            [side.ColSpec(kind)],
            [side.ColSpec(kind, "a"), side.ColSpec("long", "n")],
        ):
            parts = side.Schema(columns).to_dict()
            takes, gives = schemas(written(tmp_path, inputs=parts, outputs=parts))
            jsonschema.validate(takes["example"], takes)
            split = takes["example"]["input_data"]
            assert split["columns"] == [column.get("name", "0") for column in parts], name
            assert gives["type"] == "array"


def test_tensors_and_params(side: Any, tmp_path: Path) -> None:
    for kind in ("bool", "int8", "uint64", "float16", "float64", "str", "datetime64[ns]"):
        tensor = side.TensorSpec(np.dtype(kind), (-1, 2, 3))
        takes, gives = schemas(
            written(tmp_path, inputs=side.Schema([tensor]).to_dict(), outputs=side.Schema([tensor]).to_dict())
        )
        jsonschema.validate(takes["example"], takes)
        assert np.shape(takes["example"]["input_data"]) == (1, 2, 3), kind
        assert gives["items"]["items"]["type"] == "array"
    named = side.Schema(
        [side.TensorSpec(np.dtype("int32"), (-1,), "x"), side.TensorSpec(np.dtype("str"), (-1, 1), "s")]
    )
    params = side.ParamSchema(
        [side.ParamSpec("factor", "double", 1.5), side.ParamSpec("names", "string", ["a"], shape=(-1,))]
    )
    takes, _ = schemas(written(tmp_path, inputs=named.to_dict(), params=params.to_dict()))
    jsonschema.validate(takes["example"], takes)
    assert takes["example"] == {"input_data": {"x": [0], "s": [[""]]}, "params": {"factor": 1.5, "names": ["a"]}}


@pytest.mark.parametrize(
    "text", ["", "signature: {inputs: '[', outputs: '3'}", "signature: {inputs: '[{}]'}", "[1]", "flavors: {}"]
)
def test_a_model_without_a_readable_signature_takes_and_gives_objects(tmp_path: Path, text: str) -> None:
    (tmp_path / "MLmodel").write_text(text)
    for version in ("2", "3", "3.1"):
        answer = Documents(tmp_path, *schemas(tmp_path)).answer(HttpRequest("GET", f"/swagger.json?version={version}"))
        assert answer.status == 200
        assert json.loads(answer.body)["info"]["title"] == "ML service"


def test_a_model_says_it_without_being_loaded_for_it(tmp_path: Path) -> None:
    """Models of AutoML load MLflow, which is large, only when somebody sends them MLflow's words."""
    written(tmp_path, inputs=[{"type": "double", "name": "a"}])
    (tmp_path / "scoring_file_v1.py").write_text("def init(): pass\ndef run(data): return []\n")
    model = MlflowModel(tmp_path)
    model.load()
    body = json.loads(model.swagger(HttpRequest("GET", "/swagger.json")).body)
    example = body["definitions"]["ServiceInput"]["example"]
    assert example == {"input_data": {"columns": ["a"], "index": [0], "data": [[0.0]]}}
    assert model._pyfunc is None
