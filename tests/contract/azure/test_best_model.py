"""The best model of an AutoML run: where the service has it, and how it is found."""

from __future__ import annotations

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from tests.contract.azure.requests import request
from tests.contract.azure.test_jobs import AUTOML, COMMAND, submit
from tests.contract.azure.wire import Wire

HEART = Address("models", "heart")
BODY = {"type": "mlflow_model", "path": "azureml://jobs/train-abc/outputs/best_model"}
CHILD = "azureml://jobs/train-abc_7/outputs/artifacts/outputs/mlflow-model/"


def test_the_best_trial_is_registered(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, AUTOML)
    wire.run_tags = {"automl_best_child_run_id": "train-abc_7"}
    backend.create(request(HEART, BODY, "1"))
    assert wire.resources["/models/heart/versions/1"]["properties"]["modelUri"] == CHILD


def test_an_output_that_the_job_declares_is_taken_as_it_is(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, COMMAND | {"outputs": {"best_model": {"type": "mlflow_model"}}})
    backend.create(request(HEART, BODY, "1"))
    assert wire.resources["/models/heart/versions/1"]["properties"]["modelUri"] == BODY["path"]


def test_without_a_best_trial_the_path_stays(backend: AzureBackend, wire: Wire) -> None:
    submit(backend, AUTOML)
    backend.create(request(HEART, BODY, "1"))
    assert wire.resources["/models/heart/versions/1"]["properties"]["modelUri"] == BODY["path"]
