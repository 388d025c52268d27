"""Entry scripts and MLflow models: what a scoring server makes of a body, and of what model code returns."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestrator.workspace.serving.scoring.answers import Rejected, answer_of
from orchestrator.workspace.serving.scoring.mlflow_model import MlflowModel
from orchestrator.workspace.serving.scoring.script import MODULE_NAME, EntryScript, UnusableModel


class Response:
    """What Flask and AMLResponse look like."""

    status_code = 418
    headers = {"Content-Type": "text/plain", "X-Kind": "teapot", "Content-Length": "999"}  # noqa: RUF012

    def get_data(self) -> bytes:
        return b"short and stout"


@pytest.fixture(autouse=True)
def _path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before
    sys.modules.pop(MODULE_NAME, None)


@pytest.mark.parametrize(
    ("result", "body", "why"),
    [
        ({"a": 1}, {"a": 1}, "plain data"),
        ([1, 2], [1, 2], "a bare list"),
        ('{"a": 1}', {"a": 1}, "JSON text goes out as it is"),
        ("hello", "hello", "other text is a JSON string"),
        (None, None, "None is null"),
        (np.array([1.5, 2.5]), [1.5, 2.5], "arrays"),
        ({"p": np.float32(0.5), "q": np.int64(3), "r": np.bool_(True)}, {"p": 0.5, "q": 3, "r": True}, "numpy scalars inside"),
        (pd.DataFrame({"a": [1, 2]}), [{"a": 1}, {"a": 2}], "frames become records"),
        (pd.Series([1, 2]), [1, 2], "series become lists"),
        ({"d": datetime.date(2026, 1, 2)}, {"d": "2026-01-02"}, "dates"),
        ({"s": {3}}, {"s": [3]}, "sets"),
        (b'{"a": 1}', {"a": 1}, "bytes"),
    ],
)  # fmt: skip
def test_results_become_json(result: Any, body: Any, why: str) -> None:
    answer = answer_of(result)
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(answer.body) == body, why


@pytest.mark.parametrize(
    ("result", "why"),
    [(object(), "no JSON form"), (float("nan"), "JSON has no NaN"), ({"a": {1: object()}}, "deep inside")],
)
def test_results_without_a_json_form_are_told_apart(result: Any, why: str) -> None:
    with pytest.raises(Rejected, match="cannot be written as JSON") as error:
        answer_of(result)
    assert error.value.status == 500, why


def test_a_response_object_decides_for_itself() -> None:
    answer = answer_of(Response())
    assert (answer.status, answer.body, answer.content_type) == (418, b"short and stout", "text/plain")
    assert answer.headers == (("X-Kind", "teapot"),)


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
    assert json.loads(model.answer(b"{}").body) == json.loads(model.answer(b"{}").body) == [1, "{}", 7]
    with pytest.raises(Rejected, match="UTF-8") as error:
        model.answer(b"\xff")
    assert error.value.status == 400


@pytest.mark.parametrize(
    ("text", "says", "why"),
    [
        ("def init(): pass", "no function run", "nothing to call"),
        ("async def run(data): pass", "coroutine", "never awaited"),
        ("def rawhttp(f): return f\nrawhttp.__module__ = 'azureml.contrib.services.aml_request'\n@rawhttp\ndef run(r): pass",
         "rawhttp", "there is no HTTP request to hand over"),
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


class Recorder:
    """A pyfunc that answers what it got.

    Args:
        schema: of its inputs, as its signature says.
    """

    def __init__(self, schema: Any = None) -> None:
        self.metadata = SimpleNamespace(get_input_schema=lambda: schema)

    def predict(self, table: Any, params: Any = None) -> Any:
        if isinstance(table, pd.DataFrame):
            return pd.DataFrame({"out": [list(row) for row in table.to_numpy().tolist()]})
        return table * 2


@pytest.mark.parametrize(
    ("data", "answer", "why"),
    [
        ({"columns": ["a", "b"], "index": [0], "data": [[1, 2]]}, [[1, 2]], "the service's split form"),
        ({"columns": ["a"], "data": [[1], [2]]}, [[1], [2]], "without an index"),
        ([{"a": 1, "b": 2}], [[1, 2]], "records"),
        ([[1, 2], [3, 4]], [[2, 4], [6, 8]], "rows, for models of arrays"),
    ],
)
def test_input_data_is_answered_with_a_bare_list(tmp_path: Path, data: Any, answer: Any, why: str) -> None:
    model = MlflowModel(tmp_path)
    model._pyfunc = Recorder()
    assert json.loads(model.answer(json.dumps({"input_data": data}).encode()).body) == answer, why


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"{", b'{"input_data": 3}', b'{"input_data": {"columns": ["a"], "data": [[1, 2]]}}']
)
def test_a_body_that_does_not_fit_is_the_callers_mistake(tmp_path: Path, body: bytes) -> None:
    model = MlflowModel(tmp_path)
    model._pyfunc = Recorder()
    with pytest.raises(Rejected) as error:
        model.answer(body)
    assert error.value.status == 400


DATED = SimpleNamespace(
    has_input_names=lambda: True,
    inputs=[
        SimpleNamespace(name="date", type=SimpleNamespace(name="datetime")),
        SimpleNamespace(name="shop", type=SimpleNamespace(name="string")),
    ],
)
"""Has the shape of MLflow's schema."""


def test_text_in_a_column_of_dates_becomes_dates(tmp_path: Path) -> None:
    model = MlflowModel(tmp_path)
    seen: list[Any] = []

    class Keeper(Recorder):
        def predict(self, table: Any, params: Any = None) -> Any:
            seen.append(table)
            return [1]

    model._pyfunc = Keeper(DATED)
    for day in ("2024-03-01", "2024-03-01T00:00:00Z"):
        model.answer(json.dumps({"input_data": [{"date": day, "shop": "A"}]}).encode())
        assert pd.api.types.is_datetime64_dtype(seen[-1]["date"]), "without a time zone, as models are trained"
        assert seen[-1]["date"][0].isoformat() == "2024-03-01T00:00:00"
    model.answer(b'{"input_data": [{"shop": "A"}]}')
    assert list(seen[-1].columns) == ["shop"], "what is missing is for the model to complain of"
    with pytest.raises(Rejected, match="'date' takes dates"):
        model.answer(b'{"input_data": [{"date": "soon", "shop": "A"}]}')


class SchemaError(Exception):
    """What MLflow raises."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self._status = status

    def get_http_status_code(self) -> int:
        return self._status


@pytest.mark.parametrize(
    ("error", "rejected", "why"),
    [
        (
            SchemaError(400, "Failed to enforce schema of data ' a 1' with schema '['b']'. Error: Model is missing inputs ['b']."),
            "The data does not fit the model's signature: Model is missing inputs ['b'].",
            "a table of another shape; its content is not sent back",
        ),
        (SchemaError(400, "params are wrong"), "params are wrong", "another mistake of the caller"),
        (SchemaError(500, "broken"), "", "a mistake of the model"),
        (ValueError("broken"), "", "the model's own code"),
    ],
)  # fmt: skip
def test_what_does_not_fit_a_signature_is_the_caller_s_mistake(
    tmp_path: Path, error: Exception, rejected: str, why: str
) -> None:
    def predict(table: Any) -> Any:
        raise error

    metadata = SimpleNamespace(get_input_schema=lambda: None)
    model = MlflowModel(tmp_path)
    model._pyfunc = SimpleNamespace(predict=predict, metadata=metadata)
    with pytest.raises(Rejected if rejected else type(error)) as raised:
        model.answer(b'{"input_data": [{"a": 1}]}')
    assert str(raised.value) == (rejected or "broken"), why
    assert getattr(raised.value, "status", 400) == 400


def test_data_goes_to_the_script_that_automl_left(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "scoring_file_v_1_0_0.py").write_text(
        "import json\ndef init(): pass\ndef run(data):\n    return {'result': [len(json.loads(data)['data'])]}\n"
    )
    model = MlflowModel(tmp_path)
    model.load()
    assert json.loads(model.answer(b'{"data": [{"age": "60"}]}').body) == {"result": [1]}
