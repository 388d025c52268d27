"""Managed identities: the wire's form, whose keys are identifiers, and that of CLI v2 bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.workspace.arm.wording import camel_keys, pascal, snake, snake_keys, without_nothing

_USERS = "userAssignedIdentities"
_BODY_USERS = "user_assigned_identities"


def identity_body(sent: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The ``identity`` of a CLI v2 body. Source: azure-ai-ml, ``IdentitySchema``; identifiers keep their spelling."""
    if not sent:
        return None
    users = sent.get(_USERS) or {}
    rest = {name: value for name, value in sent.items() if name not in (_USERS, "type")}
    listed = [{"resource_id": name, **without_nothing(snake_keys(about or {}))} for name, about in users.items()]
    kind = ",".join(snake(part.strip()) for part in str(sent.get("type") or "none").split(","))
    return without_nothing({"type": kind, **snake_keys(rest), _BODY_USERS: listed or None})


def identity_properties(body: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The wire's ``identity``. Source: Azure Resource Manager documentation, managed identities of resources."""
    if not body:
        return None
    rest = {name: value for name, value in body.items() if name not in (_BODY_USERS, "type")}
    users = {}
    for user in body.get(_BODY_USERS) or ():
        about = {"resource_id": user} if isinstance(user, str) else dict(user)
        name = str(about.pop("resource_id", ""))
        users[name] = camel_keys(about)
    kind = ",".join(pascal(part.strip()) for part in str(body.get("type") or "none").split(","))
    return without_nothing({"type": kind, **camel_keys(rest), _USERS: users or None})
