"""Live bodies without what is not the user's: ownership marks and what only the service decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from orchestrator.core.concealed import shown
from orchestrator.core.field_mark import Computed
from orchestrator.core.fields import FieldNode, node_of
from orchestrator.core.kind import Kind, Spec
from orchestrator.core.resource import MARK_TAGS, Observed


def normalize(observed: Observed, kind: Kind, variant: str) -> Observed:
    """Take ownership tags, `Computed` fields and passwords in addresses out of a live object's properties.

    Everything else stays as the service returned it: two texts for one value (`Alias`) are folded where they are compared,
    so that a plan shows what is really there.
    """
    properties = without_marks(observed.properties)
    trimming = _trimming(kind, variant)
    if trimming is not None:
        properties = _trim(properties, trimming)
    properties = shown(properties)
    return observed if properties is observed.properties else replace(observed, properties=properties)


def without_marks(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take ownership tags out; a tag map that holds nothing else goes away with them."""
    tags = properties.get("tags")
    if not isinstance(tags, Mapping) or not any(tag in tags for tag in MARK_TAGS):
        return properties
    left = {name: value for name, value in tags.items() if name not in MARK_TAGS}
    rest = {name: value for name, value in properties.items() if name != "tags"}
    return rest | {"tags": left} if left else rest


@dataclass(frozen=True, slots=True)
class _Trimming:
    """Which members of a mapping to leave out, and in which to look further.

    Attributes:
        drop: members that the service decides.
        inside: members that hold such members.
        items: what to do in each item of a list or in each further member of a mapping.
    """

    drop: frozenset[str]
    inside: Mapping[str, _Trimming]
    items: _Trimming | None


def _trimming(kind: Kind, variant: str) -> _Trimming | None:
    model = kind.variants.get(variant)
    return _trimming_of(model) if model is not None else None


@cache
def _trimming_of(model: type[Spec]) -> _Trimming | None:
    return _compile(node_of(model))


def _compile(node: FieldNode) -> _Trimming | None:
    fields = node.fields or {}
    drop = frozenset(name for name, child in fields.items() if child.mark(Computed))
    inside = {}
    for name, child in fields.items():
        deeper = None if name in drop else _compile(child)
        if deeper is not None:
            inside[name] = deeper
    items = _compile(node.item) if node.item is not None else None
    return _Trimming(drop, inside, items) if drop or inside or items is not None else None


def _trim(value: Any, trimming: _Trimming) -> Any:
    if isinstance(value, Mapping):
        trimmed = {}
        for name, item in value.items():
            if name in trimming.drop:
                continue
            deeper = trimming.inside.get(name, trimming.items)
            trimmed[name] = item if deeper is None else _trim(item, deeper)
        return trimmed
    if isinstance(value, list) and trimming.items is not None:
        return [_trim(item, trimming.items) for item in value]
    return value
