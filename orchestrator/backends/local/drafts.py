"""Records to be written for requests: with their files and secrets stored, as nobody may see a record before those are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.backends.local.bodies import to_store
from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.field_mark import Metadata
from orchestrator.core.fields import root_node
from orchestrator.core.health import Health
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.workspace.admission.writing import admit
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.identity import ensure_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import ADOPTED, FILES, LOST, PYTHON_DOWNLOADS, STAND_INS, Record, RecordKey
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore

QUEUED: Final = "queued"
"""The phase of a record that its manager has not looked at yet."""


class RecordDrafts:
    """Makes records for one backend.

    Args:
        paths, store: the workspace.
        settings: of the embedded workspace: ``stand_ins`` (reference or URL to local path) and ``python_downloads``.
    """

    def __init__(
        self,
        paths: WorkspacePaths,
        store: RecordStore,
        content: ContentStore,
        secrets: SecretFiles,
        settings: Mapping[str, Any],
    ) -> None:
        self._store = store
        self._paths = paths
        self._content = content
        self._secrets = secrets
        self._attributes = {
            STAND_INS: dict(settings.get("stand_ins") or {}) or None,
            PYTHON_DOWNLOADS: True if settings.get("python_downloads") else None,
        }
        self._identity = ""

    def fresh(self, request: Request, kind: Kind, key: RecordKey) -> Record:
        """The record that a request asks for, to be made now.

        Raises:
            Invalid, Conflict: see `of`.
            NotFound, Invalid: see `admission.admit`.
        """
        record = self.of(request, kind, key)
        found = admit(self._store, self._paths, key.kind, record.body, record.stand_ins)
        return replace(record, attributes={**record.attributes, **found})

    def of(self, request: Request, kind: Kind, key: RecordKey) -> Record:
        """The record that a request asks for.

        Raises:
            Invalid: the workspace cannot be written, or a file cannot be read.
            Conflict: a file changed after it was planned.
        """
        try:
            if not self._identity:
                self._identity = ensure_identity(self._paths)
            stored = to_store(request.properties, self._content, self._identity)
            if kind.local.reveals:
                self._secrets.put(key, stored.secrets, stored.named)
        except OSError as error:
            raise Invalid(
                f"The workspace in {self._paths.root} cannot be written: {error.strerror or error}.",
                fix="Check that the disk has room and that you may write there.",
            ) from error
        processes = kind.local.processes
        return Record(
            *key,
            owner=request.owner,
            fingerprint=request.fingerprint.pack(),
            body=stored.body,
            attributes={FILES: stored.files or None, LOST: None, ADOPTED: request.adopted or None, **self._attributes},
            health=Health.PROGRESSING if processes else Health.HEALTHY,
            phase=QUEUED if processes else "",
            variant=request.variant,
        )


def key_of(address: Address, revision: str) -> RecordKey:
    """What the store finds a resource by."""
    return RecordKey(address.kind, str(address), revision)


def relabelled(draft: Record, existing: Record, request: Request, kind: Kind) -> Record | None:
    """The draft with the standing of what exists, if only labels are to change; None if there is work to do."""
    only_labels = kind.local.labels_only or (
        request.fingerprint.matches(existing.fingerprint)
        and existing.health is Health.HEALTHY
        and _unlabelled(existing, kind) == _unlabelled(draft, kind)
    )
    if not only_labels:
        return None
    return replace(
        draft, health=existing.health, phase=existing.phase, message=existing.message, archived=existing.archived
    )


def _unlabelled(record: Record, kind: Kind) -> dict[str, Any]:
    """The body without labels. The mark alone does not tell: whoever changes a body by hand leaves it as it was."""
    node = root_node(kind, record.variant)
    return {name: value for name, value in record.body.items() if node.child(name).mark(Metadata) is None}
