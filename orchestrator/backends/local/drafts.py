"""What requests ask for, as drafts of records: with their files kept, as nobody may see a record before those are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.backends.local.bodies import to_store
from orchestrator.core.address import Address
from orchestrator.core.field_mark import Metadata
from orchestrator.core.fields import root_node
from orchestrator.core.health import Health
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.workspace.service import (
    ADOPTED,
    FILES,
    LOST,
    NODES_AS_PROCESSES,
    PYTHON_DOWNLOADS,
    STAND_INS,
    Draft,
    Record,
    RecordKey,
    Workspace,
)


class Drafts:
    """Makes drafts for one backend.

    Args:
        workspace: keeps their files.
        settings: of the embedded workspace: ``stand_ins`` (reference or URL to local path), ``python_downloads`` and
            ``nodes_as_processes``.
    """

    def __init__(self, workspace: Workspace, settings: Mapping[str, Any]) -> None:
        self._workspace = workspace
        self._attributes = {
            STAND_INS: dict(settings.get("stand_ins") or {}) or None,
            PYTHON_DOWNLOADS: True if settings.get("python_downloads") else None,
            NODES_AS_PROCESSES: True if settings.get("nodes_as_processes") else None,
        }

    def of(self, request: Request, kind: Kind, key: RecordKey) -> Draft:
        """What a request asks for.

        Raises:
            Invalid: the workspace cannot be written, or a file cannot be read.
            Conflict: a file changed after it was planned.
        """
        stored = to_store(request.properties, self._workspace.keep, self._workspace.made_identity)
        return Draft(
            key=key,
            owner=request.owner,
            fingerprint=request.fingerprint.pack(),
            body=stored.body,
            attributes={FILES: stored.files or None, LOST: None, ADOPTED: request.adopted or None, **self._attributes},
            processes=kind.local.processes,
            variant=request.variant,
            secrets=stored.secrets if kind.local.reveals else None,
            secret_names=stored.named,
        )


def key_of(address: Address, revision: str) -> RecordKey:
    """What the workspace finds a resource by."""
    return RecordKey(address.kind, str(address), revision)


def only_labels(draft: Draft, existing: Record, request: Request, kind: Kind) -> bool:
    """Whether a draft differs from what exists in labels only; otherwise there is work to do."""
    return kind.local.labels_only or (
        request.fingerprint.matches(existing.fingerprint)
        and existing.health is Health.HEALTHY
        and _unlabelled(existing, kind) == _unlabelled(draft, kind)
    )


def _unlabelled(resource: Record | Draft, kind: Kind) -> dict[str, Any]:
    """The body without labels. The mark alone does not tell: whoever changes a body by hand leaves it as it was."""
    node = root_node(kind, resource.variant)
    return {name: value for name, value in resource.body.items() if node.child(name).mark(Metadata) is None}
