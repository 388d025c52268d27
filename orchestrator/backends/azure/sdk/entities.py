"""Entities of the client: from bodies and back."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from copy import copy
from enum import Enum
from typing import Any, Final

import azure.ai.ml as ml
from azure.ai.ml.entities import _load_functions

_DECIDING: Final = ("type", "task", "kind", "model_provider")
"""Fields by which the client's loaders choose a class."""


def load_entity(loader: str, body: Mapping[str, Any], *, typed: bool = False) -> Any:
    """Let the client's own loader read a body.

    Args:
        loader: ``load_compute``, …; some are not public.
        body: plain data with ``name`` and ``version``; local paths absolute.
        typed: the class of the entity depends on ``type``.

    Raises:
        Exception: whatever the client raises on a body that it does not accept.
    """
    # The body is an override, so that no number goes through text; what decides the class has to be in the document itself.
    deciding = {name: body[name] for name in _DECIDING if name in body}
    decides = typed or "task" in deciding or loader == "load_online_deployment"
    source = io.StringIO(json.dumps(deciding)) if typed or (decides and deciding) else None
    load = getattr(ml, loader, None) or getattr(_load_functions, loader)
    entity = load(source=source, params_override=[dict(body)])
    name = body.get("name")
    if isinstance(name, str) and entity.name != name and str(entity.name).lower() == name.lower():
        # Commands are nodes of pipelines to the client, whose names it writes in small letters. Source: azure-ai-ml, ``BaseNode``.
        entity._name = name
    _keep_types(body.get("outputs"), entity)
    return entity


def _keep_types(said: Any, entity: Any) -> None:
    """Give a job's outputs the types that the loader dropped: it reads those of AutoML without, and sends them as folders.

    Source: measured with azure-ai-ml 1.27 to 1.35, ``AutoMLJob``.
    """
    for name, output in (said if isinstance(said, Mapping) else {}).items():
        read = entity.outputs.get(name) if isinstance(getattr(entity, "outputs", None), Mapping) else None
        if isinstance(output, Mapping) and output.get("type") and read is not None and not read.type:
            read.type = output["type"]


def body_of(entity: Any) -> dict[str, Any]:
    """An entity as a CLI v2 body: plain data without empty values.

    Tags go past the client's schema: that of the oldest kind of datastore fails on texts. Source: measured with azure-ai-ml 1.35.
    """
    converted = entity._to_job() if hasattr(entity, "_to_job") else entity
    tags = getattr(converted, "tags", None)
    without = copy(converted)  # others may be reading the entity
    if tags:
        without.tags = {}
    body: dict[str, Any] = plain_of(without._to_dict() if hasattr(without, "_to_dict") else without.as_dict())
    return {**body, "tags": plain_of(tags)} if tags else body


def plain_of(value: Any) -> Any:
    """Ordered mappings, enumerations and text forms of them as plain data; members that are None are left out."""
    if isinstance(value, Mapping):
        return {str(key): plain_of(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [plain_of(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
