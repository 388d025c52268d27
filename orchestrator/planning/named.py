"""NAMED: one mutable object per name; create, update in place, or replace where the service cannot."""

from __future__ import annotations

from orchestrator.core.change import Action, FieldChange
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.health import Health
from orchestrator.core.resource import Observed
from orchestrator.planning.existing import Verdict, decided, upkeep
from orchestrator.planning.fields import compared, new_fields, worst
from orchestrator.planning.ownership import is_ours, ownership_problem, unadoptable
from orchestrator.planning.reasons import field_reason
from orchestrator.planning.subject import Decision, Subject


def decide_named(subject: Subject) -> Decision | Diagnostic:
    """Decide on a resource of which there is at most one.

    Returns:
        The decision; a problem if the object that is there is not ours.
    """
    live = [observed for observed in subject.live if not observed.archived]
    if not live:
        return _create(subject)
    problem = ownership_problem(subject)
    if problem is not None:
        return problem
    if subject.renewed:
        parent = subject.desired.address.parent
        return Decision(Action.CREATE, f"upstream: {parent} is replaced", new_fields(subject), after="")
    return _existing(subject, live[-1])


def _existing(subject: Subject, observed: Observed) -> Decision | Diagnostic:
    fields = compared(subject, observed)
    verdict = _verdict(subject, observed, fields)
    if verdict.action is Action.REPLACE and (subject.inborn or not is_ours(observed, subject)):
        return unadoptable(subject, verdict.reason)
    return decided(verdict, observed, fields)


def _create(subject: Subject) -> Decision:
    applied = subject.applied
    if applied is None or subject.renewed:
        return Decision(Action.CREATE, "new", new_fields(subject), after="")
    lost = not applied.tainted
    reason = "drift: deleted outside" if lost else "last apply failed"
    return Decision(Action.CREATE, reason, new_fields(subject), after="", drift=lost)


def _verdict(subject: Subject, observed: Observed, fields: tuple[FieldChange, ...]) -> Verdict:
    if subject.emptied is not None:
        return Verdict(Action.REPLACE, f"upstream: {subject.emptied} is replaced")
    if worst(fields) is Action.REPLACE:
        return Verdict(Action.REPLACE, field_reason(subject, fields))
    if subject.applied is None:
        return _adopt(subject, observed, fields)
    return upkeep(subject, subject.applied, observed, fields)


def _adopt(subject: Subject, observed: Observed, fields: tuple[FieldChange, ...]) -> Verdict:
    """It is there and no record says so: an apply was interrupted, the state was lost, or it is taken over.

    If it is already what is wanted, only the record is written; requests that must be answered still have to be sent.
    """
    why = "made by others" if observed.owner is None and not subject.ours else "ours, but without a record"
    changes = field_reason(subject, fields)
    finished = observed.health is Health.HEALTHY and not subject.desired.checks
    wanted = observed.owner == subject.owner and observed.fingerprint == subject.fingerprint.pack()
    done = worst(fields) is Action.NOOP and finished and wanted
    return Verdict(Action.UPDATE, f"adopt: {why}" + (f"; {changes}" if changes else ""), reuse=done)
