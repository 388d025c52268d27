"""What is there already and has the wanted content: kept, or used again."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from orchestrator.core.change import Action, FieldChange
from orchestrator.core.health import Health
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.resource import Applied, Observed
from orchestrator.planning.fields import compared, drifted, worst
from orchestrator.planning.reasons import culprits, field_reasons, lifecycle_reasons, unseen_label
from orchestrator.planning.resource_states import Decision, ResourceStates


class PlannedAction(NamedTuple):
    """What to do with a live object that is in force.

    Attributes:
        reuse: only the record moves.
    """

    action: Action
    reasons: tuple[Reason, ...]
    reuse: bool = False


def keep(states: ResourceStates, applied: Applied, observed: Observed) -> Decision:
    """The version or run in force has the wanted content: at most its labels change."""
    fields = tuple(_settled(field) for field in compared(states, observed))
    planned = upkeep(states, applied, observed, fields)
    return decided(states, planned, observed, fields)


def _settled(field: FieldChange) -> FieldChange:
    """A field of an asset whose content as a whole is the same: another mention of the same thing."""
    if field.action in (Action.REVISE, Action.RUN):
        return replace(field, action=Action.NOOP, reason=Reason(Cause.SAME_CONTENT))
    return field


def upkeep(
    states: ResourceStates, applied: Applied, observed: Observed, fields: tuple[FieldChange, ...]
) -> PlannedAction:
    """The first rule that holds for a live object that the record names."""
    if worst(fields) is Action.UPDATE:
        return PlannedAction(Action.UPDATE, field_reasons(states, fields))
    if applied.tainted:
        return PlannedAction(Action.UPDATE, (Reason(Cause.LAST_APPLY_FAILED),))
    if observed.owner is None and states.kind.taggable:
        return PlannedAction(Action.UPDATE, (Reason(Cause.OWNER_MARK_REMOVED),))
    guilty = culprits(states)
    if guilty:
        return PlannedAction(Action.UPDATE, (Reason(Cause.UPSTREAM, guilty),))
    if unseen_label(states, applied, fields):
        return PlannedAction(Action.UPDATE, (because(Cause.METADATA, CulpritKind.FIELD, "tests"),))
    moved = lifecycle_reasons(states.desired, applied)
    if moved:
        return PlannedAction(Action.UPDATE, moved, reuse=True)
    return PlannedAction(Action.NOOP, (Reason(Cause.UNCHANGED),))


def decided(
    states: ResourceStates, planned: PlannedAction, observed: Observed, fields: tuple[FieldChange, ...]
) -> Decision:
    """The decision on a live object that stays in force."""
    done = planned.reuse or planned.action is Action.NOOP
    change = states.change(
        planned.action,
        planned.reasons,
        fields,
        before=observed.revision,
        after=observed.revision,
        reuse=planned.reuse,
        drift=drifted(fields) or planned.reasons[0].cause is Cause.OWNER_MARK_REMOVED,
    )
    return Decision(
        change=change,
        observed=observed,
        reused=observed if done else None,
    )


def reuse(states: ResourceStates, observed: Observed, noun: CulpritKind) -> Decision:
    """Another version or run than the one in force has the wanted content: nothing is done twice.

    Its labels may be those of another time; then they are updated along the way.
    """
    fields = compared(states, observed, recorded=False)
    labelled = observed.fingerprint == states.fingerprint.pack() and worst(fields) is Action.NOOP
    clean = labelled and observed.health is Health.HEALTHY
    cause = Cause.ADOPT_SAME if states.applied is None else Cause.REUSE
    change = states.change(
        Action.UPDATE,
        (because(cause, noun, observed.revision),),
        fields,
        before=revision_in_force(states),
        after=observed.revision,
        reuse=clean,
    )
    return Decision(change=change, observed=observed, reused=observed if clean else None)


def revision_in_force(states: ResourceStates) -> str | None:
    """The revision that the record names, if it is still there."""
    found = live_in_force(states)
    return found.revision if found else None


def live_in_force(states: ResourceStates) -> Observed | None:
    """The live object that the record names, if it is still there."""
    if states.applied is None:
        return None
    for observed in states.live:
        if observed.revision == states.applied.revision and not observed.archived:
            return observed
    return None
