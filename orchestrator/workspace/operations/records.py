"""Records as callers read and write them. Nobody else writes for callers.

A write is: secrets first, then what admission says, then the record, then the supervisor woken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.health import Health
from orchestrator.workspace.admission.deletion import refuse_while_answering
from orchestrator.workspace.admission.writing import admit
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import CANCEL_REQUESTED, Record, RecordKey
from orchestrator.workspace.records.secrets import Kept, SecretFiles, SecretValues
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import lost
from orchestrator.workspace.supervision.client import SupervisorClient

QUEUED: Final = "queued"
"""The phase of a record that its manager has not looked at yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A resource as a caller wants it.

    Attributes:
        key: of its record.
        body: see `Record.body`.
        processes: it has processes, which the supervisor keeps.
        variant, owner, fingerprint: see `Record`.
        attributes: see `Record.attributes`; merged over those that are there, and None takes one away.
        secrets: paths inside the body and the values that belong there; None leaves those that are kept.
        secret_names: name to value of each secret by itself; see `SecretFiles.put`.
        reported: see `SecretFiles.put`.
    """

    key: RecordKey
    body: Mapping[str, Any]
    processes: bool
    variant: str = ""
    owner: str | None = None
    fingerprint: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    secrets: SecretValues | None = None
    secret_names: Mapping[str, str] = field(default_factory=dict)
    reported: SecretValues = ()

    def record(self) -> Record:
        """The record of a resource that nobody has looked at yet."""
        return Record(
            *self.key,
            owner=self.owner,
            fingerprint=self.fingerprint,
            body=self.body,
            attributes=self.attributes,
            health=Health.PROGRESSING if self.processes else Health.HEALTHY,
            phase=QUEUED if self.processes else "",
            variant=self.variant,
        )


class Records:
    """The records of one workspace. Safe to use from several threads.

    All methods raise `Transient` if another process keeps the database busy, and `Invalid` if it is damaged.

    Args:
        root: the workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self._paths = WorkspacePaths(root)
        self._store = RecordStore(self._paths)
        self._secrets = SecretFiles(self._paths)
        self._supervisor = SupervisorClient(self._paths)

    def close(self) -> None:
        """Let go of the database. What runs goes on."""
        self._store.close()

    def get(self, key: RecordKey) -> Record | None:
        """One record; None if there is none. Those on their way out (`Record.deleting`) are returned as well."""
        return self._store.get(*key)

    def latest(self, kind: str, address: str) -> Record | None:
        """The version or run that was inserted last and is neither archived nor on its way out; None if there is none."""
        return self._store.latest(kind, address)

    def find(self, kind: str, revision: str) -> Record | None:
        """The newest record of a kind with a revision, whatever its address: a run by its name. None if there is none."""
        return self._store.find(kind, revision)

    def list(self, kind: str | None = None, address: str | None = None) -> Sequence[Record]:
        """All records, those of a kind, or those of an address, oldest first; archived ones and those being deleted included."""
        if kind is None or address is None:
            return self._store.list(kind)
        return self._store.versions(kind, address)

    def spelt(self, kind: str, address: str) -> str:
        """An address as a record has it, if there is one that differs in upper and lower case only; else as it is."""
        return self._store.spelt(kind, address)

    def revealed(self, record: Record) -> Mapping[str, Any]:
        """A record's body with its secrets in their places: never to be stored or shown.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        return self._secrets.reveal(record)

    def reported(self, record: Record) -> Record:
        """A record with the texts that its readers get to see in full; see `SecretFiles.reported`."""
        return self._secrets.reported(record)

    def kept_secrets(self, key: RecordKey) -> Kept:
        """The secrets of a resource: never to be stored or shown.

        Raises:
            Invalid: they are damaged.
        """
        return self._secrets.kept(key)

    def keep_secrets(self, key: RecordKey, kept: Kept) -> None:
        """Keep secrets of a resource in place of those kept before."""
        with writable(self._paths):
            self._secrets.put(key, kept.values, kept.named, kept.reported)

    def mask(self, key: RecordKey) -> Callable[[str], str]:
        """Takes a resource's secrets, and passwords in addresses, out of texts.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        return self._secrets.mask(key)

    def lost(self, record: Record) -> bool:
        """Whether files of a record are gone, so that it has to be made again. Archived ones are nobody's to make again."""
        return record.lost or (not record.archived and lost(self._store, self._paths, record))

    def submit(self, draft: Draft) -> Record:
        """Insert a record, and have the supervisor work on it.

        Raises:
            Conflict: there is one with this key.
            NotFound, Invalid: see `admit`; or the workspace cannot be written.
        """
        self._keep_secrets(draft)
        new = draft.record()
        found = admit(self._store, self._paths, draft.key.kind, draft.body, new.stand_ins)
        record = self._store.insert(replace(new, attributes={**new.attributes, **found}))
        if draft.processes:
            self.wake()
        return record

    def put(self, draft: Draft, *, same_work: bool, archived: bool = False) -> Record:
        """Change a record that is there.

        Args:
            draft: as it shall be.
            same_work: only labels change: what runs goes on, and the record stays as healthy as it is.
            archived: whether it is hidden afterwards.

        Raises:
            NotFound: there is no such record.
            Conflict: it is still being deleted.
            Invalid: the workspace cannot be written.
        """
        existing = self._store.get(*draft.key)
        if existing is None:
            raise NotFound(f"{draft.key.address} {draft.key.revision}".rstrip() + " is not in the workspace.")
        if existing.deleting:
            raise Conflict(f"{draft.key.address} is still being deleted.")
        self._keep_secrets(draft)
        new = replace(draft.record(), archived=archived)
        if same_work:
            new = replace(new, health=existing.health, phase=existing.phase, message=existing.message)
        record = self._store.update_body(new, same_work=same_work)
        if draft.processes and not same_work:
            self.wake()
        return record

    def restore(self, draft: Draft) -> Record:
        """Write a record anew whose content was lost. It is the same content, so what uses it goes on.

        Raises:
            NotFound: there is no such record.
            Invalid: the workspace cannot be written.
        """
        self._keep_secrets(draft)
        return self._store.update_body(draft.record(), same_work=True)

    def relabel(self, record: Record) -> Record:
        """Change labels, archiving and attributes of a record; nothing runs anew.

        Raises:
            NotFound: there is no such record.
        """
        return self._store.update_body(record, same_work=True)

    def annotate(self, key: RecordKey, attributes: Mapping[str, Any]) -> None:
        """Change attributes of a record; None takes one away. Nothing happens if it is gone."""
        self._store.update_status(key, attributes=attributes)

    def cancel(self, key: RecordKey) -> None:
        """Have a run stopped, if it is in progress. Does not wait."""
        record = self._store.get(*key)
        if record is not None and record.health is Health.PROGRESSING:
            self._store.update_status(key, attributes={CANCEL_REQUESTED: True})
            self.wake()

    def archive(self, key: RecordKey) -> None:
        """Hide a resource."""
        self._store.archive(key)

    def delete(self, key: RecordKey, *, processes: bool) -> None:
        """Remove a record; what has processes is removed by the supervisor when they have stopped.

        Raises:
            Invalid: it is a deployment that gets requests.
        """
        refuse_while_answering(self._store, key)
        self._secrets.forget(key)
        if not processes:
            self._store.delete(key)
            return
        self._store.mark_deleting(key)
        self.wake()

    def wake(self) -> None:
        """Make sure that a supervisor works on the records, now.

        Raises:
            Failed: it does not start.
        """
        self._supervisor.ensure()
        self._supervisor.nudge()

    def _keep_secrets(self, draft: Draft) -> None:
        with writable(self._paths):
            if draft.secrets is None:
                self._secrets.keep_to_oneself(draft.key)
            else:
                self._secrets.put(draft.key, draft.secrets, draft.secret_names, draft.reported)


@contextmanager
def writable(paths: WorkspacePaths) -> Iterator[None]:
    """Turn errors of the disk into one that says what to do.

    Raises:
        Invalid: the workspace cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise Invalid(
            f"The workspace in {paths.root} is not writable: {error.strerror or error}.",
            fix="Check that the disk has free space and that the folder is writable.",
        ) from error
