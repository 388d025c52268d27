"""Ownership marks in the tags of live objects: who made it, for which address, from which content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from orchestrator.core.address import Address
from orchestrator.core.ports import Request
from orchestrator.core.resource import ADDRESS_TAG, ADOPTED_TAG, FINGERPRINT_TAG, OWNER_TAG, mark_tags


def marked(tags: Any, request: Request) -> dict[str, str]:
    """A body's tags with ours. The service keeps texts only, so everything else becomes one."""
    own = {str(name): _text(value) for name, value in tags.items()} if isinstance(tags, Mapping) else {}
    return own | marks_for(request)


def marks_for(request: Request) -> dict[str, str]:
    """The marks of what a request writes."""
    return mark_tags(request.owner, request.address, request.fingerprint.pack(), adopted=request.adopted)


class Marks(NamedTuple):
    """What a live object says of itself; None for each that is not there or cannot be read."""

    owner: str | None = None
    address: Address | None = None
    fingerprint: str | None = None
    adopted: bool = False


def marks_of(tags: Any) -> Marks:
    """The marks among the tags of a live object."""
    if not isinstance(tags, Mapping):
        return Marks()
    owner, fingerprint = tags.get(OWNER_TAG), tags.get(FINGERPRINT_TAG)
    return Marks(owner, _address(tags.get(ADDRESS_TAG)), fingerprint, ADOPTED_TAG in tags)


def _address(text: Any) -> Address | None:
    try:
        return Address.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
