"""What follows a pass: the record, the time of the next pass, logs, measurements and notices."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.reconcile.conditions import after_pass
from orchestrator.reconcile.keeper import Keeper
from orchestrator.reconcile.loop_context import LoopContext
from orchestrator.reconcile.managed import Fleet, Managed
from orchestrator.reconcile.notices import notices_of
from orchestrator.reconcile.outcome import PassFacts, PassOutcome
from orchestrator.reconcile.ports import PassSummary
from orchestrator.reconcile.record import Record
from orchestrator.reconcile.schedule import pause_after
from orchestrator.reconcile.task import Known, PassEnd


class FollowUp:
    """Takes up what passes found. Called from the threads of the passes."""

    def __init__(self, fleet: Fleet, keeper: Keeper, context: LoopContext) -> None:
        self._fleet = fleet
        self._keeper = keeper
        self._context = context

    def take_up(self, project: Managed, end: PassEnd, *, once: bool) -> None:
        """Take up what a pass found.

        Args:
            once: no pass follows unless this one left something unsettled.
        """
        facts = end.facts
        before = end.known.record
        after = after_pass(before, facts, project.policy.backoff) if facts.outcome.conclusive else before
        stood_by_for = project.standby
        if project.passes == 0 and self._context.notifier is not None:
            self._context.notifier.restore(project.name, before.notified)
        with self._fleet.lock:
            after = replace(after, suspended=before.suspended if project.suspended is None else project.suspended)
            # Somebody resumed the project before its record could be read, which still says that it rests.
            resumed = facts.outcome is PassOutcome.SUSPENDED and not after.suspended
            self._update(project, end.known, after, facts)
            pause = 0.0 if resumed else self._pause(project, after, facts)
            over = once and _settled(facts)
            project.due_at = float("inf") if over else min(project.due_at, self._context.clock.monotonic() + pause)
        if facts.outcome.conclusive or resumed:
            self._keeper.save(project)
        if facts.outcome is not PassOutcome.STANDING_BY:
            self._report(project, before, after, facts)
        elif facts.standing_by_for != stood_by_for:
            self._context.watch("standing by", {"project": project.name, "for": facts.standing_by_for})
        if facts.revision is not None:
            project.source.keep([facts.revision.id])
        with self._fleet.lock:
            project.control = None

    def _update(self, project: Managed, known: Known, after: Record, facts: PassFacts) -> None:
        project.known = _kept(known, after, facts, self._context.clock.monotonic(), project)
        project.suspended = after.suspended
        project.standby = facts.standing_by_for
        project.newest = facts.revision.id if facts.revision else project.newest
        project.passes += 1 if facts.outcome is not PassOutcome.STANDING_BY else 0
        if project.cause == "interval" and facts.outcome is PassOutcome.FAILED:
            project.cause = "retry"
        self._fleet.ends[project.name] = facts

    def _pause(self, project: Managed, after: Record, facts: PassFacts) -> float:
        wall, chance = self._context.clock.now(), self._context.random.random()
        return pause_after(facts, after.failures, project.policy, wall, chance)

    def _report(self, project: Managed, before: Record, after: Record, facts: PassFacts) -> None:
        """Tell logs, measurements and people. The record is kept by now, so that whoever hears of the pass finds it there."""
        self._context.watch("pass.end", _event(project.name, facts))
        if not facts.outcome.conclusive:
            return
        if self._context.meter is not None:
            self._context.meter.passed(_summary(project.name, facts))
        if self._context.notifier is not None:
            for notice in notices_of(project.name, before, after, facts):
                self._context.notifier.notify(notice)


def _settled(facts: PassFacts) -> bool:
    """Whether nothing is left that another look within moments would settle."""
    return facts.outcome is not PassOutcome.INTERRUPTED and facts.retry_in_s is None


def _kept(known: Known, after: Record, facts: PassFacts, now: float, project: Managed) -> Known:
    if facts.outcome is PassOutcome.STANDING_BY:
        return Known()
    retry_at = known.retry_at
    if facts.outcome is PassOutcome.FAILED:
        retry_at = now + project.policy.backoff.delay(after.failures)
    return replace(known, record=after, retry_at=retry_at)


def _event(name: str, facts: PassFacts) -> dict[str, object]:
    trouble = facts.trouble or facts.source_trouble
    return {
        "pass_id": facts.pass_id,
        "project": name,
        "outcome": facts.outcome.value,
        "revision": facts.revision.id if facts.revision else "",
        "duration_s": round(facts.duration_s, 3),
        "changed": len(facts.done),
        "waiting": len(facts.waiting),
        "drift": list(facts.drift),
        "healed": list(facts.healed),
        **({"reason": trouble.reason, "message": trouble.message} if trouble else {}),
    }


def _summary(name: str, facts: PassFacts) -> PassSummary:
    resources: dict[str, int] = {}
    for outcome in facts.done.values():
        resources[outcome] = resources.get(outcome, 0) + 1
    if facts.failures:
        resources["failed"] = len(facts.failures)
    return PassSummary(
        name,
        facts.outcome.value,
        facts.duration_s,
        facts.started_at + facts.duration_s,
        len(facts.drift),
        len(facts.healed),
        len(facts.waiting),
        resources,
    )
