"""The fields of one subject, compared."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.change import ABSENT, Action, FieldChange
from orchestrator.core.fields import root_node
from orchestrator.core.reason import Cause, Reason
from orchestrator.core.resource import Observed
from orchestrator.planning.diff import differences
from orchestrator.planning.marks import DiffPolicy
from orchestrator.planning.reasons import culprits, is_label, mentioned
from orchestrator.planning.resource_states import ResourceStates


def new_fields(states: ResourceStates) -> tuple[FieldChange, ...]:
    """The fields of something that does not exist yet."""
    return tuple(
        FieldChange(
            path=(name,),
            applied=ABSENT,
            desired=value,
            observed=ABSENT,
            action=Action.CREATE,
            reason=Reason(Cause.NEW),
        )
        for name, value in states.written.items()
    )


def compared(states: ResourceStates, observed: Observed, *, recorded: bool = True) -> tuple[FieldChange, ...]:
    """Every field on which spec, record and live object disagree.

    Args:
        states: what to compare.
        observed: the live object.
        recorded: the record is about this very object, so that it tells what we wrote into it.
    """
    applied = states.applied if recorded else None
    policy = DiffPolicy(
        root_node(states.kind, states.desired.variant),
        states.identity,
        frozenset(states.desired.lifecycle.ignore),
        recorded=applied is not None,
    )
    found = differences(states.written, applied.properties if applied else {}, observed.properties, policy)
    if observed.attributes.get("stand_in"):
        found = tuple(_open(field) for field in found)
    return tuple(_with_cause(field, states) for field in found if not _names_the_variant(field, states))


def _open(field: FieldChange) -> FieldChange:
    """A field of something that only stands in for a resource: what it does not say is written, nothing is replaced for it."""
    if field.action is Action.REPLACE and field.observed is ABSENT:
        return replace(field, action=Action.UPDATE, reason=Reason(Cause.CHANGED))
    return field


def _names_the_variant(field: FieldChange, states: ResourceStates) -> bool:
    """Whether all that differs is that somebody wrote down, or left out, the type that the body has anyway."""
    if len(field.path) != 1 or field.path[0] not in states.kind.variant_field.split("."):
        return False
    same = (*states.desired.variant.split("."), None, ABSENT)
    return all(value in same for value in (field.desired, field.applied, field.observed))


def _with_cause(field: FieldChange, states: ResourceStates) -> FieldChange:
    """A mention whose text differs only because its target moved on names that target."""
    if field.action in (Action.NOOP, Action.REPLACE) or is_label(field):
        return field
    guilty = mentioned(states.desired, field, culprits(states))
    return replace(field, reason=Reason(Cause.UPSTREAM, (guilty,))) if guilty else field


def worst(fields: tuple[FieldChange, ...]) -> Action:
    """The gravest action of any field: it decides for the resource."""
    return max((field.action for field in fields), key=lambda action: action.severity, default=Action.NOOP)


def drifted(fields: tuple[FieldChange, ...]) -> bool:
    """Whether somebody else changed a field that the plan sets back."""
    return any(field.drift and field.action is not Action.NOOP for field in fields)
