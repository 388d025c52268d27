"""A JSON Schema of a field in a few words, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

EXPRESSION: Final = {"$ref": "#/$defs/expression"}
_BOUNDS: Final = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def type_text(
    schema: Mapping[str, Any],
    model: Callable[[str], str] = str,
    value: Callable[[object], str] = str,
    between: str = " | ",
) -> str:
    """What may stand there; an expression may stand wherever a scalar may, which is not repeated.

    Args:
        schema: of the field.
        model: how the name of a model is written.
        value: how an allowed value is written.
        between: what stands between allowed values.
    """
    if "$ref" in schema:
        return model(name_of(schema["$ref"]))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            shapes = [shape for shape in schema[several] if shape not in (EXPRESSION, {"type": "null"})]
            return " or ".join(dict.fromkeys(type_text(shape, model, value, between) for shape in shapes))
    if "const" in schema or "enum" in schema:
        return between.join(value(one) for one in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {type_text(schema.get('items', {}), model, value, between)}"
    if kind == "object":
        inside = schema.get("additionalProperties")
        return (
            f"mapping to {type_text(inside, model, value, between)}"
            if isinstance(inside, dict) and inside
            else "mapping"
        )
    bounds = [f"{sign} {schema[name]}" for name, sign in _BOUNDS.items() if name in schema]
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{words} ({', '.join(bounds)})" if bounds else words


def name_of(reference: str) -> str:
    """The model that a ``$ref`` names."""
    return reference.rpartition("/")[2]
