"""Do one step: bind, call, wait, verify."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.errors import (
    BackendError,
    Conflict,
    Denied,
    Failed,
    Invalid,
    NotFound,
    Throttled,
    Transient,
)
from orchestrator.core.health import Health
from orchestrator.core.kind import Identity, Kind, Kinds
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Backend, LogLine, Request
from orchestrator.core.redact import Redactor
from orchestrator.core.resource import Desired, Observed, Removal
from orchestrator.core.run import CheckResult, Event, EventKind, Outcome, Step, Verb
from orchestrator.execution.attempt import Attempt
from orchestrator.execution.bind import bind
from orchestrator.execution.calls import Calls
from orchestrator.execution.finished import Finished
from orchestrator.execution.options import ApplyOptions
from orchestrator.execution.results import failed, not_started, succeeded
from orchestrator.execution.retry import OnRetry
from orchestrator.execution.timeouts import timeout_of
from orchestrator.execution.verify import verify

STOPPED = "Not started: interrupted."

_WITHOUT_EFFECT = (NotFound, Conflict, Denied, Invalid, Throttled, Transient)
_AT_REST = (Health.HEALTHY, Health.SUSPENDED)


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
        self._changes = {change.address: change for change in plan.work}
        self._made: dict[Address, Observed] = {}
        self._calls = Calls(backend, options)
        self._redact = Redactor(target.resolved for target in plan.targets.values())

    def run(self, step: Step) -> Finished:
        """Do a step. Failures of the workspace are part of the result, never raised."""
        change = self._changes[step.address]
        if self._options.cancel.draining:
            return self.not_started(step, Outcome.CANCELLED, STOPPED)
        self._options.listener(Event(kind=EventKind.STARTED, address=step.address, verb=step.verb))
        target = self._plan.targets[step.address]
        attempt = Attempt(step=step, change=change, target=target, began=self._options.clock.monotonic())
        try:
            self._do(attempt)
        except BackendError as error:
            return failed(attempt, error, self._elapsed(attempt), self._lineage, self._redact)
        if attempt.observed is not None:
            self._made[step.address] = attempt.observed
        return succeeded(attempt, self._elapsed(attempt), self._lineage)

    def not_started(self, step: Step, outcome: Outcome, why: str) -> Finished:
        """The result of a step that was kept from starting."""
        return not_started(step, self._changes[step.address], outcome, why)

    def _do(self, attempt: Attempt) -> None:
        match attempt.step.verb:
            case Verb.FORGET:
                pass
            case Verb.DELETE:
                self._delete(attempt)
            case Verb.REUSE:
                self._reuse(attempt)
            case _:
                self._make(attempt)

    def _make(self, attempt: Attempt) -> None:
        request = self._request(attempt)
        attempt.observed = self._send(attempt, request)
        attempt.touched = True
        self._settle_down(attempt, request.revision, request.timeout_s)
        self._verify(attempt, attempt.desired)

    def _request(self, attempt: Attempt) -> Request:
        desired, target = attempt.desired, attempt.target
        attempt.properties = bind(target.resolved, self._live, self._kinds)
        return Request(
            attempt.step.address,
            revision=attempt.change.after or "",
            properties=attempt.properties,
            fingerprint=target.fingerprint,
            owner=self._plan.project,
            key=attempt.step.key,
            variant=desired.variant,
            timeout_s=timeout_of(desired, self._kind(attempt)),
            removed=attempt.change.removed,
            adopted=target.adopted,
        )

    def _send(self, attempt: Attempt, request: Request) -> Observed:
        before, on_retry = attempt.target.observed, self._on_retry(attempt)
        try:
            if attempt.step.verb is not Verb.UPDATE or before is None:
                return self._calls.create(request, on_retry, tagged=self._kind(attempt).taggable)
            if _under_way(before, attempt.change, request):
                return before
            return self._calls.update(request, before, on_retry)
        except BackendError as error:
            attempt.touched = not isinstance(error, _WITHOUT_EFFECT)
            raise

    def _reuse(self, attempt: Attempt) -> None:
        attempt.properties = bind(attempt.target.resolved, self._live, self._kinds)
        attempt.observed = attempt.target.reused
        revision = attempt.observed.revision if attempt.observed else attempt.change.after or ""
        if attempt.observed is not None and attempt.observed.health is Health.PROGRESSING:
            self._wait(attempt, revision, timeout_of(attempt.desired, self._kind(attempt)))

    def _delete(self, attempt: Attempt) -> None:
        """Delete or archive everything at the address that is ours."""
        target, on_retry = attempt.target, self._on_retry(attempt)
        for observed in target.owned or ((target.observed,) if target.observed else ()):
            if observed.health is Health.PROGRESSING and self._kind(attempt).identity is Identity.RUN:
                self._calls.cancel(observed, on_retry)
            self._calls.delete(observed, target.removal or Removal.DELETE, on_retry)

    def _settle_down(self, attempt: Attempt, revision: str, timeout_s: float | None) -> None:
        observed = attempt.observed
        if observed is not None and observed.health in _AT_REST and self._at_once(attempt):
            return
        self._wait(attempt, observed.revision if observed and observed.revision else revision, timeout_s)

    def _at_once(self, attempt: Attempt) -> bool:
        """Whether a step is over when its call is: what only is written, and a run that is over and gets another label."""
        kind = self._kind(attempt)
        return kind.behaviour.instant or (attempt.step.verb is Verb.UPDATE and kind.identity is Identity.RUN)

    def _wait(self, attempt: Attempt, revision: str, timeout_s: float | None) -> None:
        def progress(line: str) -> None:
            self._emit(EventKind.LOG if isinstance(line, LogLine) else EventKind.PROGRESS, attempt, line)

        on_retry = self._on_retry(attempt)
        attempt.observed = self._calls.wait(attempt.step.address, revision, timeout_s, progress, on_retry)

    def _verify(self, attempt: Attempt, desired: Desired) -> None:
        if not desired.checks:
            return
        address = attempt.step.address
        endpoint = address.parent or address
        deployment = address.leaf if self._kind(attempt).behaviour.tested_alone else ""
        score = partial(self._calls.score, endpoint, on_retry=self._on_retry(attempt))
        attempt.answers = tuple(self._clean(answer) for answer in verify(desired.checks, deployment, score))
        wrong = [f"test '{answer.name}' failed: {answer.problem}" for answer in attempt.answers if answer.problem]
        if wrong:
            raise Failed("; ".join(wrong))

    def _kind(self, attempt: Attempt) -> Kind:
        return self._kinds[attempt.step.address.kind]

    def _live(self, address: Address) -> Observed | None:
        made = self._made.get(address)
        if made is not None:
            return made
        target = self._plan.targets.get(address)
        return (target.reused or target.observed) if target else None

    def _elapsed(self, attempt: Attempt) -> float:
        return self._options.clock.monotonic() - attempt.began

    def _on_retry(self, attempt: Attempt) -> OnRetry:
        return partial(self._emit, EventKind.RETRY, attempt)

    def _emit(self, kind: EventKind, attempt: Attempt, text: str) -> None:
        self._options.listener(
            Event(kind=kind, address=attempt.step.address, message=self._redact(text), verb=attempt.step.verb)
        )

    def _clean(self, answer: CheckResult) -> CheckResult:
        return replace(answer, body=self._redact(answer.body), problem=self._redact(answer.problem))


def _under_way(live: Observed, change: Change, request: Request) -> bool:
    """Whether an earlier apply has started exactly this and was stopped while it waited: to be adopted, not started twice."""
    same = live.fingerprint == request.fingerprint.pack()
    return live.health is Health.PROGRESSING and same and all(field.action is Action.NOOP for field in change.fields)
