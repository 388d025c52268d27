"""Do one step: bind, call, wait, verify, and say what the state shall keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
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
from orchestrator.core.ports import Backend, Request, ScoringAnswer, ScoringRequest, StateChange
from orchestrator.core.resource import Applied, Desired, Observed, Removal
from orchestrator.core.run import CheckResult, Event, EventKind, Outcome, Step, StepResult, Verb
from orchestrator.execution.bind import bind
from orchestrator.execution.finished import Finished
from orchestrator.execution.options import ApplyOptions
from orchestrator.execution.record import record_of
from orchestrator.execution.redact import Redactor
from orchestrator.execution.retry import Evidence, Retrier
from orchestrator.execution.timeouts import timeout_of
from orchestrator.execution.verify import verify

STOPPED = "Not started because of the wish to stop."

_WITHOUT_EFFECT = (NotFound, Conflict, Denied, Invalid, Throttled, Transient)
_AT_REST = (Health.HEALTHY, Health.SUSPENDED)
_INSTANT = (Behaviour.RECORD, Behaviour.ASSET)
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
        self._backend = backend
        self._kinds = kinds
        self._lineage = lineage
        self._options = options
        self._changes = {change.address: change for change in plan.effective}
        self._made: dict[Address, Observed] = {}
        self._retrier = Retrier(options.retry, options.random, options.clock, options.cancel)
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
        before = attempt.target.observed
        try:
            if attempt.step.verb is Verb.UPDATE and before is not None:
                if _under_way(before, attempt.change, request):
                    return before
                return self._retrier.call(
                    lambda: self._backend.update(request, before),
                    lambda text: self._tell(EventKind.RETRY, attempt, text),
                    lambda: self._updated(request),
                )
            return self._retrier.call(
                lambda: self._backend.create(request),
                lambda text: self._tell(EventKind.RETRY, attempt, text),
                lambda: self._created(request, self._kind(attempt)),
            )
        except BackendError as error:
            attempt.touched = not isinstance(error, _WITHOUT_EFFECT)
            raise

    def _created(self, request: Request, kind: Kind) -> Observed | None:
        """Whether a create whose answer was lost has happened."""
        seen = self._backend.read(request.address, request.revision or None)
        if seen is None or seen.archived:
            return None
        # What bears no tags cannot say whose it is; the plan has seen it absent.
        return seen if not kind.taggable or request.fingerprint.matches(seen.fingerprint) else None

    def _updated(self, request: Request) -> Observed | None:
        """Whether an update whose answer was lost has happened. Labels count too, unlike after a create."""
        seen = self._backend.read(request.address, request.revision or None)
        return seen if seen is not None and seen.fingerprint == request.fingerprint.pack() else None

    def _reuse(self, attempt: _Attempt) -> None:
        attempt.properties = bind(attempt.target.resolved, self._live, self._kinds)
        attempt.observed = attempt.target.reused
        revision = attempt.observed.revision if attempt.observed else attempt.change.after or ""
        if attempt.observed is not None and attempt.observed.health is Health.PROGRESSING:
            self._wait(attempt, revision, timeout_of(_wish(attempt), self._kind(attempt)))

    def _delete(self, attempt: _Attempt) -> None:
        """Delete or archive everything at the address that is ours; what is gone already is no error."""
        target = attempt.target
        removal = target.removal or Removal.DELETE
        for observed in target.owned or ((target.observed,) if target.observed else ()):
            if observed.health is Health.PROGRESSING and self._kind(attempt).identity is Identity.RUN:
                self._call(attempt, partial(self._backend.cancel, observed.address, observed.revision))
            self._call(
                attempt,
                partial(self._backend.delete, observed.address, observed.revision, removal),
                partial(self._gone, observed, removal),
            )

    def _call(self, attempt: _Attempt, effect: Callable[[], None], gone: Evidence[bool] | None = None) -> None:
        def done() -> bool:
            with suppress(NotFound):
                effect()
            return True

        self._retrier.call(done, lambda text: self._tell(EventKind.RETRY, attempt, text), gone)

    def _gone(self, observed: Observed, removal: Removal) -> bool | None:
        seen = self._backend.read(observed.address, observed.revision or None)
        return True if seen is None or (removal is Removal.ARCHIVE and seen.archived) else None

    def _settle_down(self, attempt: _Attempt, revision: str, timeout_s: float | None) -> None:
        observed = attempt.observed
        if observed is not None and self._kind(attempt).local.behaviour in _INSTANT and observed.health in _AT_REST:
            return
        self._wait(attempt, observed.revision if observed and observed.revision else revision, timeout_s)

    def _wait(self, attempt: _Attempt, revision: str, timeout_s: float | None) -> None:
        began = self._options.clock.monotonic()

        def rest() -> Observed:
            left = None if timeout_s is None else max(0.0, timeout_s - (self._options.clock.monotonic() - began))
            return self._backend.wait(attempt.step.address, revision, left, self._options.cancel, progress)

        def progress(text: str) -> None:
            self._tell(EventKind.PROGRESS, attempt, text)

        attempt.observed = self._retrier.call(rest, lambda text: self._tell(EventKind.RETRY, attempt, text))

    def _verify(self, attempt: _Attempt, desired: Desired) -> None:
        if not desired.checks:
            return
        address = attempt.step.address
        endpoint = address.parent or address
        deployment = address.leaf if self._kind(attempt).local.behaviour is Behaviour.DEPLOYMENT else ""

        def score(request: ScoringRequest) -> ScoringAnswer:
            return self._retrier.call(
                lambda: self._backend.score(endpoint, request),
                lambda text: self._tell(EventKind.RETRY, attempt, text),
            )

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


def _run_time(attempt: _Attempt, elapsed: float) -> float:
    """The workspace knows best how long a run took: we may have come when it was half done."""
    told = attempt.observed.attributes.get("duration_s") if attempt.observed else None
    return float(told) if isinstance(told, int | float) else elapsed
