"""Answers that are lost after the effect, where a repetition could do harm: the state, labels of runs, archives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.core.run import Outcome
from tests.contract.kinds.azure_world import AzureWorld, Metered
from tests.contract.kinds.conftest import AZURE
from tests.contract.kinds.life import Life
from tests.contract.kinds.test_life import CASES
from tests.wire.faults import Drop

pytestmark = AZURE.marks
STATE = "/state[.]json"
RUN = "/runs/[^/]+$"
ARCHIVES = {
    "data": ("PUT", "/data/[^/]+/versions/"),
    "environments": ("PUT", "/environments/[^/]+/versions/"),
    "models": ("PUT", "/models/[^/]+/versions/"),
    "jobs": ("PATCH", RUN),
}
"""How each kind that is never deleted is archived and brought back."""

FIRST = {case.kind: case for case in reversed(CASES) if not case.refused}


@pytest.fixture
def meter(azure: AzureWorld) -> Iterator[Metered]:
    yield azure.meter
    azure.meter.clear()


@pytest.mark.parametrize("retries", [0, 3], ids=["repeated by us", "repeated by the client"])
def test_a_write_of_the_state_is_no_conflict_with_itself(
    azure: AzureWorld, meter: Metered, tmp_path: Path, retries: int
) -> None:
    azure.target["retries"] = retries
    life = Life(FIRST["environments"], azure, tmp_path)
    first = meter.add(Drop(effect=True), "PUT", STATE, times=1)
    life.apply()
    later = meter.add(Drop(effect=True), "PUT", STATE, times=2)
    life.edit({"tags": {"team": "c"}})
    assert life.apply()[life.address].outcome is Outcome.UPDATED
    assert (first.struck, later.struck) == (1, 2)
    assert len(life.live(life.address)) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_a_lock_is_taken_though_the_answer_is_lost(
    azure: AzureWorld, meter: Metered, tmp_path: Path, times: int
) -> None:
    life = Life(FIRST["environments"], azure, tmp_path)
    lost = meter.add(Drop(effect=True), "PUT", "/lock$", times=times)
    life.apply()
    assert lost.struck == times


def test_labels_of_a_run_are_changed_once(azure: AzureWorld, meter: Metered, tmp_path: Path) -> None:
    azure.target["retries"] = 0
    case = FIRST["jobs"]
    assert case.label
    life = Life(case, azure, tmp_path)
    life.apply()
    (before,) = life.live(life.address)
    lost = meter.add(Drop(effect=True), "PATCH", RUN)
    life.edit(case.label)
    assert life.apply()[life.address].outcome is Outcome.UPDATED
    assert lost.struck == 1
    (after,) = life.live(life.address)
    assert (after.revision, after.order) == (before.revision, before.order)


@pytest.mark.parametrize("kind", sorted(ARCHIVES))
def test_what_is_archived_and_brought_back_is_so_once(
    azure: AzureWorld, meter: Metered, tmp_path: Path, kind: str
) -> None:
    azure.target["retries"] = 0
    life = Life(FIRST[kind], azure, tmp_path)
    life.apply()
    (before,) = life.live(life.address)
    method, path = ARCHIVES[kind]
    life.leave()
    archived = meter.add(Drop(effect=True), method, path)
    assert life.apply(prune=True)[life.address].outcome is Outcome.DELETED
    assert archived.struck == 1
    assert life.live(life.address) == []
    life.edit({})
    restored = meter.add(Drop(effect=True), method, path)
    life.apply()
    assert restored.struck == (0 if kind == "jobs" else 1), "a job runs again, an asset comes back"
    found = life.live(life.address)
    assert len(found) == 1
    assert kind == "jobs" or found[0].revision == before.revision
