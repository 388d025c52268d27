"""Laying one located tree over another."""

from __future__ import annotations

from orchestrator.core.tree import LocatedDict


def overlay(base: LocatedDict, over: LocatedDict) -> LocatedDict:
    """Lay a mapping over another one.

    Mappings merge, member by member and to any depth. Lists and scalars replace what was there. A null takes the member
    away, as in a JSON merge patch. Neither argument is changed; parts that do not differ are shared.

    Source: RFC 7396 for the meaning of null.
    """
    merged = base.copy()
    for key, value in over.items():
        if value is None:
            _drop(merged, key)
            continue
        beneath = merged.get(key)
        if isinstance(beneath, LocatedDict) and isinstance(value, LocatedDict):
            joined = overlay(beneath, value)
            merged.put(key, joined, merged.key_marks.get(key), merged.value_marks.get(key))
        else:
            merged.take(key, over)
    return merged


def without(tree: LocatedDict, *keys: str) -> LocatedDict:
    """The mapping without some members; the same object if it has none of them."""
    if not any(key in tree for key in keys):
        return tree
    rest = tree.copy()
    for key in keys:
        _drop(rest, key)
    return rest


def _drop(tree: LocatedDict, key: str) -> None:
    tree.pop(key, None)
    tree.key_marks.pop(key, None)
    tree.value_marks.pop(key, None)
