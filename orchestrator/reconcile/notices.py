"""Which news a pass is, for people who want to be told. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.reconcile.conditions import iso
from orchestrator.reconcile.outcome import PassFacts, PassOutcome
from orchestrator.reconcile.ports import Notice, Trigger
from orchestrator.reconcile.record import ConditionType, Record
from orchestrator.reconcile.switches import Hold

_FOR_PEOPLE = (Hold.OBSERVE_ONLY, Hold.FROZEN, Hold.TOO_MANY_DELETIONS)


def notices_of(project: str, before: Record, after: Record, facts: PassFacts) -> Iterator[Notice]:
    """The news of one pass, gravest first."""

    def notice(trigger: Trigger, summary: str, details: tuple[str, ...] = ()) -> Notice:
        revision = facts.revision
        return Notice(
            trigger,
            project,
            revision.id if revision else "",
            summary,
            revision.label if revision else "",
            details,
            iso(facts.started_at + facts.duration_s),
            facts.pass_id,
        )

    trouble = facts.trouble or facts.source_trouble
    stalled = after.condition(ConditionType.STALLED)
    if stalled is not None and stalled.status:
        yield notice(Trigger.STALLED, stalled.message)
    if facts.outcome is PassOutcome.FAILED and trouble is not None:
        failures = tuple(f"{address}: {error}" for address, error in facts.failures.items())
        yield notice(Trigger.FAILED, trouble.message, failures)
    fresh = tuple(address for address in facts.drift if address not in before.drift and address not in facts.healed)
    if fresh:
        yield notice(Trigger.DRIFT, f"Changed outside amlctl: {', '.join(fresh)}", fresh)
    if facts.healed:
        yield notice(Trigger.HEALED, f"Reverted: {', '.join(facts.healed)}", facts.healed)
    done = tuple(f"{address}: {outcome}" for address, outcome in facts.done.items() if address not in facts.healed)
    if done:
        yield notice(Trigger.APPLIED, f"{len(done)} resources changed", done)
    pending = tuple(f"{w.action} {w.address}: {w.reason}" for w in facts.waiting if w.why in _FOR_PEOPLE)
    if pending:
        yield notice(Trigger.PENDING, f"{len(pending)} changes wait", pending)
