"""Ids in ``properties``: in the long form of the wire, or in the short one of bodies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.tree import value_at


def with_ids(properties: Mapping[str, Any], ids: Mapping[str, str], form: Callable[[str, str], str]) -> dict[str, Any]:
    """``properties`` with their ids in another form.

    Args:
        ids: see `RecordWire.ids`.
        form: of an id and its collection.
    """
    changed = dict(properties)
    for dotted, collection in ids.items():
        *path, last = dotted.split(".")
        if not isinstance(value := value_at(changed, (*path, last)), str):
            continue
        inner = changed
        for name in path:
            inner[name] = inner = dict(inner[name])
        inner[last] = form(value, collection)
    return changed
