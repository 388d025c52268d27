"""One pass over one project: fetch, load, plan, decide, apply, look again. Gives facts; remembers nothing itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.health import Health, Sync
from orchestrator.core.ports import Clock
from orchestrator.core.run import NOT_WELL, RunReport
from orchestrator.core.run import Outcome as StepOutcome
from orchestrator.reconcile import troubles
from orchestrator.reconcile.outcome import PassFacts, PassOutcome, Trouble, Waiting
from orchestrator.reconcile.ports import Revision, SourceError
from orchestrator.reconcile.record import Record, from_document
from orchestrator.reconcile.stages import Engine, Look, Session, StandingBy
from orchestrator.reconcile.switches import Circumstances, Held, Hold, held_back, is_drift
from orchestrator.reconcile.task import Control, Known, PassEnd, Task, Watch
from orchestrator.reconcile.windows import frozen
from orchestrator.report.reasons import change_reason

_DONE_WELL = frozenset(StepOutcome) - NOT_WELL
_UNWELL = (Health.DEGRADED, Health.MISSING, Health.UNKNOWN)


class Pass:
    """One pass; used once."""

    def __init__(self, task: Task, known: Known, engine: Engine, clock: Clock, control: Control, watch: Watch) -> None:
        self._task = task
        self._known = known
        self._engine = engine
        self._clock = clock
        self._control = control
        self._watch = watch
        self._first = not known.recalled
        self._loaded = False
        self._began = clock.monotonic()
        self._facts = PassFacts(secrets.token_hex(4), task.cause, clock.now(), 0.0, PassOutcome.FAILED)

    def run(self) -> PassEnd:
        """Do it. Raises nothing that is expected."""
        revision = None
        try:
            holder = self._engine.other_loop(self._task.project)
            if holder:
                return self._stands_by(holder)
            facts = {"pass_id": self._facts.pass_id, "project": self._task.project, "cause": self._task.cause}
            self._watch("pass.start", facts)
            self._recall()
            revision = self._fetch()
            self._facts = replace(self._facts, revision=revision)
            self._control.revision = revision.id
            left = self._backs_off(revision)
            if left > 0:
                self._facts = replace(self._facts, retry_in_s=left)
                return self._end(PassOutcome.BACKED_OFF)
            return self._work(revision)
        except SourceError as error:
            return self._failed(troubles.of_source(error))
        except StandingBy as error:
            return self._stands_by(error.holder)
        except Exception as error:
            # A loop outlives every failure of a pass: it is told, and the next pass tries again.
            trouble = troubles.of_exception(error, revision, planning=self._loaded)
            if trouble.reason == "InternalError":
                self._watch("pass.defect", {"pass_id": self._facts.pass_id, "exc_info": error})
            return self._failed(trouble)

    def _stands_by(self, holder: str) -> PassEnd:
        self._known = Known()
        self._facts = replace(self._facts, standing_by_for=holder)
        return self._end(PassOutcome.STANDING_BY)

    def _recall(self) -> Record:
        """Go on from what was remembered, as soon as it can be read: before that the workspace is not known."""
        known = self._known
        if not known.recalled:
            document = self._engine.recall(self._task.project)
            if document is not None:
                self._known = replace(known, record=from_document(document), recalled=True)
        return self._known.record

    def _fetch(self) -> Revision:
        try:
            return self._task.source.fetch()
        except SourceError as error:
            if error.last_good is None:
                raise
            self._facts = replace(self._facts, source_trouble=troubles.of_source(error))
            return error.last_good

    def _backs_off(self, revision: Revision) -> float:
        record = self._known.record
        if self._task.asked or not record.failures:
            return 0.0
        if record.attempted is None or record.attempted.id != revision.id:
            return 0.0
        return self._known.retry_at - self._clock.monotonic()

    def _work(self, revision: Revision) -> PassEnd:
        with self._engine.open(self._task.project, revision) as session:
            self._loaded = True
            record = self._recall()
            self._known = replace(self._known, recalled=True)
            return self._end(PassOutcome.SUSPENDED) if record.suspended else self._reconcile(session)

    def _reconcile(self, session: Session) -> PassEnd:
        policy = self._task.policy
        prune = policy.prunes_any and (session.desired > 0 or policy.allow_empty)
        look = session.look(prune=prune)
        held = self._held(look)
        to_apply = [change for change in look.plan.effective if change.address not in held]
        if not to_apply:
            self._seen(look, held)
            self._facts = replace(self._facts, healed=self._healed_before())
            return self._end(PassOutcome.PENDING if held else PassOutcome.CLEAN)
        if self._control.stopped_for:
            self._seen(look, held)
            return self._end(PassOutcome.INTERRUPTED)
        self._watch("pass.apply", {"pass_id": self._facts.pass_id, "changes": len(to_apply), "held": len(held)})
        report = session.apply(look, frozenset(held), self._control.cancel)
        return self._applied(report, session, held, prune=prune)

    def _held(self, look: Look) -> dict[Address, Held]:
        now = self._clock.monotonic()
        drifted = [change.address for change in look.plan.effective if is_drift(change) or self._half_healed(change)]
        since = {address: self._known.drift_since.get(address, now) for address in drifted}
        self._known = replace(self._known, drift_since=since)
        window = frozen(self._task.policy.freezes, self._clock.now())
        reason = f"frozen{f': {window.reason}' if window.reason else ''}" if window else ""
        self._facts = replace(
            self._facts,
            drift=tuple(map(str, drifted)),
            frozen_until=window.until if window else None,
        )
        ages = {address: now - first for address, first in since.items()}
        held = held_back(look.plan, self._task.policy, Circumstances(reason, ages))
        debounced = [a for a, one in held.items() if one.why is Hold.DEBOUNCE]
        if debounced:
            left = min(self._task.policy.debounce_s - ages[address] for address in debounced)
            self._facts = replace(self._facts, retry_in_s=max(0.0, left))
        return held

    def _half_healed(self, change: Change) -> bool:
        """Whether a change is what is left of setting something back: an earlier try failed, so that the plan no longer calls it drift."""
        known = str(change.address) in self._known.record.drift and change.action is not Action.DELETE
        return known and not self._is_news()

    def _healed_before(self) -> tuple[str, ...]:
        """Drift that the record still knows and that is gone: an earlier process died after it had set it back, before it could tell."""
        if not self._first or self._is_news():
            return ()
        policy, waiting = self._task.policy, {change.address for change in self._facts.waiting}
        gone = [address for address in self._known.record.drift if address not in {*waiting, *self._facts.drift}]
        return tuple(address for address in gone if policy.applies(address) and policy.heals(address))

    def _is_news(self) -> bool:
        """Whether this is the first pass with this revision."""
        attempted, revision = self._known.record.attempted, self._facts.revision
        return attempted is None or revision is None or attempted.id != revision.id

    def _applied(self, report: RunReport, session: Session, held: Mapping[Address, Held], *, prune: bool) -> PassEnd:
        done = {str(r.address): r.outcome.value for r in report.results if r.outcome in _DONE_WELL}
        failures = {str(r.address): r.error for r in report.results if r.outcome not in _DONE_WELL}
        healed = (*(address for address in self._facts.drift if address in done), *self._healed_before())
        self._facts = replace(
            self._facts, done=done, failures=failures, healed=healed, stopped_for=self._control.stopped_for
        )
        trouble = troubles.of_report(report, self._facts.revision)
        self._seen(session.look(prune=prune), held)
        if trouble is not None:
            return self._failed(trouble)
        return self._end(PassOutcome.INTERRUPTED if report.interrupted else PassOutcome.CHANGED)

    def _seen(self, look: Look, held: Mapping[Address, Held]) -> None:
        """Take up what waits and how everything is."""
        waiting = []
        for change in look.plan.effective:
            one = held.get(change.address)
            cause = change_reason(change)
            waiting.append(
                Waiting(
                    str(change.address),
                    change.action.value,
                    one.reason if one else cause,
                    one.why if one else None,
                    is_drift(change),
                    cause,
                )
            )
        at_stake = {change.address for change in look.plan.effective}
        well = [s for s in look.statuses if s.sync is not Sync.ORPHANED and s.address not in at_stake]
        self._facts = replace(
            self._facts,
            waiting=tuple(waiting),
            orphaned=tuple(str(c.address) for c in look.plan.changes if c.orphaned and c.action is Action.NOOP),
            unhealthy={str(s.address): s.message for s in well if s.health in _UNWELL},
            progressing=tuple(str(s.address) for s in well if s.health is Health.PROGRESSING),
        )
        left = {change.address for change in look.plan.effective}
        since = {address: first for address, first in self._known.drift_since.items() if address in left}
        self._known = replace(self._known, drift_since=since)

    def _failed(self, trouble: Trouble) -> PassEnd:
        self._facts = replace(self._facts, trouble=trouble)
        return self._end(PassOutcome.FAILED)

    def _end(self, outcome: PassOutcome) -> PassEnd:
        facts = replace(self._facts, outcome=outcome, duration_s=self._clock.monotonic() - self._began)
        return PassEnd(facts, self._known)
