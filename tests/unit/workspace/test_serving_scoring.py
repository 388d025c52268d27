"""Entry scripts and MLflow models: what a scoring server makes of a body, and of what model code returns."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.workspace.serving.scoring.answers import Rejected
from orchestrator.workspace.serving.scoring.http import HttpRequest
from orchestrator.workspace.serving.scoring.mlflow_model import MlflowModel
from orchestrator.workspace.serving.scoring.model import UnusableModel
from orchestrator.workspace.serving.scoring.script import MODULE_NAME, EntryScript


def post(body: bytes) -> HttpRequest:
    return HttpRequest("POST", "/score", (("content-type", "application/json"),), body)


@pytest.fixture(autouse=True)
def _path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before
    sys.modules.pop(MODULE_NAME, None)


def script(folder: Path, text: str) -> EntryScript:
    path = folder / "score.py"
    path.write_text(text)
    return EntryScript(path)


def test_init_runs_once_and_run_gets_the_text(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("value = 7")
    text = """import helper
count = 0
def init():
    global count
    count += 1
def run(raw):
    return [count, raw, helper.value]
"""
    model = script(tmp_path, text)
    model.load()
    assert json.loads(model.answer(post(b"{}")).body) == json.loads(model.answer(post(b"{}")).body) == [1, "{}", 7]
    with pytest.raises(Rejected, match="UTF-8") as error:
        model.answer(post(b"\xff"))
    assert error.value.status == 400


@pytest.mark.parametrize(
    ("text", "says", "why"),
    [
        ("def init(): pass", "no function run", "nothing to call"),
        ("def run(data): pass", "no function init", "Microsoft's server does not start it"),
        ("init = 1\ndef run(data): pass", "no function init", "not callable"),
        ("def init(): pass\nasync def run(data): pass", "coroutine", "never awaited"),
        ("def init(): pass\ndef run(*data): pass", "positional-only arguments", "called by name"),
        ("def init(): pass\ndef run(): pass", "an argument for input data", "takes nothing"),
        ("def init(): pass\ndef run(request_headers): pass", "an argument for input data", "takes headers only"),
        ("from azureml_inference_server_http.api.aml_request import rawhttp\ndef init(): pass\n@rawhttp\ndef run(r): pass",
         "score.py uses @rawhttp, which needs the package azureml-inference-server-http", "the package is not there"),
        ("from azureml.contrib.services.aml_request import rawhttp", "score.py uses @rawhttp", "its older name"),
    ],
)  # fmt: skip
def test_scripts_that_cannot_be_served_say_why(tmp_path: Path, text: str, says: str, why: str) -> None:
    with pytest.raises(UnusableModel, match=says):
        script(tmp_path, text).load()


def test_a_missing_script_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match="no scoring script"):
        EntryScript(tmp_path / "absent.py").load()


def test_a_model_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match="MLmodel"):
        MlflowModel(tmp_path).load()


def test_data_goes_to_the_script_that_automl_left(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "scoring_file_v_1_0_0.py").write_text(
        "import json\n"
        "class BadInput(ValueError):\n    status_code = 400\n"
        "def init(): pass\n"
        "def run(data):\n"
        "    rows = json.loads(data)['data']\n"
        "    if rows == 'bad':\n        raise BadInput('no rows')\n"
        "    return {'result': [len(rows), 1 / rows[0]['age']]}\n"
    )
    model = MlflowModel(tmp_path)
    model.load()
    assert model.answer(post(b'{"data": [{"age": 1}]}')).body == b'{"result": [1, 1.0]}'
    with pytest.raises(Rejected, match="no rows"):
        model.answer(post(b'{"data": "bad"}'))
    assert model.answer(post(b'{"data": [{"age": 0}]}')).status == 500
