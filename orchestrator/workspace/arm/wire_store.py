"""The records behind the wire, written the way the command line writes them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.fingerprint import digest_tree
from orchestrator.core.health import Health
from orchestrator.core.resource import ADOPTED_TAG, FINGERPRINT_TAG, MARK_TAGS, OWNER_TAG, mark_tags
from orchestrator.workspace.arm.wording import time_text
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record_kinds import JOBS
from orchestrator.workspace.records.sealing import blanked, differing, sealed, still_kept
from orchestrator.workspace.records.secrets import ATTRIBUTES, Kept
from orchestrator.workspace.service import ADOPTED, WIRE, Draft, Record, RecordKey, SecretValues, Workspace
from orchestrator.workspace.tracking.server import TrackingServer


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource as it is to be written.

    Attributes:
        key: of its record.
        body: the CLI v2 body, without marks of ownership among its tags.
        sent: what the caller sent as ``properties``, without secrets; returned to those who ask.
        marks: those of the tags that are marks of ownership.
        variant: see `Record.variant`.
        works: it has processes, which the supervisor keeps.
        secrets: see `SecretFiles.put`; None leaves those that are kept. Passwords in texts are set aside in any case.
        attributes: further ones.
    """

    key: RecordKey
    body: Mapping[str, Any]
    sent: Mapping[str, Any]
    marks: Mapping[str, str] = field(default_factory=dict)
    variant: str = ""
    works: bool = False
    secrets: SecretValues | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


class WireStore:
    """Reads and writes the records of one workspace. Safe to use from several threads.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self.paths = paths
        self.workspace = Workspace(paths.root)
        self.server = TrackingServer(paths)
        self.identity = self.workspace.made_identity

    def close(self) -> None:
        """Let go of the database. What runs goes on; a tracking server that no supervisor keeps ends."""
        self.workspace.close()
        if not self.workspace.supervised():
            self.server.stop()

    def get(self, key: RecordKey) -> Record:
        """One record.

        Raises:
            NotFound: it is not there, or on its way out.
        """
        record = self.find(key)
        if record is None:
            raise NotFound(f"{key.address} {key.revision}".rstrip() + " is not in the workspace.")
        return record

    def find(self, key: RecordKey) -> Record | None:
        """One record; None if it is not there, or on its way out."""
        record = self.look(key)
        return None if record is None or record.deleting else record

    def look(self, key: RecordKey) -> Record | None:
        """One record, also one on its way out; None if it is not there."""
        record = self.workspace.get(key)
        return None if record is None else _opened(self.workspace, record)

    def run(self, name: str) -> Record | None:
        """The newest run of a name, also one on its way out; None if there is none."""
        record = self.workspace.find(JOBS, name)
        return None if record is None else _opened(self.workspace, record)

    def list(self, kind: str, address: str | None = None) -> Sequence[Record]:
        """All records of a kind, or of one address, that are not on their way out, oldest first, archived ones included."""
        found = self.workspace.list(kind, address)
        return [_opened(self.workspace, record) for record in found if not record.deleting]

    def write(self, entry: Entry) -> tuple[Record, bool]:
        """Insert a record, or change the one that is there. What has processes starts or changes then.

        Returns:
            The record as it is now, and whether it is new.

        Raises:
            Conflict: it is still being deleted.
            Invalid: it reads what is not there; see `admission.writing.admit`.
        """
        existing = self.workspace.get(entry.key)
        if existing is not None and existing.deleting:
            raise Conflict(f"{entry.key.address} is still being deleted.")
        draft = self._draft(entry, existing)
        if existing is None:
            return _opened(self.workspace, self._created(draft)), True
        settled = existing.health is not Health.DEGRADED and existing.body == draft.body
        record = self.workspace.put(draft, same_work=settled or not entry.works)
        if settled and entry.works:
            self.workspace.wake()
        return _opened(self.workspace, record), False

    def _created(self, draft: Draft) -> Record:
        try:
            return self.workspace.submit(draft)
        except NotFound as error:
            # What is asked for may be made; what it reads is missing. Clients take 404 for a word about the former.
            raise Invalid(error.detail, code=error.code, fix=error.fix) from None

    def rewrite(self, entry: Entry, existing: Record) -> Record:
        """Change the labels of a record as a caller sent them; what runs goes on."""
        draft = self._draft(entry, self.workspace.get(existing.key) or existing)
        return _opened(self.workspace, self.workspace.put(draft, same_work=True, archived=existing.archived))

    def relabel(self, record: Record) -> Record:
        """Change labels and archiving of a record; nothing runs anew."""
        before = self.workspace.get(record.key) or record
        found = sealed(record.body, self.identity)
        kept_as_sent = {WIRE: before.attributes[WIRE]} if WIRE in before.attributes else {}
        changed = replace(record, body=found.body, attributes={**record.attributes, **kept_as_sent})
        if found.body != before.body:
            kept = still_kept(found, self.workspace.kept_secrets(record.key), before.body)
            self.workspace.keep_secrets(record.key, kept)
        return _opened(self.workspace, self.workspace.relabel(changed))

    def _draft(self, entry: Entry, existing: Record | None) -> Draft:
        now = _now()
        before = existing.attributes.get(WIRE, {}) if existing is not None else {}
        found = sealed(entry.body, self.identity)
        sent = blanked(entry.sent)
        wire = {
            "of": digest_tree(found.body),
            "sent": sent,
            "created": before.get("created") or now,
            "modified": now,
        }
        kept = Kept(entry.secrets or ())
        if entry.secrets is None and existing is not None:
            kept = self.workspace.kept_secrets(entry.key)
        kept = still_kept(found, kept, (existing if existing is not None and entry.secrets is None else entry).body)
        said = [((ATTRIBUTES, WIRE, "sent", *path), text) for path, text in differing(entry.sent, sent)]
        return Draft(
            key=entry.key,
            owner=entry.marks.get(OWNER_TAG) or (existing.owner if existing is not None else None),
            fingerprint=entry.marks.get(FINGERPRINT_TAG) or (existing.fingerprint if existing is not None else None),
            body=found.body,
            attributes={**entry.attributes, **_adopted(entry, existing), WIRE: wire},
            processes=entry.works,
            variant=entry.variant,
            secrets=kept.values,
            secret_names=kept.named,
            reported=[*kept.reported, *said],
        )

    def remove(self, record: Record, *, works: bool) -> None:
        """Remove a record; what has processes is removed by the supervisor when they have stopped."""
        self.workspace.delete(record.key, processes=works)

    def tracking(self) -> str:
        """Address of the tracking server, which is started unless it runs."""
        return self.server.ensure()


def _opened(workspace: Workspace, record: Record) -> Record:
    """A record as its readers see it: with the texts that were set aside."""
    opened = workspace.reported(record)
    wire = opened.attributes.get(WIRE)
    if opened is record or not wire or wire["of"] != digest_tree(record.body):
        return opened
    return replace(opened, attributes={**opened.attributes, WIRE: {**wire, "of": digest_tree(opened.body)}})


def _adopted(entry: Entry, existing: Record | None) -> dict[str, Any]:
    """Like the other marks: those that come count, and where none come, those that are there stay."""
    return {ADOPTED: ADOPTED_TAG in entry.marks or None} if entry.marks or existing is None else {}


def sent_of(record: Record) -> dict[str, Any] | None:
    """What a caller of the wire sent as ``properties``; None if the record was written, or changed since, by others."""
    wire = record.attributes.get(WIRE)
    if not wire or wire["of"] != digest_tree(record.body):
        return None
    return dict(wire["sent"])


def anonymous(record: Record) -> bool:
    """Whether a client made an asset for one job or deployment only, which lists do not show."""
    return bool(record.attributes.get(WIRE, {}).get("sent", {}).get("isAnonymous"))


def system_data(record: Record) -> dict[str, Any]:
    """Who made a resource, and when, as far as that is known."""
    wire = record.attributes.get(WIRE) or {}
    known = {"createdAt": wire.get("created"), "lastModifiedAt": wire.get("modified")}
    who = {"createdBy": record.owner or "amlctl", "createdByType": "User"}
    return {**who, **{name: value for name, value in known.items() if value}}


def split_tags(tags: Mapping[str, Any] | None) -> tuple[dict[str, str], dict[str, str]]:
    """Tags without the marks of ownership, and the marks. Everything is text, as the service keeps it."""
    texts = {str(name): str(value) for name, value in (tags or {}).items() if value is not None}
    marks = {name: value for name, value in texts.items() if name in MARK_TAGS}
    return {name: value for name, value in texts.items() if name not in MARK_TAGS}, marks


def all_tags(record: Record) -> dict[str, str]:
    """A record's tags with the marks of ownership."""
    tags = {str(name): str(value) for name, value in (record.body.get("tags") or {}).items()}
    if record.owner is not None:
        adopted = bool(record.attributes.get(ADOPTED))
        tags |= mark_tags(record.owner, record.address, record.fingerprint or "", adopted=adopted)
    return tags


def _now() -> str:
    return time_text(time.time())
