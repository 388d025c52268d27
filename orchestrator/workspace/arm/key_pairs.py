"""Keys of endpoints that answer nobody here: they are as secret as the workspace's identity, from which they are derived."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.records.record import Record

_PAIR: Final = ("primary", "secondary")
_REPLACED: Final = "keys_replaced"
"""Attribute of a record: how often each key was."""


def endpoint_keys(wire_store: WireStore, record: Record) -> dict[str, str]:
    """Both keys. Source: REST specification, ``EndpointAuthKeys``."""
    counts = record.attributes.get(_REPLACED) or {}
    return {f"{which}Key": _key(wire_store, record, f"{which} {counts.get(which, 0)}") for which in _PAIR}


def replaced(wire_store: WireStore, record: Record, asked: Mapping[str, Any]) -> Record:
    """The record after one of its keys was replaced.

    Args:
        asked: ``keyType`` is ``Primary`` or ``Secondary``. Source: REST specification, ``RegenerateEndpointKeysRequest``.
    """
    which = "secondary" if str(asked.get("keyType")).lower() == "secondary" else "primary"
    counts = dict(record.attributes.get(_REPLACED) or {})
    counts[which] = int(counts.get(which, 0)) + 1
    return wire_store.relabel(replace(record, attributes={**record.attributes, _REPLACED: counts}))


def _key(wire_store: WireStore, record: Record, which: str) -> str:
    text = f"{record.address} {which}".encode()
    return (
        base64.urlsafe_b64encode(hmac.new(wire_store.identity.encode(), text, hashlib.sha256).digest())
        .decode()
        .rstrip("=")
    )
