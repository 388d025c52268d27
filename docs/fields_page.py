"""Makes a page for each kind: every field with its type, allowed values, default, mark and sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.field_mark import (
    Columns,
    Computed,
    Files,
    Immutable,
    Metadata,
    PartNames,
    Passive,
    Ref,
    Sensitive,
    ServiceValue,
    WriteOnly,
)
from orchestrator.core.fields import FieldNode, node_of
from orchestrator.core.kind import Kind, Spec
from orchestrator.spec.schema import kind_schema

_EXPRESSION = {"$ref": "#/$defs/expression"}
_LEFT_OUT = frozenset({"$schema", "name"})
"""The kind and the name follow from the place in the spec; what only the service fills in is left out as well."""

_TOLD = (Metadata, Passive, Immutable, WriteOnly, Sensitive, Files, ServiceValue, Ref, PartNames, Columns)
"""Marks that change what a person writes or what a change does; others are about spelling and comparing."""


def pages(kinds: Mapping[str, Kind]) -> dict[str, str]:
    """Page below ``reference/kinds`` to its text."""
    return {f"{key}.md": page(kind) for key, kind in kinds.items()}


def page(kind: Kind) -> str:
    """The page of one kind, without its first line."""
    schema = kind_schema(kind)
    definitions: dict[str, Any] = schema["$defs"]
    classes = {found.__name__: found for found in _below(Spec)}
    roots = [shape["$ref"].rpartition("/")[2] for shape in schema["anyOf"]]
    parts = [f"# `{kind.key}`\n", f"A {kind.title}. Source: {kind.source}.\n"]
    if kind.variants.keys() - {""}:
        forms = ", ".join(f"`{name}`: {_link(model.__name__)}" for name, model in kind.variants.items())
        parts.append(f"Form by `{kind.variant_field}`: {forms}.\n")
    done: list[str] = []
    waiting = list(roots)
    while waiting:
        name = waiting.pop(0)
        if name in done or "properties" not in definitions.get(name, {}):
            continue
        done.append(name)
        parts += _model(name, definitions[name], node_of(classes[name]) if name in classes else FieldNode())
        waiting += re.findall(r'"#/\$defs/(\w+)"', json.dumps(definitions[name]))
    return "\n".join(parts).rstrip() + "\n"


def _below(model: type[Spec]) -> Iterator[type[Spec]]:
    for found in model.__subclasses__():
        yield found
        yield from _below(found)


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _model(name: str, schema: Mapping[str, Any], node: FieldNode) -> Iterator[str]:
    yield f"\n## {name}\n"
    if schema.get("description"):
        yield f"{_text(schema['description'])}\n"
    required = schema.get("required", ())
    yield "| field | type | default | |\n|---|---|---|---|"
    fields = {key: value for key, value in schema["properties"].items() if key not in _LEFT_OUT}
    fields = {key: value for key, value in fields.items() if node.child(key).mark(Computed) is None}
    for key in sorted(fields, key=lambda key: key not in required):
        value = fields[key]
        default = (
            "**required**" if key in required else f"`{json.dumps(value['default'])}`" if "default" in value else ""
        )
        marks = [f"{type(mark).__name__}: {mark.reason}." for mark in node.child(key).marks if isinstance(mark, _TOLD)]
        sentence = " ".join(filter(None, [_text(value.get("description", "")), *map(_text, marks)]))
        yield f"| `{key}` | {_type(value)} | {default} | {sentence} |"
    yield ""


def _text(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|").replace("<", "&lt;")


def _type(schema: Mapping[str, Any]) -> str:
    """What may stand there, in short; an expression may stand wherever a scalar may, which is not repeated."""
    if "$ref" in schema:
        return _link(schema["$ref"].rpartition("/")[2])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            shapes = [shape for shape in schema[several] if shape not in (_EXPRESSION, {"type": "null"})]
            return " or ".join(dict.fromkeys(map(_type, shapes)))
    if "const" in schema or "enum" in schema:
        return " · ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object":
        inside = schema.get("additionalProperties")
        return f"mapping to {_type(inside)}" if isinstance(inside, dict) and inside else "mapping"
    bounds = [f"{sign} {schema[name]}" for name, sign in _BOUNDS.items() if name in schema]
    return " ".join(
        [" or ".join(kind) if isinstance(kind, list) else str(kind), *([f"({', '.join(bounds)})"] if bounds else [])]
    )


_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
