"""NAMED: one mutable object per name; create, update in place, or replace where the service cannot."""

from __future__ import annotations

from orchestrator.core.change import Action, FieldChange
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.health import Health
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.resource import Observed
from orchestrator.planning.existing import PlannedAction, decided, upkeep
from orchestrator.planning.fields import compared, new_fields, worst
from orchestrator.planning.ownership import is_ours, ownership_problem, unadoptable
from orchestrator.planning.reasons import field_reasons
from orchestrator.planning.resource_states import Decision, ResourceStates


def decide_named(states: ResourceStates) -> Decision | Diagnostic:
    """Decide on a resource of which there is at most one.

    Returns:
        The decision; a problem if the object that is there is not ours.
    """
    live = [observed for observed in states.live if not observed.archived]
    if not live:
        return _create(states)
    problem = ownership_problem(states)
    if problem is not None:
        return problem
    if states.renewed:
        parent = states.desired.address.parent
        reasons = (because(Cause.UPSTREAM_REPLACED, CulpritKind.RESOURCE, str(parent)),)
        return Decision(change=states.change(Action.CREATE, reasons, new_fields(states), after=""))
    return _existing(states, live[-1])


def _existing(states: ResourceStates, observed: Observed) -> Decision | Diagnostic:
    fields = compared(states, observed)
    planned = _planned_action(states, observed, fields)
    if planned.action is Action.REPLACE and (states.inborn or not is_ours(observed, states)):
        return unadoptable(states, planned.reasons)
    return decided(states, planned, observed, fields)


def _create(states: ResourceStates) -> Decision:
    cause = _cause_of_absence(states)
    drift = cause is Cause.DELETED_OUTSIDE
    change = states.change(Action.CREATE, (Reason(cause),), new_fields(states), after="", drift=drift)
    return Decision(change=change)


def _cause_of_absence(states: ResourceStates) -> Cause:
    if states.applied is None or states.renewed:
        return Cause.NEW
    return Cause.LAST_APPLY_FAILED if states.applied.tainted else Cause.DELETED_OUTSIDE


def _planned_action(states: ResourceStates, observed: Observed, fields: tuple[FieldChange, ...]) -> PlannedAction:
    if states.emptied is not None:
        return PlannedAction(
            Action.REPLACE, (because(Cause.UPSTREAM_REPLACED, CulpritKind.RESOURCE, str(states.emptied)),)
        )
    if worst(fields) is Action.REPLACE:
        return PlannedAction(Action.REPLACE, field_reasons(states, fields))
    if states.applied is None:
        return _adopt(states, observed, fields)
    return upkeep(states, states.applied, observed, fields)


def _adopt(states: ResourceStates, observed: Observed, fields: tuple[FieldChange, ...]) -> PlannedAction:
    """It is there and no record says so: an apply was interrupted, the state was lost, or it is taken over.

    If it is already what is wanted, only the record is written; requests that must be answered still have to be sent.
    """
    foreign = observed.owner is None and not states.ours
    why = Reason(Cause.ADOPT_FOREIGN if foreign else Cause.ADOPT_UNRECORDED)
    finished = observed.health is Health.HEALTHY and not states.desired.checks
    matches = observed.owner == states.owner and observed.fingerprint == states.fingerprint.pack()
    done = worst(fields) is Action.NOOP and finished and matches
    return PlannedAction(Action.UPDATE, (why, *field_reasons(states, fields)), reuse=done)
