"""NAMED: one mutable object per name; create, update in place, or replace where the service cannot."""

from __future__ import annotations

from orchestrator.core.change import Action, FieldChange
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.health import Health
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.resource import Observed
from orchestrator.planning.existing import Verdict, decided, upkeep
from orchestrator.planning.fields import compared, new_fields, worst
from orchestrator.planning.ownership import is_ours, ownership_problem, unadoptable
from orchestrator.planning.reasons import field_reasons
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
        reasons = (because(Cause.UPSTREAM_REPLACED, CulpritKind.RESOURCE, str(parent)),)
        return Decision(change=subject.change(Action.CREATE, reasons, new_fields(subject), after=""))
    return _existing(subject, live[-1])


def _existing(subject: Subject, observed: Observed) -> Decision | Diagnostic:
    fields = compared(subject, observed)
    verdict = _verdict(subject, observed, fields)
    if verdict.action is Action.REPLACE and (subject.inborn or not is_ours(observed, subject)):
        return unadoptable(subject, verdict.reasons)
    return decided(subject, verdict, observed, fields)


def _create(subject: Subject) -> Decision:
    cause = _cause_of_absence(subject)
    drift = cause is Cause.DELETED_OUTSIDE
    change = subject.change(Action.CREATE, (Reason(cause),), new_fields(subject), after="", drift=drift)
    return Decision(change=change)


def _cause_of_absence(subject: Subject) -> Cause:
    if subject.applied is None or subject.renewed:
        return Cause.NEW
    return Cause.LAST_APPLY_FAILED if subject.applied.tainted else Cause.DELETED_OUTSIDE


def _verdict(subject: Subject, observed: Observed, fields: tuple[FieldChange, ...]) -> Verdict:
    if subject.emptied is not None:
        return Verdict(Action.REPLACE, (because(Cause.UPSTREAM_REPLACED, CulpritKind.RESOURCE, str(subject.emptied)),))
    if worst(fields) is Action.REPLACE:
        return Verdict(Action.REPLACE, field_reasons(subject, fields))
    if subject.applied is None:
        return _adopt(subject, observed, fields)
    return upkeep(subject, subject.applied, observed, fields)


def _adopt(subject: Subject, observed: Observed, fields: tuple[FieldChange, ...]) -> Verdict:
    """It is there and no record says so: an apply was interrupted, the state was lost, or it is taken over.

    If it is already what is wanted, only the record is written; requests that must be answered still have to be sent.
    """
    foreign = observed.owner is None and not subject.ours
    why = Reason(Cause.ADOPT_FOREIGN if foreign else Cause.ADOPT_UNRECORDED)
    finished = observed.health is Health.HEALTHY and not subject.desired.checks
    wanted = observed.owner == subject.owner and observed.fingerprint == subject.fingerprint.pack()
    done = worst(fields) is Action.NOOP and finished and wanted
    return Verdict(Action.UPDATE, (why, *field_reasons(subject, fields)), reuse=done)
