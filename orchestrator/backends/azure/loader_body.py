"""Bodies in the words that the client's loaders take, where those differ from what a spec may say. Pure.

What is special about a kind stands in its binding, with what the loader refuses and how we know. The way back is in `normalise`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.kind import Kind


def for_loader(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """A body for the client's loader.

    Args:
        kind: of the body.
        body: plain data as a spec has it.
    """
    said = (
        {**body, "identity": _identity(body["identity"])} if isinstance(body.get("identity"), Mapping) else dict(body)
    )
    return kind.azure.for_loader(said)


def _identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Each identity is a mapping. Source: azure-ai-ml, ``IdentitySchema``."""
    users = identity.get("user_assigned_identities")
    if not isinstance(users, list):
        return dict(identity)
    forms = [{"resource_id": user} if isinstance(user, str) else user for user in users]
    return {**identity, "user_assigned_identities": forms}
