"""Reasons in words: the file, the field or the upstream that is behind a decision."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from orchestrator.core.change import ABSENT, Action, FieldChange
from orchestrator.core.resource import Applied, Desired
from orchestrator.core.tree import dotted, value_at
from orchestrator.core.value import Reference, Template
from orchestrator.planning.subject import Subject

SHOWN = 3
"""How many files or fields a reason names before it counts the rest: a plan's line stays a line."""

_LONGEST_VALUE = 40


def some(names: Iterable[str]) -> str:
    """A few names, and how many more there are."""
    every = list(names)
    rest = len(every) - SHOWN
    return ", ".join(every[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def culprits(subject: Subject) -> tuple[str, ...]:
    """The ingredients whose content is another one than at the last apply."""
    before = subject.applied.upstream if subject.applied else {}
    return tuple(sorted(name for name, now in subject.upstream.items() if before.get(name, now) != now))


def changed_files(desired: Desired, applied: Applied) -> list[str]:
    """Labels of files that were changed, added or removed since the last apply."""
    now, before = desired.files, applied.files
    changed = [label for label in now if label in before and now[label] != before[label]]
    added = [f"{label} (added)" for label in now if label not in before]
    removed = [f"{label} (removed)" for label in before if label not in now]
    return sorted(changed) + sorted(added) + sorted(removed)


def content_reason(subject: Subject, fields: Iterable[FieldChange]) -> str:
    """``content: train.py``, ``content: primary_metric; upstream: data.raw``, or the recipe's change.

    Args:
        subject: has a record of an earlier apply with another fingerprint.
        fields: its differences.
    """
    applied = subject.applied
    if applied is None:
        return "new"
    now, before = subject.fingerprint, applied.fingerprint
    if now.scheme != before.scheme:
        return f"fingerprint scheme {before.scheme} → {now.scheme}"
    guilty = culprits(subject)
    parts = []
    if now.content != before.content:
        parts.append(f"content: {some(_contents(subject, applied, fields, guilty)) or 'changed'}")
    if guilty:
        parts.append(f"upstream: {some(guilty)}")
    return "; ".join(parts) or "upstream: other ingredients"


def _contents(
    subject: Subject, applied: Applied, fields: Iterable[FieldChange], guilty: tuple[str, ...]
) -> Iterator[str]:
    yield from changed_files(subject.desired, applied)
    for field in fields:
        seen_elsewhere = is_label(field) or _is_files(field) or mentions(subject.desired, field, guilty)
        if field.action is not Action.NOOP and not seen_elsewhere:
            yield dotted(field.path)


def _is_files(field: FieldChange) -> bool:
    """Bytes on both sides: the files themselves are named."""
    return all(isinstance(side, Mapping) and "$files" in side for side in (field.desired, field.applied))


def is_label(field: FieldChange) -> bool:
    """Whether a field only labels."""
    return field.reason.startswith("metadata")


def mentions(desired: Desired, field: FieldChange, guilty: tuple[str, ...]) -> bool:
    """Whether a field differs only because what it refers to moved on."""
    written = value_at(desired.properties, field.path)
    parts = written.parts if isinstance(written, Template) else (written,)
    return any(isinstance(part, Reference) and _name(part) in guilty for part in parts)


def _name(reference: Reference) -> str:
    return str(reference) if reference.external else str(reference.target)


def field_reason(subject: Subject, fields: Iterable[FieldChange]) -> str:
    """The reason of an update or replacement of a named resource, gravest first."""
    guilty = culprits(subject)
    groups: dict[str, list[str]] = {"immutable": [], "changed": [], "metadata": [], "drift": []}
    moved = False
    for field in fields:
        if field.action is Action.NOOP:
            continue
        if field.action is not Action.REPLACE and mentions(subject.desired, field, guilty):
            moved = True
            continue
        name = dotted(field.path)
        if field.action is Action.REPLACE:
            groups["immutable"].append(name)
        elif field.drift:
            groups["drift"].append(f"{name} {brief(field.desired)} → {brief(field.observed)}")
        elif is_label(field):
            groups["metadata"].append(name)
        elif not _is_files(field):
            groups["changed"].append(name)
    files = changed_files(subject.desired, subject.applied) if subject.applied and _content_moved(subject) else []
    texts = [f"{group}: {some(names)}" for group, names in groups.items() if names]
    if files:
        texts.insert(0, f"content: {some(files)}")
    if guilty or moved:
        texts.append(f"upstream: {some(guilty)}")
    return "; ".join(texts)


def _content_moved(subject: Subject) -> bool:
    return subject.applied is not None and subject.applied.fingerprint.content != subject.fingerprint.content


def brief(value: Any) -> str:
    """A short text of a plain value; secrets and files are named by their kind only."""
    if value is ABSENT:
        return "(none)"
    if isinstance(value, Mapping) and any(str(name).startswith("$") for name in value):
        return "(not shown)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def last_run(applied: Applied | None) -> str:
    """How long the last run took, for those who wonder whether to wait."""
    if applied is None or applied.duration_s is None:
        return ""
    seconds = round(applied.duration_s)
    if seconds < 120:
        return f"last run took {seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 120:
        return f"last run took {minutes} min {seconds} s"
    return f"last run took {minutes // 60} h {minutes % 60} min"


def lifecycle_reason(desired: Desired, applied: Applied) -> str:
    """What the spec says now about protection and removal, other than the record; empty if the same."""
    lifecycle = desired.lifecycle
    moved = []
    if applied.protect != lifecycle.protect:
        moved.append("protect")
    if applied.on_removal != lifecycle.on_removal:
        moved.append("on_removal")
    return f"lifecycle: {some(moved)}" if moved else ""


def unseen_label(subject: Subject, applied: Applied, fields: Iterable[FieldChange]) -> bool:
    """Whether labels moved that no field shows: the tests of an endpoint."""
    if applied.fingerprint.metadata == subject.fingerprint.metadata:
        return False
    return not any(is_label(field) or field.reason.startswith("already so") for field in fields)
