"""What a step's end means for the report and for the state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.errors import BackendError, Cancelled, Failed, TimedOut
from orchestrator.core.resource import Applied, Observed
from orchestrator.core.run import STOPPED, Outcome, Step, Verb
from orchestrator.execution.attempt import Attempt
from orchestrator.execution.results import failed, not_started, succeeded
from tests.unit.execution.plans import Row, at, row
from tests.unit.execution.simulated import fingerprint

LINEAGE = "lineage"


def attempt(made: Row, verb: Verb, observed: Observed | None = None, *, touched: bool = True) -> Attempt:
    change, target = made
    step = Step(id=f"{verb.value} {change.address}", address=change.address, verb=verb, key="key")
    return Attempt(
        step=step,
        change=change,
        target=target,
        began=0.0,
        properties=target.resolved,
        observed=observed,
        touched=touched,
    )


def test_the_record_of_what_was_made_bears_its_live_revision_and_how_long_it_took() -> None:
    live = Observed(at("data.rows"), "7", properties={})
    done = succeeded(attempt(row("create", "data.rows", after="6"), Verb.CREATE, live), 2.5, LINEAGE)
    assert done.result.outcome is Outcome.CREATED
    assert (done.result.revision, done.result.duration_s) == ("7", 2.5)
    assert done.change.applied is not None
    assert (done.change.applied.revision, done.change.applied.duration_s) == ("7", 2.5)
    assert done.change.step == "create data.rows"


def test_the_workspace_knows_best_how_long_a_run_took() -> None:
    live = Observed(at("jobs.train"), "r1", properties={}, attributes={"duration_s": 60})
    done = succeeded(attempt(row("run", "jobs.train", after="r1"), Verb.RUN, live), 1.0, LINEAGE)
    assert done.change.applied is not None
    assert done.change.applied.duration_s == 60.0


def test_what_is_reused_keeps_the_duration_of_its_making() -> None:
    live = Observed(at("jobs.train"), "r1", properties={})
    change, target = row("run", "jobs.train", after="r1", reused=live)
    earlier = Applied(at("jobs.train"), properties={}, fingerprint=fingerprint("0"), revision="r1", duration_s=9.0)
    done = succeeded(attempt((change, replace(target, applied=earlier)), Verb.REUSE, live), 0.1, LINEAGE)
    assert done.result.outcome is Outcome.REUSED
    assert done.change.applied is not None
    assert done.change.applied.duration_s == 9.0


@pytest.mark.parametrize(("verb", "outcome"), [(Verb.DELETE, Outcome.DELETED), (Verb.FORGET, Outcome.FORGOTTEN)])
def test_what_is_gone_leaves_the_state(verb: Verb, outcome: Outcome) -> None:
    done = succeeded(attempt(row(verb.value, "data.rows"), verb), 0.1, LINEAGE)
    assert done.result.outcome is outcome
    assert done.change.applied is None
    assert not done.change.keep


@pytest.mark.parametrize(
    ("action", "verb", "touched", "keeps", "why"),
    [
        ("create", Verb.CREATE, False, True, "nothing happened"),
        ("create", Verb.CREATE, True, False, "half done"),
        ("run", Verb.RUN, True, True, "the last good run stays on record"),
    ],
)
def test_what_a_failure_leaves_in_the_state(action: str, verb: Verb, touched: bool, keeps: bool, why: str) -> None:
    done = failed(attempt(row(action, "jobs.a"), verb, touched=touched), TimedOut("late"), 1.0, LINEAGE, str)
    assert done.change.keep is keeps, why
    if not keeps:
        assert done.change.applied is not None
        assert done.change.applied.tainted


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(Failed("token x", fix="use y"), Outcome.FAILED), (Cancelled("token x"), Outcome.LEFT_RUNNING)],
)
def test_the_reason_of_a_failure_holds_no_secret(error: BackendError, outcome: Outcome) -> None:
    def redact(text: str) -> str:
        return text.replace("token x", "***")

    done = failed(attempt(row("create", "data.rows"), Verb.CREATE), error, 1.0, LINEAGE, redact)
    assert done.result.outcome is outcome
    assert done.result.error.startswith("***")
    assert done.change.error == done.result.error
    assert done.result.code == type(error).__name__


@pytest.mark.parametrize("outcome", [*sorted(STOPPED), Outcome.SKIPPED])
def test_a_step_that_never_started_keeps_its_record(outcome: Outcome) -> None:
    """Dropped, the next plan would make again what stands untouched in the workspace."""
    change, _ = row("update", "data.rows")
    done = not_started(
        Step(id="update data.rows", address=change.address, verb=Verb.UPDATE, key="key"), change, outcome, "why"
    )
    assert (done.change.applied, done.change.keep) == (None, True)
    assert (done.result.outcome, done.result.error, done.change.error) == (outcome, "why", "why")
    assert done.result.code == ("Cancelled" if outcome in STOPPED else "")
