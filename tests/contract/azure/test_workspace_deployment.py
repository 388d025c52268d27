"""The deployment that makes a workspace: it takes its time, fails, or is somebody else's."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from orchestrator.backends.azure.patience import Patience
from orchestrator.core.run import Outcome
from tests.contract.azure.birth import Birth, Life
from tests.contract.azure.wire import Wire

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("quick")]

INNER = {"code": "StorageAccountAlreadyTaken", "message": "The storage account named heart is already taken."}
OUTER = "At least one resource deployment operation failed. Please list deployment operations for details."


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a second come to less here: nothing takes time behind this wire, and it cannot say less."""
    monkeypatch.setattr("azure.core.pipeline.transport.RequestsTransport.sleep", lambda transport, s: time.sleep(0.02))
    monkeypatch.setattr(Patience, "pause", lambda patience, seconds: bool(time.sleep(0.02)))


def test_one_that_takes_its_time_is_waited_for(life: Life, birth: Birth) -> None:
    birth.running = 12
    assert life.apply() == {"workspace.heart": Outcome.CREATED, "compute.cpu": Outcome.CREATED}
    assert len(birth.deployments) == 1
    assert birth.asked == 13
    assert life.plan() == {}


@pytest.mark.parametrize(
    "details",
    [
        [INNER],
        [{"code": "Conflict", "message": json.dumps({"error": INNER})}],
        [{"code": "ResourceDeploymentFailure", "message": "It failed.", "details": [INNER]}],
    ],
    ids=["inside", "as text", "deeper"],
)
def test_one_that_fails_is_told_by_what_went_wrong_inside(
    life: Life, birth: Birth, wire: Wire, details: list[dict[str, Any]]
) -> None:
    birth.running, birth.failure = 2, {"code": "DeploymentFailed", "message": OUTER, "details": details}
    results = {str(result.address): result for result in life.run().results}
    assert results["workspace.heart"].outcome is Outcome.FAILED
    assert INNER["message"] in results["workspace.heart"].error
    assert OUTER not in results["workspace.heart"].error
    assert wire.calls("PUT", "/computes/") == []
    birth.failure = None
    life.apply()
    assert life.plan() == {}


@pytest.mark.parametrize("polls", [1, 20])
def test_one_of_somebody_else_is_waited_for(life: Life, birth: Birth, polls: int) -> None:
    birth.active = polls
    assert life.apply()["workspace.heart"] is Outcome.CREATED
    assert len(birth.deployments) == 1
    assert life.plan() == {}


def test_what_somebody_else_made_meanwhile_is_not_taken_over(life: Life, birth: Birth) -> None:
    birth.active, birth.makes = 3, True
    birth.labels = {"tags": {"theirs": "1"}, "properties": {}, "location": "westeurope"}
    results = {str(result.address): result for result in life.run().results}
    assert "already exists with different content" in results["workspace.heart"].error
    assert birth.deployments == []
