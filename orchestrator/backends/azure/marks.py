"""Ownership marks in the tags of live objects: who made it, for which address, from which content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.ports import Request
from orchestrator.core.resource import ADDRESS_TAG, FINGERPRINT_TAG, OWNER_TAG


def marked(tags: Any, request: Request) -> dict[str, str]:
    """A body's tags with ours. The service keeps texts only, so everything else becomes one."""
    own = {str(name): _text(value) for name, value in tags.items()} if isinstance(tags, Mapping) else {}
    return own | {
        OWNER_TAG: request.owner,
        ADDRESS_TAG: str(request.address),
        FINGERPRINT_TAG: request.fingerprint.pack(),
    }


def marks_of(tags: Any) -> tuple[str | None, Address | None, str | None]:
    """Owner, address and packed fingerprint; None for each that is not there or cannot be read."""
    if not isinstance(tags, Mapping):
        return None, None, None
    return tags.get(OWNER_TAG), _address(tags.get(ADDRESS_TAG)), tags.get(FINGERPRINT_TAG)


def _address(text: Any) -> Address | None:
    try:
        return Address.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
