"""Batch endpoints: what a deployment and a request become, and what an MLflow model without a script makes of files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.core.batch import BatchRequest
from orchestrator.core.errors import BackendError
from orchestrator.workspace.arm.batches import batch_request, lowered
from orchestrator.workspace.batch.runs import BatchRuns
from orchestrator.workspace.batch.scoring import STEP, pipeline_job, scoring_job
from orchestrator.workspace.folder.identity import ensure_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.pipeline.step_types.batch_scoring import FORM
from orchestrator.workspace.programs import mlflow_batch, parallel
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.store import RecordStore

FILES = {"files": {"type": "uri_folder", "path": "/data"}}
FLAT = {
    "model": "azureml:m:1",
    "code_configuration": {"code": "content://0", "scoring_script": "score.py"},
    "environment": {"image": "i"},
    "compute": "azureml:cpu",
}


def made(deployment: dict[str, Any], **request: Any) -> tuple[dict[str, Any], str]:
    """The settings of the workers, and the command."""
    body = scoring_job(deployment, BatchRequest(inputs=FILES, **request))
    step = body["jobs"][STEP]
    _, job = FORM.job({**step, "inputs": {"job_data_path": FILES["files"], "model": step["inputs"].get("model")}}, {})
    command = job["command"]
    return json.loads(command.partition("parallel.py '")[2].partition("'")[0]), command


@pytest.mark.parametrize(
    ("deployment", "request_", "expected"),
    [
        ({}, {}, {"size": "10", "workers": 1, "retries": 3, "timeout_s": 30, "error_threshold": -1, "level": "INFO",
                  "file": "predictions.csv", "script": "score.py"}),
        ({"mini_batch_size": 3, "resources": {"instance_count": 2}, "max_concurrency_per_instance": 4,
          "retry_settings": {"timeout": 5}, "error_threshold": 7, "logging_level": "Debug"}, {},
         {"size": "3", "workers": 8, "retries": 3, "timeout_s": 5, "error_threshold": 7, "level": "DEBUG"}),
        ({"settings": {"mini_batch_size": 3, "instance_count": 3, "output_file_name": "a.csv"}, "error_threshold": 0}, {},
         {"size": "3", "workers": 3, "file": "a.csv", "error_threshold": 0}),
        ({"mini_batch_size": 3, "resources": {"instance_count": 2}},
         {"settings": {"mini_batch_size": 5, "instance_count": 1, "max_retries": 0, "output_file_name": "b.csv"}},
         {"size": "5", "workers": 1, "retries": 0, "timeout_s": 30, "file": "b.csv"}),
        ({}, {"outputs": {"any": {"type": "uri_file", "path": "azureml://datastores/d/paths/x/c.csv"}}}, {"file": "c.csv"}),
        ({"code_configuration": None}, {}, {"script": "$AMLCTL_PROGRAMS/mlflow_batch.py"}),
    ],
    ids=["defaults", "flat", "settled", "overridden", "file", "no script"],
)  # fmt: skip
def test_how_a_deployment_scores(deployment: dict[str, Any], request_: Any, expected: dict[str, Any]) -> None:
    settings, command = made({**FLAT, **deployment}, **request_)
    assert {name: settings[name] for name in expected} == expected
    assert "${{outputs.score}} --" in command


def test_a_summary_has_no_rows_and_a_deployment_without_a_model_no_folder_of_it() -> None:
    _, command = made({**FLAT, "settings": {"mini_batch_size": 1, "output_action": "summary_only"}})
    assert "${{inputs.job_data_path}} --" in command and "AZUREML_BI_OUTPUT_PATH" in command
    assert "AZUREML_MODEL_DIR" in command
    step = scoring_job({**FLAT, "model": None}, BatchRequest(inputs=FILES))["jobs"][STEP]
    assert "AZUREML_MODEL_DIR" not in FORM.job({**step}, {})[1]["command"]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"inputs": {}}, "takes one input"),
        ({"inputs": {**FILES, "more": FILES["files"]}}, "takes one input"),
        ({"inputs": FILES, "settings": {"mini_batch_sise": 1}}, "'mini_batch_sise' cannot be set"),
        ({"inputs": FILES, "outputs": {"a": {"path": "x"}, "b": {"path": "y"}}}, "has one output"),
    ],
)
def test_requests_that_do_not_fit_a_model(request_: Any, said: str) -> None:
    with pytest.raises(BackendError, match=said):
        scoring_job(FLAT, BatchRequest(**request_))


def test_a_pipeline_takes_its_only_input_under_any_name() -> None:
    whole = {"component": "azureml:c:1"}
    deployment = {"settings": {"continue_on_step_failure": "false"}}
    inputs = {"rows": {"type": "uri_folder"}, "mode": {"type": "string", "default": "x"}}
    ports = {"inputs": inputs, "outputs": {"out": {"type": "uri_folder"}}}
    body = pipeline_job(deployment, whole, BatchRequest(inputs=FILES), ports)
    assert body["outputs"] == {"out": {"type": "uri_folder"}}
    assert body["inputs"] == {"rows": FILES["files"]} and body["settings"] == {"continue_on_step_failure": "false"}
    body = pipeline_job(deployment, whole, BatchRequest(inputs={"rows": FILES["files"], "mode": "y"}), ports)
    assert body["inputs"] == {"rows": FILES["files"], "mode": "y"}
    with pytest.raises(BackendError, match=r"no input 'row'.*"):
        pipeline_job(deployment, whole, BatchRequest(inputs={"row": 1, "mode": "y"}), ports)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[BatchRuns]:
    """A workspace with a batch endpoint."""
    paths = WorkspacePaths(tmp_path / "ws")
    ensure_identity(paths)
    store = RecordStore(paths)
    store.insert(Record("batch_endpoints", "batch_endpoints.e"))
    yield BatchRuns(paths, store)
    store.close()


ENDPOINT = RecordKey("batch_endpoints", "batch_endpoints.e")


def test_who_scores(runs: BatchRuns, tmp_path: Path) -> None:
    data = {"x": {"type": "uri_folder", "path": str(tmp_path)}}

    def deploy(name: str) -> None:
        address = f"batch_endpoints.e.deployments.{name}"
        runs.store.insert(Record("batch_endpoints.deployments", address, body=FLAT))

    def scored_by(**request: Any) -> Any:
        return runs.make(ENDPOINT, BatchRequest(**{"inputs": data, **request})).attributes["batch_deployment"]

    with pytest.raises(BackendError, match="It has no deployments"):
        scored_by()
    deploy("blue")
    assert scored_by() == "blue"
    deploy("green")
    with pytest.raises(BackendError, match=r"no default deployment. It has: blue, green"):
        scored_by()
    defaults = {"defaults": {"deployment_name": "green"}}
    runs.store.insert(Record("batch_endpoints.defaults", "batch_endpoints.e.defaults", body=defaults))
    assert (scored_by(), scored_by(deployment="blue")) == ("green", "blue")
    for request, said in (
        ({"deployment": "blu"}, "Did you mean 'blue'|no deployment 'blu'"),
        ({"inputs": {"x": {"path": "azureml:absent:1"}}}, "azureml:absent:1"),
        ({"inputs": {"x": {"path": str(tmp_path / "absent")}}}, "absent"),
    ):
        with pytest.raises(BackendError, match=said):
            scored_by(**request)
    assert [run.attributes["batch_deployment"] for run in runs.of(ENDPOINT)] == ["blue", "green", "blue"]
    assert len(runs.of(ENDPOINT, "green")) == 1


def test_predictions_are_not_overwritten(runs: BatchRuns, tmp_path: Path) -> None:
    runs.store.insert(Record("batch_endpoints.deployments", "batch_endpoints.e.deployments.blue", body=FLAT))
    place = runs.paths.datastore("workspaceblobstore") / "out"
    place.mkdir(parents=True)
    (place / "predictions.csv").write_text("")
    outputs = {"score": {"type": "uri_folder", "path": "azureml://datastores/workspaceblobstore/paths/out"}}
    request = {"inputs": {"x": {"path": str(tmp_path)}}, "outputs": outputs}
    with pytest.raises(BackendError, match=r"predictions.csv exists already"):
        runs.make(ENDPOINT, BatchRequest(**request))
    runs.make(ENDPOINT, BatchRequest(**request, settings={"output_file_name": "more.csv"}))


def test_mini_batches_that_have_ended_do_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("def run(files):\n    open('ran', 'a').write('x')\n    return files\n")
    (tmp_path / "data").mkdir()
    for number in range(4):
        (tmp_path / "data" / str(number)).write_text("")
    batches = parallel.batches_of(tmp_path / "data", "1")
    progress = tmp_path / "progress.jsonl"
    ended = [
        {"batch": 1, "files": batches[1].files, "answer": {"rows": ["earlier"], "items": 1}},
        {"batch": 2, "files": batches[2].files, "answer": {"error": "ValueError: no"}},
        {"batch": 3, "files": ["other"], "answer": {"rows": ["of other data"], "items": 1}},
    ]
    progress.write_text("\n".join(map(json.dumps, ended)) + '\n{"batch": 0, "fi')
    settings = {"script": "score.py", "size": "1", "workers": 1, "retries": 0, "timeout_s": 20, "error_threshold": 1,
                "batch_threshold": -1, "level": "INFO", "file": "rows.csv"}  # fmt: skip
    (tmp_path / "out").mkdir()
    argv = [
        sys.executable,
        parallel.__file__,
        json.dumps(settings),
        str(tmp_path / "data"),
        str(tmp_path / "out"),
        "--",
    ]
    environ = {**os.environ, "AMLCTL_PROGRESS": str(progress)}
    done = subprocess.run(argv, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "ran").read_text() == "xx"
    rows = (tmp_path / "out" / "rows.csv").read_text().split("\n")
    assert rows == [batches[0].files[0], "earlier", batches[3].files[0], ""]
    assert "4 mini-batches, 1 of them failed" in done.stdout


class Model:
    """A model that gives back what it is given."""

    def __init__(self, schema: Any = None) -> None:
        self.metadata = SimpleNamespace(get_input_schema=lambda: schema)

    def predict(self, data: Any) -> Any:
        return data["a"] if hasattr(data, "columns") else data.sum(axis=tuple(range(1, data.ndim)))


def test_an_mlflow_model_predicts_rows_of_tables_and_images(tmp_path: Path, monkeypatch: Any) -> None:
    pd, np = pytest.importorskip("pandas"), pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    names = SimpleNamespace(
        is_tensor_spec=lambda: False,
        has_input_names=lambda: True,
        input_names=lambda: ["a"],
        pandas_types=lambda: [np.dtype("float64")],
    )
    frame = pd.DataFrame({"a": [1, 2]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.astype(float).to_parquet(tmp_path / "b.parquet")
    frame.to_json(tmp_path / "c.json", orient="records")
    frame.to_json(tmp_path / "d.jsonl", orient="records", lines=True)
    files = [str(tmp_path / name) for name in ("a.csv", "b.parquet", "c.json", "d.jsonl")]
    monkeypatch.setitem(mlflow_batch._loaded, mlflow_batch.MODEL_FILE, Model(names))
    rows = mlflow_batch.run(files)
    assert rows == [[Path(file).name, value] for file in files for value in (1.0, 2.0)]
    assert literal_eval(str(rows[0])) == ["a.csv", 1.0] and isinstance(rows[0][1], float)
    image.fromarray(np.ones((2, 2), "uint8")).save(tmp_path / "e.png")
    spec = SimpleNamespace(shape=(-1, 4), type=np.dtype("float32"))
    tensors = SimpleNamespace(is_tensor_spec=lambda: True, inputs=[spec])
    monkeypatch.setitem(mlflow_batch._loaded, mlflow_batch.MODEL_FILE, Model(tensors))
    assert mlflow_batch.run([str(tmp_path / "e.png")]) == [["e.png", 4.0]]
    with pytest.raises(mlflow_batch.Unreadable, match=r"'f.txt' cannot be read") as caught:
        mlflow_batch.run([str(tmp_path / "f.txt")])
    assert caught.value.fatal


def test_requests_of_the_wire() -> None:
    sent = {
        "InputData": {"Rows": {"JobInputType": "UriFolder", "Uri": "https://a/b"}, "mode": {"jobInputType": "Literal", "value": 3}},
        "OutputData": {"score": {"JobOutputType": "UriFile", "Uri": "azureml://datastores/d/paths/x.csv"}},
        "compute": {"instanceCount": 4},
        "retrySettings": {"maxRetries": 2, "timeout": "PT1M30S"},
        "miniBatchSize": 7,
        "name": "j",
        "properties": {"experimentName": "e"},
    }  # fmt: skip
    assert batch_request(lowered(sent), "blue") == BatchRequest(
        inputs={"Rows": {"type": "uri_folder", "path": "https://a/b"}, "mode": 3},
        outputs={"score": {"type": "uri_file", "path": "azureml://datastores/d/paths/x.csv"}},
        deployment="blue",
        settings={"mini_batch_size": 7, "instance_count": 4, "max_retries": 2, "timeout": 90},
        name="j",
        experiment="e",
    )
    old = {"dataset": {"dataInputType": "DataUrl", "Path": "https://a/b.csv"},
           "outputDataset": {"datastoreId": "azureml:d", "path": "p/q"}, "outputFileName": "r.csv"}  # fmt: skip
    found = batch_request(lowered(old), "")
    assert found.inputs == {"input": {"type": "uri_folder", "path": "https://a/b.csv"}}
    assert found.outputs == {"score": {"type": "uri_folder", "path": "azureml://datastores/d/paths/p/q"}}
    assert found.settings == {"output_file_name": "r.csv"}
