"""A pass's facts and what was known before → what is known now. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from orchestrator.reconcile.outcome import PassFacts, PassOutcome, Trouble, Waiting
from orchestrator.reconcile.policy import Backoff
from orchestrator.reconcile.record import LISTED, Condition, ConditionType, Counts, Entry, Record, Tried, appended
from orchestrator.reconcile.switches import Hold

_HARMLESS = (Hold.PRUNE_OFF, Hold.TOO_MANY_DELETIONS)
"""What waits for these does no harm to what the spec wants: everything of that is in place."""

ConditionStatus = tuple[bool, str, str]
"""Status, reason and message of a condition."""


def after_pass(before: Record, facts: PassFacts, backoff: Backoff) -> Record:
    """The record after a pass."""
    end = iso(facts.started_at + facts.duration_s)
    failures = _failures(before, facts)
    tried = Tried(facts.revision.id, facts.revision.message, end) if facts.revision else before.attempted
    succeeded = facts.outcome in (PassOutcome.CLEAN, PassOutcome.CHANGED, PassOutcome.PENDING)
    in_force = succeeded and facts.revision is not None and not _wanting(facts.waiting)
    record = replace(
        before,
        attempted=tried,
        applied=tried if in_force else before.applied,
        failures=failures,
        retry_at=iso(facts.started_at + facts.duration_s + backoff.delay(failures)) if failures else "",
        last_success=end if succeeded else before.last_success,
        counts=_counts(before, facts),
        history=appended(before.history, _entry(facts, end)),
    )
    return replace(_with_sight(record, facts, end), conditions=conditions(before, facts, failures, end))


def iso(seconds: float) -> str:
    """A moment as text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def conditions(before: Record, facts: PassFacts, failures: int, at: str) -> tuple[Condition, ...]:
    """The three conditions after a pass."""
    revision = facts.revision.id if facts.revision else ""
    answers = {
        ConditionType.READY: _ready(facts),
        ConditionType.RECONCILING: _reconciling(facts, failures),
        ConditionType.STALLED: _stalled(facts, failures),
    }
    return tuple(_condition(before, type_, answer, revision, at) for type_, answer in answers.items())


def _condition(before: Record, type_: ConditionType, answer: ConditionStatus, revision: str, at: str) -> Condition:
    status, reason, message = answer
    old = before.condition(type_)
    since = old.since if old is not None and old.status == status else at
    return Condition(type_, status, reason, message, revision, since)


def _ready(facts: PassFacts) -> ConditionStatus:
    if facts.trouble is not None:
        return False, facts.trouble.reason, facts.trouble.message
    if facts.outcome is PassOutcome.INTERRUPTED:
        return False, "Interrupted", f"Paused between two steps for {facts.stopped_for}."
    wanting = _wanting(facts.waiting)
    if wanting:
        return False, _why_waiting(wanting), f"{_how_many(wanting)}: {_first(wanting)}"
    if facts.unhealthy:
        address, message = next(iter(facts.unhealthy.items()))
        return False, "Unhealthy", f"{address}: {message}" if message else f"{address} is not healthy"
    if facts.progressing:
        return False, "Progressing", f"{', '.join(facts.progressing[:3])} not ready yet"
    return True, "UpToDate", "The workspace matches the spec."


def _reconciling(facts: PassFacts, failures: int) -> ConditionStatus:
    if facts.outcome is PassOutcome.INTERRUPTED:
        return True, "Interrupted", f"Resumes after {facts.stopped_for}."
    trouble = facts.trouble or facts.source_trouble
    if trouble is not None and not _is_stalled(trouble, failures):
        return True, trouble.reason, trouble.message
    debounced = [waiting for waiting in facts.waiting if waiting.why is Hold.DEBOUNCE]
    if debounced:
        return True, "DriftSeen", f"{len(debounced)} drifted: {_first(debounced)}"
    if facts.progressing:
        return True, "Progressing", f"{', '.join(facts.progressing[:3])} not ready yet"
    return False, "Idle", ""


def _stalled(facts: PassFacts, failures: int) -> ConditionStatus:
    trouble = facts.trouble or facts.source_trouble
    if trouble is not None and _is_stalled(trouble, failures):
        return True, trouble.reason, trouble.message
    held = [waiting for waiting in facts.waiting if waiting.why is Hold.TOO_MANY_DELETIONS]
    if held:
        return True, "DeletionsHeld", held[0].reason
    return False, "Working", ""


def _is_stalled(trouble: Trouble, failures: int) -> bool:
    """A failing revision is stalled once its automatic retry failed too."""
    return trouble.stalls or (not trouble.passing and failures > 1)


def _failures(before: Record, facts: PassFacts) -> int:
    """How often in a row the revision failed. What lies outside of it counts too: it must be waited for as well."""
    if facts.outcome is not PassOutcome.FAILED:
        return 0
    revision = facts.revision.id if facts.revision else ""
    same = before.attempted is not None and (not revision or before.attempted.id == revision)
    return before.failures + 1 if same else 1


def _wanting(waiting: Iterable[Waiting]) -> list[Waiting]:
    """What the spec wants and is not there."""
    return [change for change in waiting if change.why not in _HARMLESS]


def _why_waiting(waiting: list[Waiting]) -> str:
    names = {
        Hold.FROZEN: "Frozen",
        Hold.OBSERVE_ONLY: "ObserveOnly",
        Hold.SELF_HEAL_OFF: "Drifted",
        Hold.DEBOUNCE: "Drifted",
    }
    return next((names[w.why] for w in waiting if w.why in names), "Pending")


def _how_many(waiting: list[Waiting]) -> str:
    """``3 changes wait, 1 of them drift``: what others changed is told apart from what the spec asks for."""
    drifted = sum(change.drift for change in waiting)
    summary = f"{len(waiting)} change{' waits' if len(waiting) == 1 else 's wait'}"
    return summary + (f", {drifted} of them drift" if 0 < drifted < len(waiting) else ", drift" if drifted else "")


def _first(waiting: list[Waiting]) -> str:
    first = waiting[0]
    return f"{first.action} {first.address} ({first.reason})"


def _counts(record: Record, facts: PassFacts) -> Counts:
    before = record.counts
    return Counts(
        before.passes + 1,
        before.changed + (1 if facts.done else 0),
        before.failed + (1 if facts.outcome is PassOutcome.FAILED else 0),
        before.drift_found + len([address for address in facts.drift if address not in record.drift]),
        before.drift_healed + len(facts.healed),
    )


def _with_sight(record: Record, facts: PassFacts, at: str) -> Record:
    """What the workspace looked like. A pass that never got to look leaves what was known."""
    if facts.trouble is not None and not facts.done and not facts.failures:
        return record
    left = [address for address in facts.drift if address not in facts.healed]
    pending = tuple(
        {
            "address": w.address,
            "action": w.action,
            "reason": w.reason,
            "why": w.why.value if w.why else "",
            "cause": w.cause,
            "drift": w.drift,
        }
        for w in facts.waiting[:LISTED]
    )
    drift = {address: record.drift.get(address, at) for address in left}
    return replace(record, pending=pending, waiting=len(facts.waiting), orphaned=facts.orphaned, drift=drift)


def _entry(facts: PassFacts, end: str) -> Entry:
    trouble = facts.trouble or facts.source_trouble
    return Entry(
        facts.pass_id,
        facts.cause,
        iso(facts.started_at),
        end,
        round(facts.duration_s, 3),
        facts.revision.id if facts.revision else "",
        facts.outcome.value,
        trouble.message if trouble else "",
        dict(list(facts.done.items())[:LISTED]),
        facts.drift,
        facts.healed,
        changed=len(facts.done),
    )
