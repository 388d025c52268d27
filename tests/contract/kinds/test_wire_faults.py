"""Every kind on a wire that fails: throttled in a storm, answers lost after the effect, operations that fail, reads that lag behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.client import CONCURRENT_CALLS
from orchestrator.core.health import Health
from orchestrator.core.kind import Identity
from orchestrator.core.run import Outcome, StepResult
from orchestrator.kinds import discover
from tests.contract.kinds.azure_world import PATHS, AzureWorld, Metered
from tests.contract.kinds.conftest import AZURE
from tests.contract.kinds.life import Life
from tests.contract.kinds.test_life import CASES
from tests.unit.kinds.cases import Case
from tests.wire.faults import Drop, FailOperation, Fault, Latency, Linger, Refuse, Rule, Stale

pytestmark = AZURE.marks

ONE_OF_EACH = {str(case.kind): case for case in reversed(CASES) if not case.refused}

KINDS = [ONE_OF_EACH[kind] for kind in PATHS if kind in ONE_OF_EACH]


@pytest.fixture
def meter(azure: AzureWorld) -> Iterator[Metered]:
    """The wire, with nothing wrong yet. One HTTP request is tried once: what repeats is ours."""
    yield azure.meter
    azure.meter.clear()


def strike(meter: Metered, case: Case, fault: Fault, method: str = "") -> Rule:
    return meter.add(fault, method, PATHS[case.kind])


def failures(life: Life) -> list[StepResult]:
    report = life.do()
    assert report is not None
    return [result for result in report.results if result.outcome is Outcome.FAILED]


@pytest.mark.parametrize("case", KINDS, ids=str)
def test_answers_lost_after_the_effect_lead_to_nothing_twice(
    case: Case, azure: AzureWorld, meter: Metered, tmp_path: Path
) -> None:
    azure.target["retries"] = 0
    life = Life(case, azure, tmp_path)
    made = strike(meter, case, Drop(effect=True), "PUT")
    life.apply()
    assert made.struck == 1
    (first,) = life.live(life.address)
    if case.label:
        changed = strike(meter, case, Drop(effect=True), "PATCH" if case.kind in PATCHED else "PUT")
        life.edit(case.label)
        assert life.apply()[life.address].outcome is Outcome.UPDATED
        # Labels of a run go to run history, which lies elsewhere.
        assert changed.struck == (0 if case.kind == "jobs" else 1)
    (second,) = life.live(life.address)
    assert (second.revision, second.order) == (first.revision, first.order)
    life.leave()
    removed = strike(meter, case, Drop(effect=True), "DELETE")
    life.apply(prune=True)
    assert life.live(life.address) == []
    assert removed.struck == (1 if case.kind in DELETED else 0)


PATCHED = frozenset({"jobs", "workspaces", "feature_stores"})
"""Kinds that a ``PATCH`` changes."""

WITH_WIRE = frozenset(
    key for key, kind in discover().items() if kind.wire is not None and kind.identity is not Identity.VERSIONED
)
"""Kinds that say themselves how they look on the wire; versions are archived, not deleted."""

OPERATED = frozenset({"compute", "online_endpoints", "online_endpoints.deployments", "online_endpoints.traffic"})
"""Kinds whose writes are long-running operations."""

DELETED = frozenset(
    {"compute", "datastores", "online_endpoints", "online_endpoints.deployments", "schedules", *WITH_WIRE}
)
"""Kinds that a ``DELETE`` removes; others are archived, or are a part of something."""


def datastore_beside(around: Mapping[str, Any]) -> Case:
    """A datastore, and whatever else the spec shall have."""
    full = {"type": "azure_blob", "account_name": "a", "container_name": "c"}
    return Case("datastores", {}, around, None, "raw", "azure_blob", {}, full)


def test_a_storm_of_refusals_is_waited_out_within_bounds(azure: AzureWorld, meter: Metered, tmp_path: Path) -> None:
    body = {"type": "uri_folder", "path": "https://example.org/rows/"}
    around = {
        "data": {f"rows-{n}": body for n in range(12)},
        "compute": {f"cpu-{n}": {"type": "amlcompute", "size": "Standard_DS3_v2"} for n in range(8)},
    }
    life = Life(datastore_beside(around), azure, tmp_path)
    meter.each = 2
    meter.add(Latency(0.02), path="/workspaces/local/", times=None)
    done = life.apply()
    assert {result.outcome for result in done.values()} == {Outcome.CREATED}
    assert len(done) == 21
    assert meter.refused > 2 * len(done)
    assert azure.pauses.count(1.0) >= meter.refused, "Retry-After is honoured"
    assert 1 < meter.busiest <= CONCURRENT_CALLS
    assert len(life.live()) == 21


def test_a_storm_on_writes_outlasts_the_client_and_not_the_apply(
    azure: AzureWorld, meter: Metered, tmp_path: Path
) -> None:
    around = {"data": {f"rows-{n}": {"type": "uri_folder", "path": "https://example.org/rows/"} for n in range(9)}}
    life = Life(datastore_beside(around), azure, tmp_path)
    storm = meter.add(Refuse(retry_after=1), "PUT", "/workspaces/local/", times=60)
    assert {result.outcome for result in life.apply().values()} == {Outcome.CREATED}
    assert storm.struck == 60
    assert meter.busiest <= CONCURRENT_CALLS


def test_a_storm_without_end_is_given_up_with_the_reason(azure: AzureWorld, meter: Metered, tmp_path: Path) -> None:
    case = ONE_OF_EACH["environments"]
    life = Life(case, azure, tmp_path)
    storm = meter.add(Refuse(retry_after=1), "PUT", PATHS["environments"], times=None)
    (failed,) = failures(life)
    assert "throttled" in failed.error
    assert storm.struck <= 40, "a budget, not for ever"
    meter.clear()
    life.apply()


@pytest.mark.parametrize("polls", [0, 3])
@pytest.mark.parametrize("case", [case for case in KINDS if case.kind in OPERATED], ids=str)
def test_an_operation_that_fails_is_told_and_mended_by_the_next_apply(
    case: Case, azure: AzureWorld, meter: Metered, tmp_path: Path, polls: int
) -> None:
    life = Life(case, azure, tmp_path)
    # The traffic of an endpoint is the second write of its path.
    if case.kind.endswith(".traffic"):
        strike(meter, case, Latency(0), "PUT")
    strike(meter, case, FailOperation("QuotaExceeded", "no cores left", polls), "PUT")
    (failed,) = failures(life)
    assert failed.address == life.address
    assert "no cores left" in failed.error
    assert life.changes().keys() == {life.address}
    life.apply()
    assert len(life.live(life.address)) == 1


@pytest.mark.parametrize("case", [case for case in KINDS if case.kind in OPERATED], ids=str)
def test_an_operation_that_takes_its_time_is_waited_for(
    case: Case, azure: AzureWorld, meter: Metered, tmp_path: Path
) -> None:
    life = Life(case, azure, tmp_path)
    lingering = meter.add(Linger(6), "PUT", PATHS[case.kind], times=None)
    life.apply()
    assert lingering.struck
    (found,) = life.live(life.address)
    assert found.health is Health.HEALTHY


def test_a_compute_that_failed_while_nobody_waited_says_why(azure: AzureWorld, meter: Metered, tmp_path: Path) -> None:
    life = Life(ONE_OF_EACH["compute"], azure, tmp_path)
    life.apply()
    strike(meter, life.case, FailOperation("QuotaExceeded", "no cores left"), "PUT")
    azure.meddle(life.address, {})
    (found,) = life.live(life.address)
    assert (found.health, found.message) == (Health.DEGRADED, "failed: QuotaExceeded")


@pytest.mark.parametrize("case", KINDS, ids=str)
def test_a_read_that_lags_behind_makes_nothing_twice(
    case: Case, azure: AzureWorld, meter: Metered, tmp_path: Path
) -> None:
    life = Life(case, azure, tmp_path)
    stale = strike(meter, case, Stale(reads=2), "PUT")
    life.apply()
    assert stale.struck == 1
    assert len(life.live(life.address)) == 1
