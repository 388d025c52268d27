"""Do one step: bind, call, wait, verify, and say what the state shall keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.errors import (
    BackendError,
    Cancelled,
    Conflict,
    Denied,
    Failed,
    Invalid,
    NotFound,
    Throttled,
    Transient,
)
from orchestrator.core.health import Health
from orchestrator.core.kind import Behaviour, Identity, Kind, Kinds
from orchestrator.core.plan import Plan, Target
from orchestrator.core.ports import Backend, Request, StateChange
from orchestrator.core.resource import Applied, Desired, Observed, Removal
from orchestrator.core.run import CheckResult, Event, EventKind, Outcome, Step, StepResult, Verb
from orchestrator.execution.bind import bind
from orchestrator.execution.calls import Calls
from orchestrator.execution.finished import Finished
from orchestrator.execution.options import ApplyOptions
from orchestrator.execution.record import record_of
from orchestrator.execution.redact import Redactor
from orchestrator.execution.retry import Told
from orchestrator.execution.timeouts import timeout_of
from orchestrator.execution.verify import verify

STOPPED = "Not started because of the wish to stop."

_WITHOUT_EFFECT = (NotFound, Conflict, Denied, Invalid, Throttled, Transient)
_AT_REST = (Health.HEALTHY, Health.SUSPENDED)
_INSTANT = (Behaviour.RECORD, Behaviour.ASSET, Behaviour.ACCESS)
"""What is there as soon as it is written, unless the workspace says otherwise."""

_OUTCOMES = {
    Action.CREATE: Outcome.CREATED,
    Action.REVISE: Outcome.REVISED,
    Action.UPDATE: Outcome.UPDATED,
    Action.RUN: Outcome.RAN,
    Action.REPLACE: Outcome.REPLACED,
}
_REMOVED = {Verb.DELETE: Outcome.DELETED, Verb.FORGET: Outcome.FORGOTTEN}


@dataclass(slots=True)
class _Attempt:
    """How far a step has come; read when it fails.

    Attributes:
        touched: it may have had an effect.
    """

    step: Step
    change: Change
    target: Target
    began: float
    properties: Mapping[str, Any] = field(default_factory=dict)
    observed: Observed | None = None
    answers: tuple[CheckResult, ...] = ()
    touched: bool = False


class StepRunner:
    """Does the steps of one apply. `run` may be called from several threads at once.

    Args:
        lineage: of the state; keys the digests of secrets.
    """

    def __init__(self, plan: Plan, backend: Backend, kinds: Kinds, lineage: str, options: ApplyOptions) -> None:
        self._plan = plan
        self._kinds = kinds
        self._lineage = lineage
        self._options = options
        self._changes = {change.address: change for change in plan.effective}
        self._made: dict[Address, Observed] = {}
        self._calls = Calls(backend, options)
        self._redact = Redactor(target.resolved for target in plan.targets.values())

    def run(self, step: Step) -> Finished:
        """Do a step. Failures of the workspace are part of the result, never raised."""
        change = self._changes[step.address]
        if self._options.cancel.draining:
            return self.not_started(step, Outcome.CANCELLED, STOPPED)
        self._options.listener(Event(EventKind.STARTED, step.address, verb=step.verb))
        target = self._plan.targets[step.address]
        attempt = _Attempt(step, change, target, self._options.clock.monotonic())
        try:
            self._do(attempt)
        except BackendError as error:
            return self._failed(attempt, error)
        return self._succeeded(attempt)

    def not_started(self, step: Step, outcome: Outcome, why: str) -> Finished:
        """The result of a step that was kept from starting."""
        code = "Cancelled" if outcome is Outcome.CANCELLED else ""
        result = StepResult(step.address, outcome, error=why, code=code, span=self._changes[step.address].span)
        return Finished(step, result, StateChange(step.id, step.address, None, outcome.value, why, keep=True))

    def _do(self, attempt: _Attempt) -> None:
        match attempt.step.verb:
            case Verb.FORGET:
                pass
            case Verb.DELETE:
                self._delete(attempt)
            case Verb.REUSE:
                self._reuse(attempt)
            case _:
                self._make(attempt)

    def _make(self, attempt: _Attempt) -> None:
        request = self._request(attempt)
        attempt.observed = self._send(attempt, request)
        attempt.touched = True
        self._settle_down(attempt, request.revision, request.timeout_s)
        self._verify(attempt, _wish(attempt))

    def _request(self, attempt: _Attempt) -> Request:
        desired, target = _wish(attempt), attempt.target
        attempt.properties = bind(target.resolved, self._live, self._kinds)
        return Request(
            attempt.step.address,
            attempt.change.after or "",
            attempt.properties,
            target.fingerprint,
            self._plan.project,
            attempt.step.key,
            desired.variant,
            timeout_of(desired, self._kind(attempt)),
        )

    def _send(self, attempt: _Attempt, request: Request) -> Observed:
        before, told = attempt.target.observed, self._told(attempt)
        try:
            if attempt.step.verb is not Verb.UPDATE or before is None:
                return self._calls.create(request, told, tagged=self._kind(attempt).taggable)
            return before if _under_way(before, attempt.change, request) else self._calls.update(request, before, told)
        except BackendError as error:
            attempt.touched = not isinstance(error, _WITHOUT_EFFECT)
            raise

    def _reuse(self, attempt: _Attempt) -> None:
        attempt.properties = bind(attempt.target.resolved, self._live, self._kinds)
        attempt.observed = attempt.target.reused
        revision = attempt.observed.revision if attempt.observed else attempt.change.after or ""
        if attempt.observed is not None and attempt.observed.health is Health.PROGRESSING:
            self._wait(attempt, revision, timeout_of(_wish(attempt), self._kind(attempt)))

    def _delete(self, attempt: _Attempt) -> None:
        """Delete or archive everything at the address that is ours."""
        target, told = attempt.target, self._told(attempt)
        for observed in target.owned or ((target.observed,) if target.observed else ()):
            if observed.health is Health.PROGRESSING and self._kind(attempt).identity is Identity.RUN:
                self._calls.cancel(observed, told)
            self._calls.delete(observed, target.removal or Removal.DELETE, told)

    def _settle_down(self, attempt: _Attempt, revision: str, timeout_s: float | None) -> None:
        observed = attempt.observed
        if observed is not None and self._kind(attempt).local.behaviour in _INSTANT and observed.health in _AT_REST:
            return
        self._wait(attempt, observed.revision if observed and observed.revision else revision, timeout_s)

    def _wait(self, attempt: _Attempt, revision: str, timeout_s: float | None) -> None:
        progress = partial(self._tell, EventKind.PROGRESS, attempt)
        told = self._told(attempt)
        attempt.observed = self._calls.wait(attempt.step.address, revision, timeout_s, progress, told)

    def _verify(self, attempt: _Attempt, desired: Desired) -> None:
        if not desired.checks:
            return
        address = attempt.step.address
        endpoint = address.parent or address
        deployment = address.leaf if self._kind(attempt).local.behaviour is Behaviour.DEPLOYMENT else ""
        score = partial(self._calls.score, endpoint, told=self._told(attempt))
        attempt.answers = tuple(self._clean(answer) for answer in verify(desired.checks, deployment, score))
        failed = [answer for answer in attempt.answers if answer.problem]
        if failed:
            raise Failed("; ".join(f"test '{answer.name}' failed: {answer.problem}" for answer in failed))

    def _succeeded(self, attempt: _Attempt) -> Finished:
        step, change = attempt.step, attempt.change
        if attempt.observed is not None:
            self._made[step.address] = attempt.observed
        duration = self._elapsed(attempt)
        outcome = Outcome.REUSED if step.verb is Verb.REUSE else _REMOVED.get(step.verb) or _OUTCOMES[change.action]
        applied = None
        if step.verb not in _REMOVED:
            applied = replace(self._record(attempt), duration_s=_run_time(attempt, duration))
        result = StepResult(
            step.address,
            outcome,
            applied.revision if applied else "",
            duration,
            observed=attempt.observed,
            span=change.span,
            answers=attempt.answers,
        )
        return Finished(step, result, StateChange(step.id, step.address, applied, outcome.value))

    def _failed(self, attempt: _Attempt, error: BackendError) -> Finished:
        step, change = attempt.step, attempt.change
        outcome = Outcome.CANCELLED if isinstance(error, Cancelled) else Outcome.FAILED
        text = self._redact(f"{error.detail} {error.fix}".strip())
        # A run that failed is in the workspace for the next plan to see; the last good one stays on record.
        keep = not attempt.touched or step.verb is Verb.RUN
        applied = None if keep else replace(self._record(attempt), tainted=True)
        result = StepResult(
            step.address,
            outcome,
            change.after or "",
            self._elapsed(attempt),
            text,
            type(error).__name__,
            attempt.observed,
            change.span,
            attempt.answers,
        )
        return Finished(step, result, StateChange(step.id, step.address, applied, outcome.value, text, keep))

    def _record(self, attempt: _Attempt) -> Applied:
        return record_of(
            attempt.change, attempt.target, _wish(attempt), attempt.observed, attempt.properties, self._lineage
        )

    def _kind(self, attempt: _Attempt) -> Kind:
        return self._kinds[attempt.step.address.kind]

    def _live(self, address: Address) -> Observed | None:
        made = self._made.get(address)
        if made is not None:
            return made
        target = self._plan.targets.get(address)
        return (target.reused or target.observed) if target else None

    def _elapsed(self, attempt: _Attempt) -> float:
        return self._options.clock.monotonic() - attempt.began

    def _told(self, attempt: _Attempt) -> Told:
        return partial(self._tell, EventKind.RETRY, attempt)

    def _tell(self, kind: EventKind, attempt: _Attempt, text: str) -> None:
        self._options.listener(Event(kind, attempt.step.address, self._redact(text), attempt.step.verb))

    def _clean(self, answer: CheckResult) -> CheckResult:
        return replace(answer, body=self._redact(answer.body), problem=self._redact(answer.problem))


def _wish(attempt: _Attempt) -> Desired:
    desired = attempt.target.desired
    if desired is None:
        raise Invalid(f"The plan says to {attempt.step.verb.value} {attempt.step.address} but not how.")
    return desired


def _under_way(live: Observed, change: Change, request: Request) -> bool:
    """Whether an earlier apply has started exactly this and was stopped while it waited: to be adopted, not started twice."""
    same = live.fingerprint == request.fingerprint.pack()
    return live.health is Health.PROGRESSING and same and all(field.action is Action.NOOP for field in change.fields)


def _run_time(attempt: _Attempt, elapsed: float) -> float | None:
    """The workspace knows best how long a run took: we may have come when it was half done, or long after."""
    told = attempt.observed.attributes.get("duration_s") if attempt.observed else None
    if isinstance(told, int | float):
        return float(told)
    if attempt.step.verb is Verb.REUSE:
        return attempt.target.applied.duration_s if attempt.target.applied else None
    return elapsed
