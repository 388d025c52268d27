"""What others have put into a live object is sent along when it is written: the service takes whole bodies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from orchestrator.core.field_mark import (
    BodyFile,
    Computed,
    Files,
    Metadata,
    PartNames,
    Ref,
    Sensitive,
    ServiceValue,
    WriteOnly,
)
from orchestrator.core.fields import FieldNode
from orchestrator.core.resource import MARK_TAGS
from orchestrator.core.tree import Path

_NOT_SENT: Final = (Computed, ServiceValue, Sensitive, WriteOnly, Files, BodyFile, Ref, PartNames)
"""Marks of fields that cannot be sent as they are read, or that the service fills in by itself."""

_DECIDES: Final = "type"
"""The field that decides what else a mapping has."""


def with_foreign(
    written: Mapping[str, Any],
    live: Mapping[str, Any],
    removed: Collection[Path],
    node: FieldNode,
    *,
    labels: bool = False,
) -> dict[str, Any]:
    """A body with the fields that the live object has beside it: tags, variables and settings of a colleague.

    Args:
        written: what the spec says.
        live: the live object's body, normalised.
        removed: fields that were written last time and shall be there no longer.
        node: the model of the body.
        labels: nothing but labels can change.
    """
    return _merged(written, live, removed, node, (), labels=labels)


def _merged(
    written: Mapping[str, Any],
    live: Mapping[str, Any],
    removed: Collection[Path],
    node: FieldNode,
    at: Path,
    *,
    labels: bool,
) -> dict[str, Any]:
    found = dict(written)
    for name, there in live.items():
        path, child = (*at, name), node.child(name)
        own = found.get(name)
        if path in removed or name in MARK_TAGS or (labels and not at and child.mark(Metadata) is None):
            continue
        if own is None and name not in found:
            if _sendable(name, there, node):
                found[name] = there
        elif isinstance(own, Mapping) and isinstance(there, Mapping) and own.get(_DECIDES) == there.get(_DECIDES):
            found[name] = _merged(own, there, removed, child, path, labels=labels)
    return found


def _sendable(name: str, value: Any, node: FieldNode) -> bool:
    if value is None or value in ({}, []):
        return False
    known = node.fields
    if known is not None and name not in known:
        return False  # the service's own, of which specs cannot speak
    child = node.child(name)
    whole = isinstance(value, Mapping) and child.fields is not None
    # The service tells some settings in two forms, of which it takes one: those that a spec leaves out as a whole are its own.
    return not whole and not isinstance(value, list) and not any(child.mark(mark) for mark in _NOT_SENT)
