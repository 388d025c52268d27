"""What Azure would refuse of a deployment without environment and script: told by its backend, by the types of models."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.backends.azure.servable import unservable
from orchestrator.core.address import Address
from tests.unit.spec.building import project

MODELS = """
models:
  untyped: {path: above}
  remote: {path: 'https://example.org/m'}
  mlflow: {type: mlflow_model, path: above}
  triton: {type: Triton_Model, path: above}
environments: {host: {image: host}}
online_endpoints:
  eee: {deployments: {blue: {instance_type: S, BODY}}}
"""


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("model: azureml:untyped@latest", ("model",)),
        ("model: azureml:remote@latest", ("model",)),
        ("model: {path: above}", ("model",)),
        ("instance_count: 1", ()),
        ("model: azureml:mlflow@latest", None),
        ("model: azureml:triton@latest", None),
        ("model: {path: above, type: mlflow_model}", None),
        ("model: azureml:registered:3", None),
        ("model: azureml:untyped@latest, environment: azureml:host@latest", None),
    ],
)
def test_only_no_code_models_leave_the_environment_out(tmp_path: Path, body: str, path: tuple[str, ...] | None) -> None:
    (tmp_path / "above").mkdir()
    (tmp_path / "above" / "MLmodel").write_text("flavors: {}\n")
    resources = project(MODELS.replace("BODY", body), tmp_path).resources
    found = list(unservable(resources[Address.parse("online_endpoints.eee.deployments.blue")], resources))
    assert [refusal.path for refusal in found] == ([] if path is None else [path])
    assert all(refusal.fix for refusal in found)
