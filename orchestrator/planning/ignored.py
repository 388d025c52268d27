"""Fields left to others keep their live value when the resource is written for another reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.core.change import ABSENT


def keep_ignored(resolved: Mapping[str, Any], live: Mapping[str, Any], ignore: Iterable[str]) -> Mapping[str, Any]:
    """Put the live value of each ignored field in place of the spec's.

    Args:
        resolved: what would be written.
        live: the live body.
        ignore: dotted paths through mappings, as in ``lifecycle.ignore``.
    """
    body = resolved
    for path in ignore:
        body = _with_live(body, live, path.split("."))
    return body


def _with_live(body: Mapping[str, Any], live: Mapping[str, Any], path: list[str]) -> Mapping[str, Any]:
    name, rest = path[0], path[1:]
    inside, there = body.get(name, ABSENT), live.get(name, ABSENT)
    if not rest:
        kept = {key: value for key, value in body.items() if key != name}
        return kept if there is ABSENT else {**kept, name: there}
    written = {} if inside is ABSENT else inside
    if not isinstance(there, Mapping) or not isinstance(written, Mapping):
        return body
    return {**body, name: _with_live(written, there, rest)}
