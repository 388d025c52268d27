"""What is written inside a deployment has no name in the spec: on Azure it comes back under one that the client chose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.change import Action
from tests.contract.kinds.azure_world import AzureWorld
from tests.contract.kinds.conftest import AZURE
from tests.contract.kinds.life import Life
from tests.contract.kinds.test_life import CASES

pytestmark = AZURE.marks
GREEN = next(case for case in CASES if str(case) == "online_endpoints.deployments-green")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "azureml:weights:7"),
        ("environment", "azureml:packages:7"),
        ("environment", {"image": "example/other"}),
    ],
    ids=["a model with a name", "an environment with a name", "another environment inside"],
)
def test_what_others_put_in_its_place_is_seen(azure: AzureWorld, tmp_path: Path, field: str, value: Any) -> None:
    life = Life(GREEN, azure, tmp_path)
    life.apply()
    azure.meddle(life.address, {field: value})
    (change,) = life.changes().values()
    assert (change.address, change.action, change.drift) == (life.address, Action.UPDATE, True)
    assert {f.path[0] for f in change.fields if f.action is not Action.NOOP} == {field}
    life.apply()
