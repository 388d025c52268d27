"""Jobs through the real client."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.errors import Failed
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation, SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.resource import Removal
from orchestrator.kinds import discover
from tests.contract.azure.requests import request
from tests.contract.azure.wire import Wire

TRAIN = Address("jobs", "train")
COMMAND: dict[str, Any] = {
    "type": "command",
    "command": "python -c 1",
    "environment": "azureml:env:1",
    "compute": "azureml:cpu",
    "inputs": {"rate": 0.1, "rows": {"type": "uri_file", "path": "azureml:rows:1"}},
    "tags": {"a": "b"},
}
AUTOML: dict[str, Any] = {
    "type": "automl",
    "task": "classification",
    "primary_metric": "accuracy",
    "target_column_name": "y",
    "training_data": {"type": "mltable", "path": "azureml:rows:1"},
    "compute": "azureml:cpu",
    "limits": {"max_trials": 3, "timeout_minutes": 15},
    "n_cross_validations": 3,
}


def submit(backend: AzureBackend, body: dict[str, Any], run: str = "train-abc") -> Any:
    return backend.create(request(TRAIN, body, run, variant=body["type"]))


@pytest.mark.parametrize("body", [COMMAND, AUTOML], ids=["command", "automl"])
def test_a_run_is_submitted_once_and_known_by_its_marks(
    backend: AzureBackend, wire: Wire, body: dict[str, Any]
) -> None:
    first = submit(backend, body)
    assert first.health is Health.PROGRESSING
    assert first.address == TRAIN
    assert first.revision == "train-abc"
    submit(backend, body)
    assert len(wire.calls("PUT", "/jobs/")) == 1
    (listed,) = backend.list("jobs")
    assert (listed.address, listed.revision, listed.owner) == (TRAIN, "train-abc", "demo")
    newest = backend.read(TRAIN)
    assert newest is not None
    assert newest.revision == "train-abc"


@pytest.mark.parametrize(("version", "sent"), [("1", "1"), ("2024-05", "2024-05"), (None, None)])
@pytest.mark.parametrize("kind", ["uri_folder", "uri_file", "mltable", "mlflow_model", "custom_model"])
@pytest.mark.parametrize("body", [COMMAND, AUTOML], ids=["command", "automl"])
def test_the_service_is_told_to_register_a_named_output(
    backend: AzureBackend, wire: Wire, body: dict[str, Any], kind: str, version: str | None, sent: str | None
) -> None:
    named = {"type": kind, "name": "clean", **({"version": version} if version else {})}
    submit(backend, {**body, "outputs": {"x": named}})
    output = wire.resources["/jobs/train-abc"]["properties"]["outputs"]["x"]
    assert (output["assetName"], output.get("assetVersion")) == ("clean", sent)
    assert output["jobOutputType"] == kind, "azure-ai-ml's loader drops the type for AutoML, and would send a folder"


DEEP: dict[str, Any] = {**AUTOML, "n_cross_validations": None, "validation_data": AUTOML["training_data"]}
TASKS: dict[str, dict[str, Any]] = {
    "regression": {**AUTOML, "primary_metric": "r2_score"},
    "forecasting": {
        **AUTOML,
        "primary_metric": "normalized_root_mean_squared_error",
        "forecasting": {"time_column_name": "t"},
    },
    "text_ner": {**DEEP, "target_column_name": None},
    "text_classification": DEEP,
    "image_classification": DEEP,
    "image_object_detection": {**DEEP, "primary_metric": "mean_average_precision"},
}


@pytest.mark.parametrize("task", TASKS)
def test_outputs_of_every_task_keep_their_types(backend: AzureBackend, wire: Wire, task: str) -> None:
    outputs = {"best_model": {"type": "mlflow_model", "name": "best"}, "rows": {"type": "mltable"}, "plain": {}}
    body = {name: value for name, value in TASKS[task].items() if value is not None}
    request_of = request(TRAIN, {**body, "task": task, "outputs": outputs}, "train-abc", variant=f"automl.{task}")
    backend.create(request_of)
    sent = wire.resources["/jobs/train-abc"]["properties"]["outputs"]
    types = {name: output["jobOutputType"] for name, output in sent.items()}
    assert types == {"best_model": "mlflow_model", "rows": "mltable", "plain": "uri_folder"}


def test_only_marked_runs_are_asked_for(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, COMMAND)
    list(backend.list("jobs"))
    queries = [e.query for e in wire.exchanges if e.path == "/jobs"]
    assert {query["tag"] for query in queries} == {"amlctl.project"}
    assert {query["listViewType"] for query in queries} == {"ActiveOnly", "ArchivedOnly"}


def test_waiting_ends_with_the_run(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, COMMAND)
    told: list[str] = []

    def progress(line: str) -> None:
        told.append(line)
        wire.resources["/jobs/train-abc"]["properties"]["status"] = "Completed"

    done = backend.wait(TRAIN, "train-abc", 30, Cancellation(), progress)
    assert done.health is Health.HEALTHY
    assert told == ["running"]


def test_a_failed_run_tells_the_end_of_its_log(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, COMMAND)
    wire.resources["/jobs/train-abc"]["properties"]["status"] = "Failed"
    wire.log = b"one\nValueError: no rows\n"
    with pytest.raises(Failed, match=r"(?s)ended as failed.*ValueError: no rows"):
        backend.wait(TRAIN, "train-abc", 30, Cancellation(), lambda line: None)


def test_a_run_is_cancelled_once(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, COMMAND)
    backend.cancel(TRAIN, "train-abc")
    backend.cancel(TRAIN, "train-abc")
    assert len(wire.calls("POST", "/cancel")) == 1


def test_a_log_is_read_as_it_grows(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, COMMAND)
    wire.log = b"one\ntw"
    lines = backend.logs(TRAIN, None, follow=True)
    assert next(lines) == "one"
    wire.log = b"one\ntwo\nthree"
    wire.resources["/jobs/train-abc"]["properties"]["status"] = "Completed"
    assert list(lines) == ["two", "three"]


def test_labels_of_a_run_change_and_the_run_does_not(backend: AzureBackend, wire: Wire) -> None:
    before = submit(backend, COMMAND)
    wanted = request(TRAIN, COMMAND | {"tags": {"c": "d"}, "display_name": "new"}, "train-abc", variant="command")
    after = backend.update(wanted, before)
    assert after.properties["tags"]["c"] == "d"
    assert after.owner == "demo"
    assert len(wire.calls("PUT", "/jobs/")) == 1, "labels go another way"


def test_a_run_is_archived_and_comes_back_when_it_is_wanted_again(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, COMMAND)
    backend.delete(TRAIN, "train-abc", Removal.ARCHIVE)
    (found,) = backend.list("jobs")
    assert found.archived
    backend.delete(TRAIN, "train-abc", Removal.KEEP)
    backend.delete(TRAIN, "never-there", Removal.ARCHIVE)


def test_a_run_that_lost_its_marks_is_found_by_its_record(choice: WorkspaceChoice, wire: Wire) -> None:
    known = {TRAIN: "train-abc"}
    backend = AzureBackend(choice, discover(), SystemClock(), lambda: known)
    submit(backend, COMMAND)
    wire.resources["/jobs/train-abc"]["properties"]["tags"] = {}
    (found,) = backend.list("jobs")
    assert (found.address, found.revision, found.owner) == (TRAIN, "train-abc", None)
    backend.close()
