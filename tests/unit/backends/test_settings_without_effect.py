"""What the embedded workspace takes and does not follow is said by the plan, one line for each setting."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.kinds import discover
from orchestrator.workspace.automl.unsupported import ignored


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"services": {"shell": {"type": "ssh"}}}, ("services",)),
        ({"identity": {"type": "managed"}}, ("identity",)),
        ({"resources": {"shm_size": "2g"}}, ("resources", "shm_size")),
    ],
)
def test_a_setting_of_a_job_without_effect_is_a_line_and_no_refusal(
    body: dict[str, Any], path: tuple[str, ...]
) -> None:
    [said] = discover()["jobs"].local_refusals("command", {"command": "true", **body})
    assert (said.path, said.stops) == (path, False)
    assert "has no effect here" in said.reason


@pytest.mark.parametrize(
    "name", ["enable_model_explainability", "enable_onnx_compatible_models", "enable_stack_ensemble"]
)
def test_a_setting_of_automl_without_effect_is_a_line(name: str) -> None:
    [(path, reason)] = ignored({"training": {name: True}})
    assert path == ("training", name)
    assert reason.startswith(f"training.{name} has no effect here")
    assert not list(ignored({"training": {name: False}}))
