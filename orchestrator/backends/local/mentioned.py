"""Bodies of what a resource mentions: as the spec has them, or as they lie in the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.core.resource import Desired
from orchestrator.core.value import Reference
from orchestrator.workspace.service import RecordKey, Workspace, record_kinds


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A resource that is mentioned.

    Attributes:
        body: of the spec (with special values), or of a record (plain data).
        variant: the shape of the body inside its kind.
        pinned: the text by which the workspace will know this very version: ``azureml:NAME:VERSION``; empty if only the apply
            can know it.
    """

    address: Address
    body: Mapping[str, Any]
    variant: str
    pinned: str = ""


class Mentions:
    """Looks up what references name.

    Args:
        resources: everything in the spec.
        workspace: for what is not in the spec.
    """

    def __init__(self, resources: Mapping[Address, Desired], workspace: Workspace) -> None:
        self._resources = resources
        self._workspace = workspace

    def find(self, reference: Reference) -> Mentioned | None:
        """What a reference names; None if it is nowhere, or is looked up by its address alone (registries)."""
        target = reference.target
        if not reference.external:
            desired = self._resources.get(target)
            if desired is None:
                return None
            return Mentioned(target, desired.properties, desired.variant, _pinned(target, desired.version))
        version = reference.version
        if version is None or version.startswith("@"):
            record = self._workspace.latest(target.kind, str(target))
        else:
            record = self._workspace.get(RecordKey(target.kind, str(target), version))
        if record is None or record.deleting:
            return None
        return Mentioned(target, self._workspace.revealed(record), record.variant, _pinned(target, record.revision))

    def body(self, value: Any) -> Mapping[str, Any] | None:
        """The body that a field has: its own, or that of what it names; None if neither is known."""
        if isinstance(value, Reference):
            found = self.find(value)
            return found.body if found is not None else None
        return value if isinstance(value, Mapping) else None

    def has_datastore(self, name: str) -> bool:
        """Whether the spec or the workspace has a datastore."""
        address = Address(record_kinds.DATASTORES, name)
        declared = address in self._resources or name in DEFAULT_DATASTORES
        return declared or self._workspace.get(RecordKey(address.kind, str(address))) is not None

    def parent(self, desired: Desired) -> Desired | None:
        """The endpoint that contains a resource."""
        parent = desired.address.parent
        return self._resources.get(parent) if parent is not None else None


def _pinned(target: Address, version: str | None) -> str:
    return f"azureml:{target.name}:{version}" if version else ""
