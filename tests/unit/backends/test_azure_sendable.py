"""What azure-ai-ml does not take is told when planning; short names of code are sent as IDs."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.backends.azure.sendable import unsendable, with_code_ids
from orchestrator.kinds import discover

KINDS = discover()
WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
COMMAND = {"command": "x", "environment": "azureml:e:1"}


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("git+https://example.com/a/b.git", True),
        ("git+ssh://git@example.com/a/b", True),
        ("https://example.com/a/b.git", True),
        ("https://example.com/a/b.git#main:src", True),
        ("https://account.blob.core.windows.net/c/src", False),
        ("./src", False),
        ("azureml:src:1", False),
    ],
)
def test_code_in_git(code: str, refused: bool) -> None:
    step = {**COMMAND, "code": code}
    for kind, body, path in (
        ("jobs", step, ("code",)),
        ("jobs", {"type": "pipeline", "jobs": {"a": step}}, ("jobs", "a", "code")),
        ("jobs", {"type": "sweep", "trial": step}, ("trial", "code")),
        ("components", {**step, "type": "command"}, ("code",)),
        ("online_endpoints.deployments", {"code_configuration": {"code": code}}, ("code_configuration", "code")),
    ):
        found = list(unsendable(KINDS[kind], body))
        assert [each.path for each in found] == ([path] if refused else []), kind


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("runs:/a/model", True),
        ("models:/m/1", True),
        ("azureml:m:1", False),
        ("./runs", False),
        ("azureml://jobs/j/outputs/o", False),
        ("s3://bucket/a", False),
    ],
)
def test_inputs_by_an_address_of_mlflow(path: str, refused: bool) -> None:
    inputs = {"a": {"type": "mlflow_model", "path": path}}
    for body in ({**COMMAND, "inputs": inputs}, {"type": "pipeline", "inputs": inputs}):
        assert bool(list(unsendable(KINDS["jobs"], body))) == refused
    assert not list(unsendable(KINDS["models"], {"path": path, "type": "mlflow_model"})), "a model may be of a run"
    assert not list(unsendable(KINDS["jobs"], {**COMMAND, "command": path, "inputs": {"a": "runs"}}))


def test_a_short_name_of_code_is_sent_as_an_id() -> None:
    code = "azureml:src:7"
    step: dict[str, Any] = {**COMMAND, "code": code, "inputs": {"code": code}, "environment_variables": {"code": code}}
    sent = {**step, "code": f"azureml:{WORKSPACE}/codes/src/versions/7"}
    for kind, body, expected in (
        ("jobs", step, sent),
        ("jobs", {"type": "pipeline", "jobs": {"a": step}}, {"type": "pipeline", "jobs": {"a": sent}}),
        ("schedules", {"create_job": step}, {"create_job": sent}),
        ("components", {**step, "type": "command"}, {**sent, "type": "command"}),
    ):
        assert with_code_ids(KINDS[kind], body, WORKSPACE) == expected, kind
    for other in ("./src", "azureml:src@latest", "https://a.b/c", f"azureml:{WORKSPACE}/codes/src/versions/7"):
        assert with_code_ids(KINDS["jobs"], {**COMMAND, "code": other}, WORKSPACE)["code"] == other
