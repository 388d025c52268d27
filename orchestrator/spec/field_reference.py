"""The field reference: what stands at a path such as ``jobs.sweep.limits``, from the models of the kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.field_doc import FieldDoc
from orchestrator.core.field_mark import (
    Columns,
    Computed,
    FieldMark,
    Files,
    Immutable,
    Metadata,
    PartNames,
    Ref,
    RunSetting,
    Sensitive,
    ServiceValue,
    WriteOnly,
)
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.core.kind import Kind, Kinds, Spec
from orchestrator.spec.field_types import name_of, type_text
from orchestrator.spec.schema import kind_schema

LEFT_OUT: Final = frozenset({"$schema", "name"})
"""The kind and the name follow from the place in the spec; what only the service fills in is left out as well."""

_EXPLAINED: Final = (
    Metadata,
    RunSetting,
    Immutable,
    WriteOnly,
    Sensitive,
    Files,
    ServiceValue,
    Ref,
    PartNames,
    Columns,
)
"""Marks that change what a person writes or what a change does; others are about spelling and comparing."""


class UnknownField(LookupError):
    """A path that leads to no field. The text says which part is unknown and names the nearest."""


def notes(marks: Sequence[FieldMark]) -> tuple[str, ...]:
    """What a person should know about a change of a field with these marks."""
    return tuple(f"{type(mark).__name__}: {mark.reason}." for mark in marks if isinstance(mark, _EXPLAINED))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a path has come to.

    Attributes:
        schema: of the field itself; none for a whole body.
        shapes: schemas of the models that may stand there.
        node: its marks, and those of the fields inside.
    """

    schema: Mapping[str, Any]
    required: bool
    shapes: tuple[Mapping[str, Any], ...]
    node: FieldNode

    def names(self) -> list[str]:
        """The fields inside, those that every shape requires first."""
        every = dict.fromkeys(name for shape in self.shapes for name in shape["properties"])
        shown = [name for name in every if name not in LEFT_OUT and self.node.child(name).mark(Computed) is None]
        return sorted(shown, key=lambda name: not self.requires(name))

    def requires(self, name: str) -> bool:
        return all(name in shape.get("required", ()) for shape in self.shapes)


def field_doc(kinds: Kinds, path: str) -> FieldDoc:
    """What stands at a path: a kind, one of its forms (both may be left out of longer paths), then fields.

    Lists and mappings have no part of their own: ``jobs.inputs.mode`` is the mode of each input.

    Raises:
        UnknownField: with the nearest name.
    """
    kind, rest = _kind(kinds, path)
    forms, rest = _forms(kind, rest)
    definitions = _definitions(kind)
    place = _body(kind, forms, definitions)
    reached = path.removesuffix(".".join(rest)).rstrip(".")
    others = kind.variants if len(forms) == len(kind.variants) else ()
    for part in rest:
        place = _inside(place, part, reached, definitions, others)
        reached, others = f"{reached}.{part}", ()
    several = forms if len(forms) > 1 and not rest else ()
    sentence = place.schema.get("description") or (_about(kind, forms, place) if not rest else "")
    return FieldDoc(
        path=path,
        type=type_text(place.schema) if rest else "",
        required=place.required,
        default=_default(place.schema),
        sentence=_plain(sentence),
        notes=notes(place.node.marks),
        forms=tuple(several),
        fields=tuple(_child(place, path, name) for name in place.names()),
    )


def known_parts(kinds: Kinds, path: str) -> tuple[str, ...]:
    """What may follow a path: kinds after an empty one, then forms and fields. Empty if the path leads to nothing."""
    if not path:
        return tuple(kinds)
    parts = [key.removeprefix(f"{path}.") for key in kinds if key.startswith(f"{path}.")]
    try:
        found = field_doc(kinds, path)
    except UnknownField:
        return tuple(parts)
    return tuple(dict.fromkeys([*parts, *found.forms, *(child.name for child in found.fields)]))


_MADE: Final[dict[tuple[type[Spec], ...], Mapping[str, Any]]] = {}
"""Schemas by the models they are made of: a shell that completes asks for the same again and again."""


def _definitions(kind: Kind) -> Mapping[str, Any]:
    models = tuple(kind.variants.values())
    if models not in _MADE:
        _MADE[models] = kind_schema(kind)["$defs"]
    return _MADE[models]


def _kind(kinds: Kinds, path: str) -> tuple[Kind, list[str]]:
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        key = ".".join(parts[:length])
        if key in kinds:
            return kinds[key], parts[length:]
    known = f"The kinds are {', '.join(kinds)}."
    raise UnknownField(f"There is no kind '{parts[0]}'. {did_you_mean(parts[0], kinds, known)}")


def _forms(kind: Kind, rest: list[str]) -> tuple[list[str], list[str]]:
    """The forms that a path means, and what follows them; all forms where it names none."""
    for length in range(len(rest), 0, -1):
        text = ".".join(rest[:length])
        found = [form for form in kind.variants if form == text or form.startswith(f"{text}.")]
        if text and found:
            return found, rest[length:]
    return list(kind.variants), rest


def _body(kind: Kind, forms: Sequence[str], definitions: Mapping[str, Any]) -> _Place:
    models = dict.fromkeys(kind.variants[form] for form in forms)
    shapes = tuple(definitions[model.__name__] for model in models)
    fields: dict[str, FieldNode] = {}
    for form in forms:
        fields.update(root_node(kind, form).fields or {})
    return _Place(schema={}, required=False, shapes=shapes, node=FieldNode((), fields))


def _inside(
    place: _Place, part: str, reached: str, definitions: Mapping[str, Any], forms: Sequence[str] | Mapping[str, Any]
) -> _Place:
    found = [shape["properties"][part] for shape in place.shapes if part in shape["properties"]]
    if not found:
        names = [*place.names(), *(form for form in forms if form)]
        listed = f"It has {', '.join(names)}." if names else "It has no fields."
        what = "form or field" if any(forms) else "field"
        raise UnknownField(f"{reached} has no {what} '{part}'. {did_you_mean(part, names, listed)}")
    shapes: dict[str, Mapping[str, Any]] = {}
    for schema in found:
        shapes.update(_models(schema, definitions))
    node = place.node.child(part)
    marks = node.marks
    while node.fields is None and node.item is not None:
        node = node.item
    return _Place(
        schema={**found[0], "description": _sentences(found)},
        required=place.requires(part),
        shapes=tuple(shapes.values()),
        node=FieldNode(marks, node.fields, node.item),
    )


def _models(schema: Any, definitions: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The models that a field's schema leads to, through unions, lists and mappings."""
    if isinstance(schema, list):
        for one in schema:
            yield from _models(one, definitions)
    elif isinstance(schema, Mapping):
        if "$ref" in schema:
            name = name_of(schema["$ref"])
            if "properties" in definitions.get(name, {}):
                yield name, definitions[name]
        for inner in ("anyOf", "oneOf", "items", "additionalProperties"):
            yield from _models(schema.get(inner), definitions)


def _child(place: _Place, path: str, name: str) -> FieldDoc:
    found = [shape["properties"][name] for shape in place.shapes if name in shape["properties"]]
    return FieldDoc(
        path=f"{path}.{name}",
        type=" or ".join(dict.fromkeys(map(type_text, found))),
        required=place.requires(name),
        default=_default(found[0]),
        sentence=_plain(_sentences(found)),
        notes=notes(place.node.child(name).marks),
        forms=(),
        fields=(),
    )


def _sentences(found: Sequence[Mapping[str, Any]]) -> str:
    """What the forms say of a field, each sentence once."""
    return " ".join(dict.fromkeys(str(schema.get("description", "")) for schema in found))


def _about(kind: Kind, forms: Sequence[str], place: _Place) -> str:
    if len(place.shapes) == 1 and (len(kind.variants) == 1 or len(forms) < len(kind.variants)):
        return str(place.shapes[0].get("description", ""))
    return f"{kind.title[0].upper()}{kind.title[1:]}."


def _default(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema["default"]) if "default" in schema else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("``", "'")
