"""Looks a path up in a body model: which marks does the field at its end bear?"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, TypeAlias, get_args, get_origin

from pydantic import BaseModel

from orchestrator.core.field_mark import FieldMark, LabelsKept, Metadata, PartNames, RunSetting
from orchestrator.core.kind import Kind

_Inside: TypeAlias = tuple[Mapping[str, "FieldNode"] | None, "FieldNode | None"]


class FieldNode:
    """What a body model says about one place of the tree. What is below is worked out when it is first asked for, since models may
    contain themselves: a pipeline's step may be a pipeline.

    Args:
        marks: of this field and not of its ancestors.
        fields: for a mapping with known fields.
        item: for a mapping or list with items of one type.
        inside: gives `fields` and `item`, in their place.
    """

    __slots__ = ("_inside", "_kept", "_known", "marks")

    def __init__(
        self,
        marks: tuple[FieldMark, ...] = (),
        fields: Mapping[str, FieldNode] | None = None,
        item: FieldNode | None = None,
        *,
        inside: Callable[[], _Inside] | None = None,
    ) -> None:
        self.marks = marks
        self._inside = inside or (lambda: (fields, item))
        self._known: _Inside | None = None
        self._kept: FieldNode | None = None

    @property
    def fields(self) -> Mapping[str, FieldNode] | None:
        """Of a mapping with known fields."""
        return (self._known or self._look())[0]

    @property
    def item(self) -> FieldNode | None:
        """Of a mapping or list with items of one type."""
        return (self._known or self._look())[1]

    def _look(self) -> _Inside:
        self._known = self._inside()
        return self._known

    def kept(self, reason: str) -> FieldNode:
        """The same with run settings in place of labels, here and below; see `LabelsKept`."""
        if self._kept is None:
            label = RunSetting(reason)
            marks = tuple(label if isinstance(mark, Metadata) else mark for mark in self.marks)
            self._kept = FieldNode(marks, inside=lambda: _all_kept(self, reason))
            self._kept._kept = self._kept
        return self._kept

    def child(self, part: str | int) -> FieldNode:
        """The node one step further; an empty node where the model says nothing."""
        fields, item = self._known or self._look()
        if isinstance(part, str) and fields is not None and part in fields:
            return fields[part]
        return item or _EMPTY

    def mark(self, kind: type[Any]) -> Any:
        """The first mark of a type, or None."""
        for mark in self.marks:
            if isinstance(mark, kind):
                return mark
        return None


_EMPTY = FieldNode()


def _all_kept(node: FieldNode, reason: str) -> _Inside:
    fields = {name: child.kept(reason) for name, child in (node.fields or {}).items()}
    return fields or None, node.item.kept(reason) if node.item is not None else None


@cache
def node_of(model: type[BaseModel]) -> FieldNode:
    """The field tree of a model. Fields of union members are merged: a path means the same in each of them."""
    return FieldNode(inside=lambda: (_fields_of(model), None))


def _fields_of(model: type[BaseModel]) -> Mapping[str, FieldNode]:
    hints = typing.get_type_hints(model, include_extras=True)
    fields: dict[str, FieldNode] = {}
    for name, info in model.model_fields.items():
        node = _from_annotation(hints.get(name, Any))
        own = tuple(mark for mark in info.metadata if isinstance(mark, FieldMark))
        merged = _marked(node, own + tuple(m for m in node.marks if m not in own))
        keeps: LabelsKept | None = merged.mark(LabelsKept)
        if keeps is not None:
            merged = merged.kept(keeps.reason)
        fields[name] = merged
        if isinstance(info.alias, str):
            fields[info.alias] = merged
    return fields


def _marked(node: FieldNode, marks: tuple[FieldMark, ...]) -> FieldNode:
    return FieldNode(marks, inside=lambda: (node.fields, node.item))


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
        return _marked(node_of(annotation), marks)
    return FieldNode(marks)


def _merge(marks: tuple[FieldMark, ...], options: list[FieldNode]) -> FieldNode:
    for option in options:
        marks += tuple(mark for mark in option.marks if mark not in marks)
    return FieldNode(marks, inside=lambda: _together(options))


def _together(options: list[FieldNode]) -> _Inside:
    named: dict[str, list[FieldNode]] = {}
    for option in options:
        for name, node in (option.fields or {}).items():
            named.setdefault(name, []).append(node)
    items = [option.item for option in options if option.item is not None]
    fields = {name: _one(nodes) for name, nodes in named.items()}
    return fields or None, _one(items) if items else None


def _one(nodes: list[FieldNode]) -> FieldNode:
    return nodes[0] if len(nodes) == 1 else _merge((), nodes)


def names_parts(kind: Kind) -> bool:
    """Whether bodies of a kind say something of the parts beside them, as traffic does of deployments."""
    model = kind.variants.get("")
    node = node_of(model) if model is not None else None
    return node is not None and any(child.mark(PartNames) for child in (node.fields or {}).values())
