"""What a difference means, given the marks of its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from orchestrator.core.change import ABSENT, Action, FieldChange
from orchestrator.core.field_mark import (
    Alias,
    Computed,
    FieldMark,
    Immutable,
    Metadata,
    Ref,
    RunSetting,
    Sensitive,
    ServiceValue,
    WriteOnly,
)
from orchestrator.core.fields import FieldNode
from orchestrator.core.folds import arm_id, mention
from orchestrator.core.kind import Identity
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.tree import Path, dotted

_OPAQUE = ("$secret", "$files", "$template")
_Mark = TypeVar("_Mark", bound=FieldMark)


@dataclass(frozen=True, slots=True)
class DiffPolicy:
    """How the fields of one resource are compared.

    Attributes:
        root: marks of the body.
        identity: bodies of versions and runs never change, so that only their labels are compared with what is there.
        ignore: dotted paths left to others.
        recorded: there is a record of what we wrote; without one, only spec and workspace can be compared.
    """

    root: FieldNode
    identity: Identity
    ignore: frozenset[str] = frozenset()
    recorded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field on which the three states disagree.

    Attributes:
        node: the field in its model.
        marks: of the field and of everything around it, outermost first.
    """

    path: Path
    desired: Any
    applied: Any
    observed: Any
    node: FieldNode
    marks: tuple[FieldMark, ...]

    def mark(self, kind: type[_Mark]) -> _Mark | None:
        """The first mark of a type on the way to the field."""
        for mark in self.marks:
            if isinstance(mark, kind):
                return mark
        return None


def is_opaque(value: Any) -> bool:
    """Whether a plain value stands for something that the service never gives back: a secret, bytes of files."""
    return isinstance(value, Mapping) and any(name in value for name in _OPAQUE)


def same(first: Any, second: Any, node: FieldNode) -> bool:
    """Whether two texts mean one value. Null, an empty mapping or list, and a missing field are the same.

    Resource ids of Azure are compared without case, whatever the field; names where a field mentions a resource.
    """
    if first == second or (_empty(first) and _empty(second)) or arm_id(first) == arm_id(second):
        return True
    if node.mark(Ref) is not None and mention(first) == mention(second):
        return True
    return any(isinstance(mark, Alias) and mark.fold(first) == mark.fold(second) for mark in node.marks)


def _empty(value: Any) -> bool:
    return value is ABSENT or value is None or value == {} or value == []


def _gone(value: Any) -> bool:
    return value is ABSENT or value is None


def judge(difference: Difference, policy: DiffPolicy) -> FieldChange | None:
    """Decide on one field.

    Returns:
        The field's change; its action is NOOP where the difference is known and left alone, with the reason why. None where there
        is nothing to tell.
    """
    ruling = _ruling(difference, policy)
    if ruling is None:
        return None
    action, reason = ruling
    return FieldChange(
        path=difference.path,
        applied=difference.applied,
        desired=difference.desired,
        observed=difference.observed,
        action=action,
        reason=reason,
    )


def _ruling(difference: Difference, policy: DiffPolicy) -> tuple[Action, Reason] | None:
    computed = difference.mark(Computed)
    if computed is not None:
        return Action.NOOP, because(Cause.COMPUTED, CulpritKind.RULE, computed.reason)
    if policy.ignore and _ignored(difference.path, policy.ignore):
        return Action.NOOP, Reason(Cause.IGNORED)
    if policy.identity is not Identity.NAMED and difference.mark(Metadata) is None:
        return _content(difference, policy)
    if _unreadable(difference):
        return _written_only(difference, policy)
    if _gone(difference.desired):
        return _removed(difference)
    return _live(difference, policy)


def _ignored(path: Path, ignore: frozenset[str]) -> bool:
    return any(dotted(path[:length]) in ignore for length in range(1, len(path) + 1))


def _content(difference: Difference, policy: DiffPolicy) -> tuple[Action, Reason] | None:
    """What a version or run is made of: its own body never changes, so only the spec can."""
    if not policy.recorded or same(difference.desired, difference.applied, difference.node):
        return None
    run_setting = difference.mark(RunSetting)
    if run_setting is not None:
        return Action.NOOP, because(Cause.RUN_SETTING, CulpritKind.RULE, run_setting.reason)
    return (Action.RUN if policy.identity is Identity.RUN else Action.REVISE), Reason(Cause.CONTENT)


def _unreadable(difference: Difference) -> bool:
    if is_opaque(difference.desired) or is_opaque(difference.applied):
        return True
    return difference.mark(WriteOnly) is not None or difference.mark(Sensitive) is not None


def _written_only(difference: Difference, policy: DiffPolicy) -> tuple[Action, Reason] | None:
    """The service does not give it back: what we last wrote is all there is to compare with."""
    if not policy.recorded:
        return Action.UPDATE, Reason(Cause.UNREADABLE)
    if same(difference.desired, difference.applied, difference.node):
        return None
    return _changed(difference, Cause.REMOVED if _gone(difference.desired) else Cause.CHANGED)


def _removed(difference: Difference) -> tuple[Action, Reason] | None:
    if _gone(difference.applied) or _empty(difference.observed):
        return None
    service = difference.mark(ServiceValue)
    if service is not None:
        return Action.NOOP, because(Cause.LEFT_TO_SERVICE, CulpritKind.RULE, service.reason)
    return _changed(difference, Cause.REMOVED)


def _live(difference: Difference, policy: DiffPolicy) -> tuple[Action, Reason] | None:
    if same(difference.desired, difference.observed, difference.node):
        return (Action.NOOP, Reason(Cause.ALREADY_SO)) if policy.recorded else None
    if not policy.recorded:
        return _changed(difference, Cause.DIFFERS)
    if same(difference.desired, difference.applied, difference.node):
        return _changed(difference, Cause.DRIFT)
    return _changed(difference, Cause.ADDED if _gone(difference.applied) else Cause.CHANGED)


def _rarely_returned(difference: Difference) -> bool:
    """Whether that the service does not tell a field says nothing of its value."""
    return difference.mark(ServiceValue) is not None or difference.mark(WriteOnly) is not None


def _changed(difference: Difference, how: Cause) -> tuple[Action, Reason]:
    immutable = difference.mark(Immutable)
    if immutable is not None:
        unsaid = how is Cause.DRIFT or (how is Cause.DIFFERS and _rarely_returned(difference))
        if unsaid and _gone(difference.observed):
            return Action.NOOP, Reason(Cause.NOT_RETURNED)
        return Action.REPLACE, because(Cause.IMMUTABLE, CulpritKind.RULE, immutable.reason)
    metadata = difference.mark(Metadata)
    if metadata is not None and how is not Cause.DRIFT:
        return Action.UPDATE, because(Cause.METADATA, CulpritKind.RULE, metadata.reason)
    return Action.UPDATE, Reason(how)
