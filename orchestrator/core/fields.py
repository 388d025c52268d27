"""Looks a path up in a body model: which marks does the field at its end bear?"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from orchestrator.core.field_mark import FieldMark, PartNames
from orchestrator.core.kind import Kind


@dataclass(frozen=True, slots=True)
class FieldNode:
    """What a body model says about one place of the tree.

    Attributes:
        marks: of this field and not of its ancestors.
        fields: for a mapping with known fields.
        item: for a mapping or list with items of one type.
    """

    marks: tuple[FieldMark, ...] = ()
    fields: Mapping[str, FieldNode] | None = None
    item: FieldNode | None = None

    def child(self, part: str | int) -> FieldNode:
        """The node one step further; an empty node where the model says nothing."""
        if isinstance(part, str) and self.fields is not None and part in self.fields:
            return self.fields[part]
        return self.item or _EMPTY

    def mark(self, kind: type[Any]) -> Any:
        """The first mark of a type, or None."""
        for mark in self.marks:
            if isinstance(mark, kind):
                return mark
        return None


_EMPTY = FieldNode()


@cache
def node_of(model: type[BaseModel]) -> FieldNode:
    """The field tree of a model. Fields of union members are merged: a path means the same in each of them."""
    hints = typing.get_type_hints(model, include_extras=True)
    fields: dict[str, FieldNode] = {}
    for name, info in model.model_fields.items():
        node = _from_annotation(hints.get(name, Any))
        own = tuple(mark for mark in info.metadata if isinstance(mark, FieldMark))
        merged = FieldNode(own + tuple(m for m in node.marks if m not in own), node.fields, node.item)
        fields[name] = merged
        if isinstance(info.alias, str):
            fields[info.alias] = merged
    return FieldNode((), fields)


def root_node(kind: Kind, variant: str) -> FieldNode:
    """The field tree of a kind's variant; of an unknown variant, what all variants together have."""
    model = kind.variants.get(variant)
    return node_of(model) if model else _of_all(tuple(dict.fromkeys(kind.variants.values())))


@cache
def _of_all(models: tuple[type[BaseModel], ...]) -> FieldNode:
    return _merge((), [node_of(model) for model in models])


def marks_along(root: FieldNode, path: Sequence[str | int]) -> tuple[FieldMark, ...]:
    """All marks on the way to a path, outermost first: a mark on a mapping holds for all inside."""
    marks: list[FieldMark] = []
    node = root
    for part in path:
        node = node.child(part)
        marks.extend(node.marks)
    return tuple(marks)


def _from_annotation(annotation: Any) -> FieldNode:
    marks: tuple[FieldMark, ...] = ()
    while get_origin(annotation) is Annotated:
        args = get_args(annotation)
        marks += tuple(mark for mark in args[1:] if isinstance(mark, FieldMark))
        annotation = args[0]
    origin = get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return _merge(marks, [_from_annotation(option) for option in get_args(annotation) if option is not type(None)])
    if origin is not None and isinstance(origin, type):
        if issubclass(origin, Mapping):
            return FieldNode(marks, None, _from_annotation(get_args(annotation)[1]))
        if issubclass(origin, Sequence):
            return FieldNode(marks, None, _from_annotation(get_args(annotation)[0]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = node_of(annotation)
        return FieldNode(marks, inner.fields, inner.item)
    return FieldNode(marks)


def _merge(marks: tuple[FieldMark, ...], options: list[FieldNode]) -> FieldNode:
    fields: dict[str, FieldNode] = {}
    item: FieldNode | None = None
    for option in options:
        marks += tuple(mark for mark in option.marks if mark not in marks)
        fields.update(option.fields or {})
        item = item or option.item
    return FieldNode(marks, fields or None, item)


def names_parts(kind: Kind) -> bool:
    """Whether bodies of a kind say something of the parts beside them, as traffic does of deployments."""
    model = kind.variants.get("")
    node = node_of(model) if model is not None else None
    return node is not None and any(child.mark(PartNames) for child in (node.fields or {}).values())
