"""What is behind a decision: the file, the field or the upstream, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from orchestrator.core.change import Action, FieldChange
from orchestrator.core.reason import Cause, Culprit, CulpritKind, Reason, because
from orchestrator.core.resource import Applied, Desired
from orchestrator.core.tree import dotted, value_at
from orchestrator.core.value import Reference, Template
from orchestrator.planning.resource_states import ResourceStates

_FIELD_CAUSES = (Cause.IMMUTABLE, Cause.CONTENT, Cause.CHANGED, Cause.METADATA, Cause.DRIFT)
"""Causes that name fields or files of a named resource, gravest first."""


def culprits(states: ResourceStates) -> tuple[Culprit, ...]:
    """The ingredients whose content is another one than at the last apply, by name."""
    before = states.applied.upstream if states.applied else {}
    resources = set(map(str, states.desired.depends_on))
    moved = sorted(name for name, now in states.upstream.items() if before.get(name, now) != now)
    return tuple(Culprit(CulpritKind.RESOURCE if name in resources else CulpritKind.EXTERNAL, name) for name in moved)


def changed_files(desired: Desired, applied: Applied) -> list[Culprit]:
    """Files that were changed, added or removed since the last apply."""
    now, before = desired.files, applied.files
    return [
        *(Culprit(CulpritKind.FILE, label) for label in sorted(now) if label in before and now[label] != before[label]),
        *(Culprit(CulpritKind.ADDED_FILE, label) for label in sorted(now) if label not in before),
        *(Culprit(CulpritKind.REMOVED_FILE, label) for label in sorted(before) if label not in now),
    ]


def content_reasons(states: ResourceStates, fields: Iterable[FieldChange]) -> tuple[Reason, ...]:
    """CONTENT with files and fields, UPSTREAM with ingredients, or the recipe's change.

    Args:
        states: has a record of an earlier apply with another fingerprint, or none.
        fields: its differences.
    """
    applied = states.applied
    if applied is None:
        return (Reason(Cause.NEW),)
    now, before = states.fingerprint, applied.fingerprint
    if now.scheme != before.scheme:
        return (because(Cause.SCHEME, CulpritKind.SCHEME, str(before.scheme), str(now.scheme)),)
    guilty = culprits(states)
    found = []
    if now.content != before.content:
        named = tuple(_contents(states, applied, fields))
        if named or not guilty:  # a written version that moved with its asset is told as the asset
            found.append(Reason(Cause.CONTENT, named) if named else Reason(Cause.OTHER_CONTENT))
    if guilty:
        found.append(Reason(Cause.UPSTREAM, guilty))
    return tuple(found) or (Reason(Cause.OTHER_UPSTREAM),)


def _contents(states: ResourceStates, applied: Applied, fields: Iterable[FieldChange]) -> Iterator[Culprit]:
    yield from changed_files(states.desired, applied)
    for field in fields:
        seen_elsewhere = is_label(field) or _is_files(field) or _is_upstream(field)
        if field.action is not Action.NOOP and not seen_elsewhere:
            yield _field(field)


def _field(field: FieldChange) -> Culprit:
    return Culprit(CulpritKind.FIELD, dotted(field.path))


def _is_files(field: FieldChange) -> bool:
    """Bytes on both sides: the files themselves are named."""
    return all(isinstance(side, Mapping) and "$files" in side for side in (field.desired, field.applied))


def is_label(field: FieldChange) -> bool:
    """Whether a field only labels."""
    return field.reason.cause is Cause.METADATA


def mentioned(desired: Desired, field: FieldChange, ingredients: tuple[Culprit, ...]) -> Culprit | None:
    """Which of some ingredients a field refers to."""
    written = value_at(desired.properties, field.path)
    parts = written.parts if isinstance(written, Template) else (written,)
    by_name = {ingredient.name: ingredient for ingredient in ingredients}
    found = (_name(part) for part in parts if isinstance(part, Reference))
    return next((by_name[name] for name in found if name in by_name), None)


def _is_upstream(field: FieldChange) -> bool:
    """Whether a field differs only because what it refers to moved on."""
    return field.reason.cause is Cause.UPSTREAM


def _name(reference: Reference) -> str:
    return str(reference) if reference.external else str(reference.target)


def field_reasons(states: ResourceStates, fields: Iterable[FieldChange]) -> tuple[Reason, ...]:
    """The reasons of an update or replacement of a named resource, gravest first; none if nothing moved."""
    groups: dict[Cause, list[Culprit]] = {cause: [] for cause in _FIELD_CAUSES}
    groups[Cause.CONTENT] = _moved_files(states)
    for field in fields:
        group = _group(field)
        if group is not None:
            groups[group].append(_field(field))
    groups[Cause.UPSTREAM] = list(culprits(states))
    return tuple(Reason(cause, tuple(found)) for cause, found in groups.items() if found)


def _moved_files(states: ResourceStates) -> list[Culprit]:
    applied = states.applied
    if applied is None or applied.fingerprint.content == states.fingerprint.content:
        return []
    return changed_files(states.desired, applied)


def _group(field: FieldChange) -> Cause | None:
    """Under which cause a reason names a field; None if it does not: its files or its upstream are named."""
    if field.action is Action.NOOP or _is_upstream(field):
        return None
    if field.action is Action.REPLACE:
        return Cause.IMMUTABLE
    if field.drift:
        return Cause.DRIFT
    if is_label(field):
        return Cause.METADATA
    return None if _is_files(field) else Cause.CHANGED


def lifecycle_reasons(desired: Desired, applied: Applied) -> tuple[Reason, ...]:
    """What the spec says now about protection and removal, other than the record; none if the same."""
    lifecycle = desired.lifecycle
    moved = []
    if applied.protect != lifecycle.protect:
        moved.append("protect")
    if applied.on_removal != lifecycle.on_removal:
        moved.append("on_removal")
    return (because(Cause.LIFECYCLE, CulpritKind.FIELD, *moved),) if moved else ()


def unseen_label(states: ResourceStates, applied: Applied, fields: Iterable[FieldChange]) -> bool:
    """Whether labels moved that no field shows: the tests of an endpoint."""
    if applied.fingerprint.metadata == states.fingerprint.metadata:
        return False
    return not any(is_label(field) or field.reason.cause is Cause.ALREADY_SO for field in fields)
