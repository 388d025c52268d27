"""Live bodies without what is not the user's: ownership marks and what only the service decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.core.concealed import shown
from orchestrator.core.field_mark import Computed
from orchestrator.core.fields import FieldNode, node_of
from orchestrator.core.kind import Kind
from orchestrator.core.resource import MARK_TAGS, Observed


def normalize(observed: Observed, kind: Kind, variant: str) -> Observed:
    """Take ownership tags, `Computed` fields and passwords in addresses out of a live object's properties.

    Everything else stays as the service returned it: two texts for one value (`Alias`) are folded where they are compared,
    so that a plan shows what is really there.
    """
    properties = without_marks(observed.properties)
    model = kind.variants.get(variant)
    if model is not None:
        properties = _trim(properties, node_of(model))
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


def _trim(value: Any, node: FieldNode) -> Any:
    """A value without what the service decides; the value itself if there is nothing of that in it.

    Walks along the value and not along the model: models may contain themselves.
    """
    if isinstance(value, Mapping):
        fields = node.fields or {}
        kept = {name: item for name, item in value.items() if name not in fields or not fields[name].mark(Computed)}
        trimmed = {name: _inside(item, node.child(name)) for name, item in kept.items()}
        same = len(trimmed) == len(value) and all(trimmed[name] is item for name, item in kept.items())
        return value if same else trimmed
    if isinstance(value, list) and node.item is not None:
        items = [_inside(item, node.item) for item in value]
        return value if all(one is item for one, item in zip(items, value, strict=True)) else items
    return value


def _inside(value: Any, node: FieldNode) -> Any:
    return _trim(value, node) if isinstance(value, Mapping | list) else value
