"""Role assignments on the wire: built-in roles, names that follow from content, and whose they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from orchestrator.backends.azure.marks import marks_for, marks_of
from orchestrator.core.address import Address
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed

VERSION: Final = {"api-version": "2022-04-01"}
PROVIDER: Final = "providers/Microsoft.Authorization/roleAssignments"

ROLES: Final[Mapping[str, str]] = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "AzureML Data Scientist": "f6c7c914-8db3-469d-8ca1-694a8f32e121",
    "AzureML Compute Operator": "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815",
}
"""Ids of role definitions, the same in every tenant. Source: Azure documentation, Azure built-in roles."""

_NAMES: Final = {identifier: name for name, identifier in ROLES.items()}

_TYPES: Final = {
    "user": "User",
    "group": "Group",
    "service_principal": "ServicePrincipal",
    "foreign_group": "ForeignGroup",
    "device": "Device",
}
_OUR_TYPES: Final = {theirs: ours for ours, theirs in _TYPES.items()}

_NAMESPACE: Final = UUID("174a7c38-c6ff-45d1-a7bf-6bacae993997")
"""Ours, drawn once: makes names of role assignments differ from everybody else's."""

_MARK: Final = re.compile(r"(?P<text>.*?)\s*\[(?P<marks>amlctl\.project=[^\]]*)\]\s*", re.DOTALL)
"""Role assignments have no tags; their description is the one text that may change."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A live role assignment.

    Attributes:
        name: its GUID.
        scope: the id of what it was made for; those of a resource group hold for the workspace as well.
    """

    name: str
    scope: str
    observed: Observed


def name_of(workspace: str, properties: Mapping[str, Any]) -> str:
    """The GUID of an assignment: the same principal and role in the same workspace always get the same one.

    Args:
        workspace: its identifier in lower case.
    """
    principal = str(properties["principal_id"]).lower()
    return str(uuid5(_NAMESPACE, f"{workspace}|{principal}|{ROLES[properties['role']]}"))


def body_of(request: Request, subscription: str) -> dict[str, Any]:
    """The body of the request that makes an assignment."""
    properties = request.properties
    body = {
        "principalId": properties["principal_id"],
        "roleDefinitionId": f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions"
        f"/{ROLES[properties['role']]}",
        "description": _described(str(properties.get("description") or ""), request),
    }
    kind = properties.get("principal_type")
    return {"properties": body | ({"principalType": _TYPES[kind]} if kind else {})}


def assignment_of(rest: Mapping[str, Any], kind: Kind) -> Assignment:
    """A live assignment. One without our mark stands at an address of its GUID, where no spec looks for it."""
    properties = rest.get("properties") or {}
    text, marks = _split(str(properties.get("description") or ""))
    said = marks_of(marks)
    identifier = str(properties.get("roleDefinitionId") or "").rsplit("/", 1)[-1].lower()
    body = {
        "principal_id": str(properties.get("principalId") or ""),
        "role": _NAMES.get(identifier, identifier),
        "principal_type": _OUR_TYPES.get(str(properties.get("principalType") or "")),
        "description": text,
    }
    name = str(rest.get("name") or "")
    observed = Observed(
        said.address or Address(kind.key, name),
        "",
        properties={field: value for field, value in body.items() if value},
        fingerprint=said.fingerprint,
        owner=said.owner,
        attributes={"id": str(rest.get("id") or ""), "name": name},
        adopted=said.adopted,
    )
    return Assignment(name, str(properties.get("scope") or ""), observed)


def _described(text: str, request: Request) -> str:
    marks = " ".join(f"{name}={value}" for name, value in marks_for(request).items())
    return f"{text} [{marks}]".lstrip()


def _split(description: str) -> tuple[str, dict[str, str]]:
    """The user's own text, and what is said of the owner."""
    found = _MARK.fullmatch(description)
    if found is None:
        return description, {}
    pairs = (pair.partition("=") for pair in found["marks"].split())
    return found["text"], {name: value for name, _, value in pairs}
