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

_DIGEST_SHOWN = 12
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
        named = some(_contents(subject, applied, fields))
        if named or not guilty:  # a written version that moved with its asset is told as the asset
            parts.append(f"content: {named or 'changed'}")
    if guilty:
        parts.append(f"upstream: {some(guilty)}")
    return "; ".join(parts) or "upstream: other ingredients"


def _contents(subject: Subject, applied: Applied, fields: Iterable[FieldChange]) -> Iterator[str]:
    yield from changed_files(subject.desired, applied)
    for field in fields:
        seen_elsewhere = is_label(field) or _is_files(field) or _is_upstream(field)
        if field.action is not Action.NOOP and not seen_elsewhere:
            yield dotted(field.path)


def _is_files(field: FieldChange) -> bool:
    """Bytes on both sides: the files themselves are named."""
    return all(isinstance(side, Mapping) and "$files" in side for side in (field.desired, field.applied))


def is_label(field: FieldChange) -> bool:
    """Whether a field only labels."""
    return field.reason.startswith("metadata")


def mentioned(desired: Desired, field: FieldChange, names: tuple[str, ...]) -> str:
    """Which of some ingredients a field refers to; empty if none."""
    written = value_at(desired.properties, field.path)
    parts = written.parts if isinstance(written, Template) else (written,)
    found = (_name(part) for part in parts if isinstance(part, Reference))
    return next((name for name in found if name in names), "")


def _is_upstream(field: FieldChange) -> bool:
    """Whether a field differs only because what it refers to moved on."""
    return field.reason.startswith("upstream")


def _name(reference: Reference) -> str:
    return str(reference) if reference.external else str(reference.target)


def field_reason(subject: Subject, fields: Iterable[FieldChange]) -> str:
    """The reason of an update or replacement of a named resource, gravest first."""
    groups: dict[str, list[str]] = {"immutable": [], "content": _moved_files(subject)}
    groups |= {"changed": [], "metadata": [], "drift": []}
    for field in fields:
        group = _group(field)
        if group:
            moved = f" {brief(field.desired)} → {brief(field.observed)}" if group == "drift" else ""
            groups[group].append(dotted(field.path) + moved)
    groups["upstream"] = list(culprits(subject))
    return "; ".join(f"{group}: {some(names)}" for group, names in groups.items() if names)


def _moved_files(subject: Subject) -> list[str]:
    applied = subject.applied
    if applied is None or applied.fingerprint.content == subject.fingerprint.content:
        return []
    return changed_files(subject.desired, applied)


def _group(field: FieldChange) -> str:
    """Under which heading a reason names a field; empty if it does not: its files or its upstream are named."""
    if field.action is Action.NOOP or _is_upstream(field):
        return ""
    if field.action is Action.REPLACE:
        return "immutable"
    if field.drift:
        return "drift"
    if is_label(field):
        return "metadata"
    return "" if _is_files(field) else "changed"


def brief(value: Any) -> str:
    """A short text of a plain value; of files the beginning of their digest, of secrets nothing."""
    if value is ABSENT:
        return "(none)"
    if isinstance(value, Mapping) and value.keys() == {"$files"}:
        return f"files {str(value['$files'])[:_DIGEST_SHOWN]}"
    if isinstance(value, Mapping) and any(str(name).startswith("$") for name in value):
        return "(not shown)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def registered_upstream(desired: Desired, action: Action) -> str:
    """Which assets that a resource names are none yet: jobs of the spec register them. Empty where nothing is done."""
    if action is Action.NOOP:
        return ""
    made = (
        f"{found} comes from {found.target}"
        for found in desired.references
        if found.attribute.startswith(("outputs.", "azureml:")) and not str(found).startswith(("azureml://", "$"))
    )
    return some(dict.fromkeys(made))


def last_run(applied: Applied | None) -> str:
    """How long the last run took, for those who wonder whether to wait."""
    if applied is None or applied.duration_s is None:
        return ""
    seconds = round(applied.duration_s)
    if seconds < 1:
        return "last run took less than a second"
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
