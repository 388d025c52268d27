"""JSON merge patches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merged(tree: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A tree with the changes of a patch: null takes a member away. Source: RFC 7396."""
    found = dict(tree)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, Mapping):
            before = found.get(name)
            found[name] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            found[name] = value
    return found
