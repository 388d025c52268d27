"""What comes of a step: its result for the report and its record for the state. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orchestrator.core.change import Action, Change
from orchestrator.core.errors import BackendError, Cancelled
from orchestrator.core.resource import Applied
from orchestrator.core.run import STOPPED, Outcome, Step, StepResult, Verb
from orchestrator.core.state import StateChange
from orchestrator.execution.attempt import Attempt
from orchestrator.execution.finished import Finished
from orchestrator.execution.record import record_of

_OUTCOMES = {
    Action.CREATE: Outcome.CREATED,
    Action.REVISE: Outcome.REVISED,
    Action.UPDATE: Outcome.UPDATED,
    Action.RUN: Outcome.RAN,
    Action.REPLACE: Outcome.REPLACED,
}
_REMOVED = {Verb.DELETE: Outcome.DELETED, Verb.FORGET: Outcome.FORGOTTEN}


def not_started(step: Step, change: Change, outcome: Outcome, why: str) -> Finished:
    """The result of a step that was kept from starting."""
    code = "Cancelled" if outcome in STOPPED else ""
    result = StepResult(step.address, outcome, error=why, code=code, span=change.span)
    return Finished(
        step,
        result,
        StateChange(step=step.id, address=step.address, applied=None, outcome=outcome.value, error=why, keep=True),
    )


def succeeded(attempt: Attempt, duration_s: float, lineage: str) -> Finished:
    """The result of a step that did what it should.

    Args:
        duration_s: since the step began, seconds.
        lineage: of the state; keys the digests of secrets.
    """
    step, outcome = attempt.step, _outcome(attempt)
    applied = None
    if step.verb not in _REMOVED:
        applied = replace(_record(attempt, lineage), duration_s=_run_time(attempt, duration_s))
    result = StepResult(
        step.address,
        outcome,
        revision=applied.revision if applied else "",
        duration_s=duration_s,
        observed=attempt.observed,
        span=attempt.change.span,
        answers=attempt.answers,
        before=attempt.change.before or "",
    )
    return Finished(
        step, result, StateChange(step=step.id, address=step.address, applied=applied, outcome=outcome.value)
    )


def failed(
    attempt: Attempt, error: BackendError, duration_s: float, lineage: str, redact: Callable[[str], str]
) -> Finished:
    """The result of a step that the workspace did not do, or not to its end.

    Args:
        duration_s, lineage: as for `succeeded`.
        redact: takes secrets out of a text.
    """
    step, change = attempt.step, attempt.change
    outcome = Outcome.FAILED
    if isinstance(error, Cancelled):
        outcome = Outcome.LEFT_RUNNING if attempt.touched else Outcome.CANCELLED
    text = redact(f"{error.detail} {error.fix}".strip())
    # A run that failed is in the workspace for the next plan to see; the last good one stays on record.
    keep = not attempt.touched or step.verb is Verb.RUN
    applied = None if keep else replace(_record(attempt, lineage), tainted=True)
    result = StepResult(
        step.address,
        outcome,
        revision=change.after or "",
        duration_s=duration_s,
        error=text,
        code=type(error).__name__,
        observed=attempt.observed,
        span=change.span,
        answers=attempt.answers,
    )
    return Finished(
        step,
        result,
        StateChange(step=step.id, address=step.address, applied=applied, outcome=outcome.value, error=text, keep=keep),
    )


def _outcome(attempt: Attempt) -> Outcome:
    verb = attempt.step.verb
    return Outcome.REUSED if verb is Verb.REUSE else _REMOVED.get(verb) or _outcome_of_making(attempt)


def _outcome_of_making(attempt: Attempt) -> Outcome:
    """Of a new name that is made by running, the run is what people look for."""
    ran = attempt.change.former is not None and attempt.target.making is Action.RUN
    return Outcome.RAN if ran else _OUTCOMES[attempt.change.action]


def _record(attempt: Attempt, lineage: str) -> Applied:
    return record_of(attempt.change, attempt.target, attempt.desired, attempt.observed, attempt.properties, lineage)


def _run_time(attempt: Attempt, elapsed_s: float) -> float | None:
    """The workspace knows best how long a run took: we may have come when it was half done, or long after."""
    reported = attempt.observed.attributes.get("duration_s") if attempt.observed else None
    if isinstance(reported, int | float):
        return float(reported)
    if attempt.step.verb is Verb.REUSE:
        return attempt.target.applied.duration_s if attempt.target.applied else None
    return elapsed_s
