"""An MLflow model's signature as JSON schemas, in the words of the package inference-schema.

Source: mlflow/types/schema.py of 3.17, ``Schema.to_dict`` and ``ParamSchema.to_dict``, which is what MLmodel files hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_TYPES: dict[str, tuple[dict[str, Any], Any]] = {
    "boolean": ({"type": "boolean"}, False),
    "integer": ({"type": "integer", "format": "int32"}, 0),
    "long": ({"type": "integer", "format": "int64"}, 0),
    "float": ({"type": "number", "format": "float"}, 0.0),
    "double": ({"type": "number", "format": "double"}, 0.0),
    "string": ({"type": "string"}, ""),
    "binary": ({"type": "string", "format": "byte"}, ""),
    "datetime": ({"type": "string", "format": "date-time"}, "2000-01-01T00:00:00Z"),
}
_KINDS = {"b": "boolean", "i": "long", "u": "long", "f": "double"}


def schemas(folder: Path) -> tuple[Any, Any]:
    """Of the body that a model takes and of the one that it gives; None for what its signature does not say.

    Args:
        folder: with the file MLmodel.
    """
    try:
        import yaml  # MLflow needs it, and so it is there

        stored = (yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8")) or {}).get("signature") or {}
        inputs, outputs, params = (json.loads(stored.get(name) or "null") for name in ("inputs", "outputs", "params"))
        return _takes(inputs, params), (_rows(outputs)[0] if outputs else None)
    except (ImportError, OSError, ValueError, AttributeError, TypeError, KeyError, IndexError):
        return None, None  # MLflow itself judges what cannot be read


def _takes(inputs: Any, params: Any) -> Any:
    if not inputs:
        return None
    properties, example = {}, {}
    properties["input_data"], example["input_data"] = _input_data(inputs)
    if params:
        found = {param["name"]: _param(param) for param in params}
        properties["params"] = {"type": "object", "properties": {name: schema for name, (schema, _) in found.items()}}
        example["params"] = {name: default for name, (_, default) in found.items()}
    return {"type": "object", "properties": properties, "example": example}


def _input_data(inputs: Sequence[Mapping[str, Any]]) -> tuple[Any, Any]:
    """Tables by columns, index and data, as Azure's clients send them; tensors as they are."""
    if any(column.get("type") == "tensor" for column in inputs):
        return _rows(inputs)
    cells = [_of(column) for column in inputs]
    kinds = [schema for schema, _ in cells]
    cell = kinds[0] if all(kind == kinds[0] for kind in kinds) else {}
    names = [str(column.get("name", number)) for number, column in enumerate(inputs)]
    properties = {
        "columns": {"type": "array", "items": {"type": "string"}},
        "index": {"type": "array", "items": {"type": "integer", "format": "int64"}},
        "data": {"type": "array", "items": {"type": "array", "items": cell}},
    }
    schema = {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "format": "pandas.DataFrame:split",
    }
    return schema, {"columns": names, "index": [0], "data": [[value for _, value in cells]]}


def _rows(columns: Sequence[Mapping[str, Any]]) -> tuple[Any, Any]:
    """A tensor, tensors by name, a list of values, or a list of records."""
    found = [_of(column) for column in columns]
    named = {column["name"]: cell for column, cell in zip(columns, found) if column.get("name") is not None}
    if columns[0].get("type") == "tensor":
        return _object(named) if named else found[0]
    if named:
        schema, example = _object(named)
        return {"type": "array", "items": schema}, [example]
    return {"type": "array", "items": found[0][0]}, [found[0][1]]


def _object(cells: Mapping[str, tuple[Any, Any]]) -> tuple[Any, Any]:
    schema = {
        "type": "object",
        "required": list(cells),
        "properties": {name: kind for name, (kind, _) in cells.items()},
    }
    return schema, {name: value for name, (_, value) in cells.items()}


def _param(param: Mapping[str, Any]) -> tuple[Any, Any]:
    schema, _ = _of(param)
    for _ in param.get("shape") or ():
        schema = {"type": "array", "items": schema}
    return {**schema, "default": param.get("default")}, param.get("default")


def _of(column: Mapping[str, Any]) -> tuple[Any, Any]:
    """Schema and an example of one column, tensor, parameter or part of these."""
    kind = column.get("type")
    if isinstance(kind, Mapping):
        return _of(kind)
    if kind == "tensor":
        return _tensor(column["tensor-spec"])
    if kind == "array":
        schema, example = _of(column["items"])
        return {"type": "array", "items": schema}, [example]
    if kind == "map":
        schema, example = _of(column["values"])
        return {"type": "object", "additionalProperties": schema}, {"key": example}
    if kind == "object":
        parts = {name: _of(part) for name, part in column["properties"].items()}
        schema, example = _object(parts)
        schema["required"] = [name for name, part in column["properties"].items() if part.get("required", True)]
        return schema, example
    schema, example = _TYPES.get(str(kind), ({}, None))
    return dict(schema), example


def _tensor(spec: Mapping[str, Any]) -> tuple[Any, Any]:
    import numpy as np  # MLflow needs it too

    kind = np.dtype(spec["dtype"]).kind
    schema, example = _TYPES[_KINDS.get(kind, "datetime" if kind == "M" else "string")]
    schema = dict(schema)
    for size in reversed(spec["shape"]):
        schema, example = {"type": "array", "items": schema}, [example] * max(1, min(size, 8))
    return schema, example
