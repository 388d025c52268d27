"""Requests as the execution makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint, digest_tree
from orchestrator.core.ports import Request
from orchestrator.core.value import plain


def request(
    address: Address, body: Mapping[str, Any], revision: str = "", *, variant: str = "", owner: str = "demo"
) -> Request:
    """A request whose fingerprint follows from the body."""
    fingerprint = Fingerprint(digest_tree(plain({k: v for k, v in body.items() if k != "tags"})))
    return Request(
        address,
        revision=revision,
        properties=body,
        fingerprint=fingerprint,
        owner=owner,
        key=f"{address}#{fingerprint.identity}",
        variant=variant,
    )
