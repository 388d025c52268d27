"""Makes a page for each kind: every field with its type, allowed values, default, mark and sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.field_mark import Computed
from orchestrator.core.fields import FieldNode, node_of
from orchestrator.core.kind import Kind, Spec
from orchestrator.spec.field_reference import LEFT_OUT, notes
from orchestrator.spec.field_types import type_text
from orchestrator.spec.schema import kind_schema


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
    fields = {key: value for key, value in schema["properties"].items() if key not in LEFT_OUT}
    fields = {key: value for key, value in fields.items() if node.child(key).mark(Computed) is None}
    for key in sorted(fields, key=lambda key: key not in required):
        value = fields[key]
        default = (
            "**required**" if key in required else f"`{json.dumps(value['default'])}`" if "default" in value else ""
        )
        marks = notes(node.child(key).marks)
        sentence = " ".join(filter(None, [_text(value.get("description", "")), *map(_text, marks)]))
        yield f"| `{key}` | {_type(value)} | {default} | {sentence} |"
    yield ""


def _text(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|").replace("<", "&lt;")


def _type(schema: Mapping[str, Any]) -> str:
    """What may stand there, in short, with links to the models below."""
    return type_text(schema, _link, lambda value: f"`{value}`", " · ")
