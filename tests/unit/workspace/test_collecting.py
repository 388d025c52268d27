"""What online deployments collect: lines in the form of Azure's collector, from scripts, from MLflow models and from raw requests."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pandas
import pytest

from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.serving.collected_data import collections_of, config_variables, place_of, prepare
from orchestrator.workspace.serving.controller.release import release_of
from orchestrator.workspace.serving.scoring.answers import Answer
from orchestrator.workspace.serving.scoring.collected import Collected
from orchestrator.workspace.serving.scoring.collecting import Collector, Listener
from orchestrator.workspace.serving.scoring.http import HttpRequest
from orchestrator.workspace.serving.scoring.mlflow_model import MlflowModel

MOMENT = 1_900_000_000  # 2030-03-17 17:46:40 UTC


def deployment(**collector: Any) -> Record:
    body = {"data_collector": collector} if collector else {}
    return Record("online_endpoints.deployments", "online_endpoints.rents.deployments.blue", body=body)


def told(folder: Path, *names: str, rate: float = 1, rolling: str = "hour", headers: tuple[str, ...] = ()) -> Any:
    collections = {name: {"folder": str(folder / name), "rate": rate} for name in names}
    return {"source": "/s", "rolling_rate": rolling, "headers": list(headers), "collections": collections}


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(folder.rglob("*.jsonl")) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("rolling", "path"),
    [("day", "2030/03/17"), ("hour", "2030/03/17/17"), ("minute", "2030/03/17/17/46")],
)
def test_a_line_has_the_fields_of_azure_and_lies_in_a_folder_by_time(tmp_path: Path, rolling: str, path: str) -> None:
    collector = Collector(told(tmp_path, "model_inputs", rolling=rolling), "one")
    for _ in range(2):
        collector.write("model_inputs", [{"a": 1}], 9, {"time": MOMENT, "correlationid": "c"})
    file = tmp_path / "model_inputs" / path / "one.jsonl"
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert first.pop("id") != second.pop("id")
    assert first == second == {
        "specversion": "1.0",
        "source": "/s",
        "type": "azureml.inference.model_inputs",
        "datacontenttype": "application/json",
        "time": "2030-03-17T17:46:40Z",
        "data": [{"a": 1}],
        "contentrange": "bytes 0-8/9",
        "agent": "amlctl",
        "correlationid": "c",
    }  # fmt: skip


def test_half_a_line_of_a_killed_process_costs_no_other_line(tmp_path: Path) -> None:
    file = tmp_path / "x" / "2030/03/17/17" / "one.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"half')
    Collector(told(tmp_path, "x"), "one").write("x", [], 2, {"time": MOMENT})
    half, whole = file.read_text().splitlines()
    assert half == '{"half' and json.loads(whole)["data"] == []


def test_scripts_collect_with_the_package_of_azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = WorkspacePaths(tmp_path)
    store = RecordStore(paths)
    record = deployment(
        collections={
            "model_inputs": {"enabled": True},
            "model_outputs": {"enabled": "true", "data": {"name": "answers", "version": "7"}},
            "extra": {"enabled": "true", "sampling_rate": 0},
            "off": {"enabled": "false"},
        }
    )
    collections = collections_of(record)
    settings = prepare(paths, store, record, collections, tmp_path)
    for name, value in config_variables(tmp_path, collections).items():
        monkeypatch.setenv(name, value)
    for name in ("AZUREML_MDC_HOST", "AZUREML_MDC_PORT", "no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    listener = Listener(Collector(dict(settings), "one"))
    listener.start()
    from azureml.ai.monitoring import Collector as OfAzure

    refused: list[Exception] = []
    inputs, outputs, extra = (OfAzure(name=name) for name in ("model_inputs", "model_outputs", "extra"))
    off = OfAzure(name="off", on_error=refused.append)
    context = inputs.collect(pandas.DataFrame({"a": [1, 2], "b": ["x", None]}))
    outputs.collect(pandas.DataFrame({"y": [0.5, 1.5]}), context)
    for collector in (extra, off):
        collector.collect(pandas.DataFrame({"a": [1]}))
    listener.stop()
    place = tmp_path / "datastores/workspaceblobstore/modelDataCollector/rents/blue"
    (given,), (answered,) = lines(place / "model_inputs"), lines(place / "model_outputs")
    assert given["data"] == [{"a": 1, "b": "x"}, {"a": 2, "b": None}] and answered["data"] == [{"y": 0.5}, {"y": 1.5}]
    assert given["correlationid"] == answered["correlationid"] == given["xrequestid"]
    assert given["source"] == "/onlineEndpoints/rents/deployments/blue"
    assert given["agent"] == "azureml-ai-monitoring/1.0.0" and given["modelversion"] == "default"
    assert given["collectdatatype"].endswith("DataFrame")
    assert lines(place / "extra") == [] and not (place / "off").exists() and refused
    assert [(one.address, one.revision) for one in store.list("data")] == [
        ("data.rents-blue-model_inputs", "1"),
        ("data.answers", "7"),
        ("data.rents-blue-extra", "1"),
    ]


class Pyfunc:
    metadata = SimpleNamespace(get_input_schema=lambda: None)

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def predict(self, data: Any) -> Any:
        return self.answer


@pytest.mark.parametrize(
    ("predicted", "rows"),
    [
        (numpy.array([1, 0]), [{"0": 1}, {"0": 0}]),
        (pandas.DataFrame({"y": [1.5, None]}), [{"y": 1.5}, {"y": None}]),
        ([[1, 2], [3, 4]], [{"0": 1, "1": 2}, {"0": 3, "1": 4}]),
        (numpy.zeros((2, 2, 2)), None),
    ],
    ids=["array", "frame", "lists", "tensor"],
)
def test_mlflow_models_need_no_code(tmp_path: Path, predicted: Any, rows: Any) -> None:
    collector = Collector(told(tmp_path, "model_inputs", "model_outputs", headers=("X-Shop",)), "one")
    model = MlflowModel(Path(), collector)
    model._pyfunc = Pyfunc(predicted)
    body = json.dumps({"input_data": {"columns": ["a"], "index": [0, 1], "data": [[1], [2]]}}).encode()
    assert model.answer(HttpRequest("POST", "/score", (("x-request-id", "r1"), ("x-shop", "7")), body)).status == 200
    (given,) = lines(tmp_path / "model_inputs")
    assert given["data"] == [{"a": 1}, {"a": 2}]
    assert (given["correlationid"], given["headers"]) == ("r1", {"x-shop": "7"})
    assert [one["data"] for one in lines(tmp_path / "model_outputs")] == ([] if rows is None else [rows])


def test_what_the_script_of_an_automl_model_answers_is_collected_too(tmp_path: Path) -> None:
    class Script:
        def call(self, request: HttpRequest) -> Answer:
            return Answer(200, b'{"result": [true]}')

    model = MlflowModel(Path(), Collector(told(tmp_path, "model_inputs", "model_outputs"), "one"))
    model._script = Script()  # type: ignore[assignment]
    assert model.answer(HttpRequest("POST", "/score", (), b'{"data": [{"age": 60}]}')).status == 200
    assert [one["data"] for one in lines(tmp_path / "model_inputs")] == [[{"age": 60}]]
    assert [one["data"] for one in lines(tmp_path / "model_outputs")] == [[{"0": True}]]


def test_raw_requests_and_answers_are_collected_as_they_are(tmp_path: Path) -> None:
    class Echo:
        load = swagger = None

        def answer(self, request: HttpRequest) -> Answer:
            return Answer(200, request.body.upper())

    model = Collected(Echo(), Collector(told(tmp_path, "request", "response"), "one"))  # type: ignore[arg-type]
    assert model.answer(HttpRequest("POST", "/score", (), b'{"a": 1}')).body == b'{"A": 1}'
    model.answer(HttpRequest("POST", "/score", (), b"text"))
    model.answer(HttpRequest("GET", "/score"))
    assert [one["data"] for one in lines(tmp_path / "request")] == [{"a": 1}, "text"]
    assert [one["data"] for one in lines(tmp_path / "response")] == [{"A": 1}, "TEXT"]


def test_a_fraction_is_collected(tmp_path: Path) -> None:
    few = Collector(told(tmp_path, "a", rate=0.2), "one")
    assert 100 < sum(few.chosen("a") for _ in range(1000)) < 300
    assert not Collector(told(tmp_path, "a", rate=0), "one").chosen("a", "b")


def test_where_collected_data_lie(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path)
    path = "azureml://datastores/other/paths/here/too"
    (own,) = collections_of(deployment(sampling_rate=0.5, collections={"A": {"enabled": True, "data": {"path": path}}}))
    assert (own.name, own.rate, own.asset) == ("a", 0.5, "rents-blue-a")
    assert place_of(paths, own) == paths.datastore("other") / "here/too"
    (named,) = collections_of(deployment(collections={"a": {"enabled": True, "data": "azureml:mine:3"}}))
    assert (named.asset, named.version) == ("mine", "3")
    (outside,) = collections_of(deployment(collections={"a": {"enabled": True, "data": {"path": "/tmp/x"}}}))
    with pytest.raises(Invalid, match="not a location in this workspace"):
        place_of(paths, outside)


def test_servers_are_replaced_when_something_else_is_collected() -> None:
    collecting = [deployment(collections={"a": {"enabled": enabled}}) for enabled in (True, False)]
    assert len({release_of(one) for one in (deployment(), *collecting)}) == 3
