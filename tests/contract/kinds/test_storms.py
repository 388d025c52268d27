"""Reads in a storm of refusals: a plan outlasts it within a budget of its own, and says so when that is used up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.backends.azure import patience
from orchestrator.core.errors import StateError, Throttled
from tests.contract.kinds.azure_world import AzureWorld, Metered
from tests.contract.kinds.conftest import AZURE
from tests.contract.kinds.life import Life
from tests.contract.kinds.test_life import CASES
from tests.wire.faults import Refuse

pytestmark = AZURE.marks
ENVIRONMENT = next(case for case in CASES if case.kind == "environments")
WORKSPACE, STATE = "/workspaces/local/", "/state[.]json"


@pytest.fixture
def meter(azure: AzureWorld) -> Iterator[Metered]:
    yield azure.meter
    azure.meter.clear()


@pytest.fixture
def applied(azure: AzureWorld, tmp_path: Path) -> Life:
    """A resource that was created before the storm."""
    life = Life(ENVIRONMENT, azure, tmp_path)
    life.apply()
    azure.pauses.clear()
    return life


@pytest.mark.parametrize("path", [f"{WORKSPACE}environments", STATE], ids=["the workspace", "the state"])
def test_sixty_refusals_in_a_row_do_not_fail_a_plan(
    applied: Life, meter: Metered, azure: AzureWorld, path: str
) -> None:
    storm = meter.add(Refuse(retry_after=1), "GET", path, times=60)
    assert applied.changes() == {}
    assert storm.struck == 60
    assert azure.pauses.count(1.0) >= 60, "Retry-After is honoured"


def test_storage_throttles_in_words_of_its_own(applied: Life, meter: Metered) -> None:
    storm = meter.add(Refuse(503, "ServerBusy", "The server is busy."), "GET", STATE, times=30)
    assert applied.changes() == {}
    assert storm.struck == 30


def test_a_storm_on_the_state_does_not_fail_an_apply(applied: Life, meter: Metered) -> None:
    storm = meter.add(Refuse(retry_after=1), "PUT", STATE, times=20)
    applied.edit({"tags": {"team": "c"}})
    applied.apply()
    assert storm.struck == 20


def test_the_tries_are_bounded(applied: Life, meter: Metered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BUDGET", replace(patience.BUDGET, attempts=3))
    storm = meter.add(Refuse(retry_after=1), "GET", f"{WORKSPACE}environments", times=None)
    with pytest.raises(Throttled, match="throttled"):
        applied.plan()
    assert storm.struck == 3 * 4, "each try is one request and three repetitions of the client's own"


def test_the_waiting_is_bounded(applied: Life, meter: Metered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BUDGET", replace(patience.BUDGET, total_s=30))
    storm = meter.add(Refuse(retry_after=31), "GET", STATE, times=None)
    with pytest.raises(StateError, match="throttled"):
        applied.plan()
    assert storm.struck == 1, "a pause that is longer than what is left is not begun"
