"""The digests of a resource: what it does, what only labels it, what may change without either."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.field_mark import Alias, Computed, Keyed, Metadata, RunSetting
from orchestrator.core.fields import FieldNode
from orchestrator.core.fingerprint import canonical, digest_text
from orchestrator.core.kind import Kind
from orchestrator.core.value import LocalFiles, Reference, Secret, Template, Unknown


@dataclass(slots=True)
class Parts:
    """A body's fields by what a change of them means.

    Attributes:
        labels: dotted path to value of what only labels.
        run_settings: the same of where, and for how long, work runs.
    """

    labels: dict[str, Any] = field(default_factory=dict)
    run_settings: dict[str, Any] = field(default_factory=dict)


def split(kind: Kind, variant: str, properties: Mapping[str, Any], node: FieldNode) -> tuple[str, Parts]:
    """The content digest of a body, and what is no content.

    The variant stands for the fields that tell it, so that writing a default type down changes nothing. Fields without a value
    are as if they were not there.
    """
    parts = Parts()
    body = _mapping(properties, node, "", parts)
    implied = variant.split(".")
    for name in kind.variant_field.split("."):
        if body.get(name) in implied:
            del body[name]
    return digest_text(canonical([kind.key, variant, body])), parts


def digest_of(parts: Mapping[str, Any]) -> str:
    """The digest of labels or of run settings; empty if there are none."""
    return digest_text(canonical(parts)) if parts else ""


def _mapping(tree: Mapping[str, Any], node: FieldNode, path: str, parts: Parts) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in tree.items():
        if value is None:
            continue
        child = node.child(key)
        marks = child.marks
        if marks:
            aside = _aside(marks, parts)
            if aside is not None:
                aside[f"{path}{key}"] = fold(value, child)
                continue
            if child.mark(Computed) is not None:
                continue
        kept = _value(value, child, f"{path}{key}.", parts)
        if kept is not None:
            content[key] = kept
    return content


def _aside(marks: tuple[Any, ...], parts: Parts) -> dict[str, Any] | None:
    for mark in marks:
        if isinstance(mark, Metadata):
            return parts.labels
        if isinstance(mark, RunSetting):
            return parts.run_settings
    return None


def _value(value: Any, node: FieldNode, path: str, parts: Parts) -> Any:
    if isinstance(value, Mapping):
        inner = _mapping(value, node, path, parts)
        return inner if inner or not value else None
    if isinstance(value, list):
        items = [_value(item, node.child(number), f"{path}{number}.", parts) for number, item in enumerate(value)]
        return _ordered(items, node)
    return _scalar(value, node)


def fold(value: Any, node: FieldNode) -> Any:
    """A value in canonical form: aliases folded, lists without order sorted, special values as text."""
    if isinstance(value, Mapping):
        return {str(key): fold(item, node.child(key)) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return _ordered([fold(item, node.child(number)) for number, item in enumerate(value)], node)
    return _scalar(value, node)


def _ordered(items: list[Any], node: FieldNode) -> list[Any]:
    if node.marks and node.mark(Keyed) is not None:
        return sorted(items, key=canonical)
    return items


def _scalar(value: Any, node: FieldNode) -> Any:
    if node.marks:
        for mark in node.marks:
            if isinstance(mark, Alias):
                value = mark.fold(value)
    kind = type(value)
    if kind is float and not math.isfinite(value):
        return str(value)  # an error of its own; JSON has no such number
    if kind is str or kind is int or kind is bool or kind is float or value is None:
        return value
    return _special(value)


def _special(value: Any) -> Any:
    if isinstance(value, Reference):
        if value.external:
            return value.text
        pinned = f":{value.version}" if value.version and value.version != "@latest" else ""
        return f"${{{value.target}.{value.attribute}{pinned}}}"
    if isinstance(value, Template):
        return ["template", *(_special(part) for part in value.parts)]
    if isinstance(value, Secret):
        return {"$secret": value.name}
    if isinstance(value, LocalFiles):
        return {"$files": value.digest}
    if isinstance(value, Unknown):
        return {"$unknown": str(value.reference)}
    return value
