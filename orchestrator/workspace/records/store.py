"""Records of an embedded workspace, in its SQLite database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.database import RecordDatabase, start_over
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.secrets import SecretFiles

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    revision TEXT NOT NULL,
    owner TEXT,
    fingerprint TEXT,
    variant TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    health TEXT NOT NULL,
    phase TEXT NOT NULL,
    message TEXT NOT NULL,
    archived INTEGER NOT NULL,
    deleting INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    UNIQUE (kind, address, revision)
)
"""
_INSERT = """
INSERT INTO records (kind, address, revision, owner, fingerprint, variant, body, attributes, health, phase, message,
    archived, deleting, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING *
"""
_LATEST = """
SELECT * FROM records WHERE kind = ? AND address = ? AND NOT archived AND NOT deleting ORDER BY number DESC LIMIT 1
"""
_FIND = "SELECT * FROM records WHERE kind = ? AND revision = ? ORDER BY number DESC LIMIT 1"
_SPELT = """
SELECT address FROM records WHERE kind = ? AND lower(address) = lower(?) AND NOT deleting ORDER BY address = ? DESC, number LIMIT 1
"""
_STATUS = "SELECT attributes, generation FROM records WHERE kind = ? AND address = ? AND revision = ?"
_UPDATE_STATUS = """
UPDATE records SET health = coalesce(?, health), message = coalesce(?, message), phase = coalesce(?, phase),
    attributes = coalesce(?, attributes) WHERE kind = ? AND address = ? AND revision = ?
"""
_UPDATE_BODY = """
UPDATE records SET body = ?, fingerprint = ?, owner = ?, variant = ?, health = ?, phase = ?, message = ?, archived = ?,
    attributes = ?, generation = generation + ? WHERE kind = ? AND address = ? AND revision = ? RETURNING *
"""


class RecordStore:
    """All records of one workspace.

    Safe to use from several threads and processes at once: every call is a short transaction of its own. Reading never creates anything: a
    workspace that does not exist yet has no records, and one that may only be read is read. The first write makes folder and database.

    All methods raise `Transient` if another process keeps the database busy for longer than half a minute, and
    `Invalid` if the database is damaged.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths
        self._database = RecordDatabase(paths, _SCHEMA)
        self._secrets = SecretFiles(paths)

    def get(self, kind: str, address: str, revision: str = "") -> Record | None:
        """One record, or None. Records on their way out (`Record.deleting`) are returned as well."""
        statement = "SELECT * FROM records WHERE kind = ? AND address = ? AND revision = ?"
        rows = self._database.select(statement, (kind, address, revision))
        return self._record(rows[0]) if rows else None

    def revealed(self, record: Record) -> Mapping[str, Any]:
        """A record's body with its secrets in their places: for reading what it names, never to be stored or shown.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        return self._secrets.reveal(record)

    def latest(self, kind: str, address: str) -> Record | None:
        """The version or run that was inserted last and is neither archived nor on its way out; None if there is none."""
        rows = self._database.select(_LATEST, (kind, address))
        return self._record(rows[0]) if rows else None

    def find(self, kind: str, revision: str) -> Record | None:
        """The newest record of a kind with a revision, whatever its address: a run by its name. None if there is none."""
        rows = self._database.select(_FIND, (kind, revision))
        return self._record(rows[0]) if rows else None

    def list(self, kind: str | None = None) -> Sequence[Record]:
        """All records, or all of one kind, oldest first; archived ones and those on their way out included."""
        if kind is None:
            rows = self._database.select("SELECT * FROM records ORDER BY number", ())
        else:
            rows = self._database.select("SELECT * FROM records WHERE kind = ? ORDER BY number", (kind,))
        return [self._record(row) for row in rows]

    def spelt(self, kind: str, address: str) -> str:
        """An address as a record has it, if there is one that differs in upper and lower case only; else as it is."""
        rows = self._database.select(_SPELT, (kind, address, address))
        return str(rows[0][0]) if rows else address

    def versions(self, kind: str, address: str) -> Sequence[Record]:
        """All records of one address, oldest first; archived ones and those on their way out included."""
        statement = "SELECT * FROM records WHERE kind = ? AND address = ? ORDER BY number"
        return [self._record(row) for row in self._database.select(statement, (kind, address))]

    def insert(self, record: Record) -> Record:
        """Add a record.

        Returns:
            It with `order` and `generation` as the store gave them.

        Raises:
            Conflict: there is one with this key already.
        """
        values = (
            *(record.kind, record.address, record.revision, record.owner, record.fingerprint, record.variant),
            *(_text(record.body), _merge({}, record.attributes), record.health.value, record.phase, record.message),
            *(record.archived, record.deleting),
        )
        with self._database.writing() as connection:
            try:
                return self._record(connection.execute(_INSERT, values).fetchone())
            except sqlite3.IntegrityError:
                raise Conflict(f"{record.address} {record.revision}".rstrip() + " exists already.") from None

    def update_status(
        self,
        key: RecordKey,
        *,
        health: Health | None = None,
        message: str | None = None,
        phase: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        generation: int | None = None,
    ) -> bool:
        """Write how a resource is. What is None stays.

        Args:
            key: the record.
            message: may come from a workload: the resource's secrets are taken out of it.
            attributes: merged over those that are there; a value of None removes the attribute.
            generation: write only if the body is still the one that the caller looked at.

        Returns:
            Whether it was written: False if the record is gone or its body has moved on.
        """
        if message:
            message = self._secrets.mask(key)(message)
        with self._database.writing() as connection:
            row = connection.execute(_STATUS, key).fetchone()
            if row is None or (generation is not None and row[1] != generation):
                return False
            merged = None if attributes is None else self._merged(row[0], attributes)
            status = (None if health is None else health.value, message, phase, merged)
            connection.execute(_UPDATE_STATUS, (*status, *key))
            return True

    def update_body(self, record: Record, *, same_work: bool = False) -> Record:
        """Change what is wanted of a resource: takes over everything but `order`, `generation` and `deleting`.

        Attributes are merged over those that are there.

        Args:
            record: as it shall be.
            same_work: only labels changed: the generation stays, and processes need not be touched.

        Returns:
            The record as it is now.

        Raises:
            NotFound: there is no such record.
        """
        with self._database.writing() as connection:
            row = connection.execute(_STATUS, record.key).fetchone()
            if row is None:
                raise NotFound(f"{record.address} {record.revision}".rstrip() + " is not in the workspace.")
            columns = (_text(record.body), record.fingerprint, record.owner, record.variant, record.health.value)
            rest = (
                record.phase,
                record.message,
                record.archived,
                self._merged(row[0], record.attributes),
                not same_work,
            )
            return self._record(connection.execute(_UPDATE_BODY, (*columns, *rest, *record.key)).fetchone())

    def mark_deleting(self, key: RecordKey) -> bool:
        """Say that a resource shall go. Returns False if it is already deleted."""
        return self._change("UPDATE records SET deleting = 1 WHERE kind = ? AND address = ? AND revision = ?", key)

    def archive(self, key: RecordKey) -> bool:
        """Hide a resource. Returns False if it is gone."""
        return self._change("UPDATE records SET archived = 1 WHERE kind = ? AND address = ? AND revision = ?", key)

    def delete(self, key: RecordKey) -> bool:
        """Remove a record. Returns False if it was already deleted."""
        return self._change("DELETE FROM records WHERE kind = ? AND address = ? AND revision = ?", key)

    def data_version(self) -> int:
        """A number that differs from its last value whenever somebody else (another store, process or the state) wrote to the database.

        Cheap enough to ask several times a second. -1 while there is no database.
        """
        return self._database.data_version()

    def close(self) -> None:
        """Let go of the database. The store may be used again afterwards."""
        self._database.close()

    def _record(self, row: tuple[Any, ...]) -> Record:
        try:
            return _decoded(row)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._damaged(f"the record of {row[1]}:{row[2]} cannot be read") from error

    def _merged(self, text: str, changes: Mapping[str, Any]) -> str:
        try:
            there = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise self._damaged("the attributes of a record cannot be read") from error
        if not isinstance(there, dict):
            raise self._damaged("the attributes of a record are not a mapping")
        return _merge(there, changes)

    def _damaged(self, what: str) -> Invalid:
        return Invalid(
            f"The workspace's database {self._paths.db} is damaged: {what}.",
            code="database-damaged",
            fix=f"Restore it from a backup, or {start_over(self._paths)}",
        )

    def _change(self, statement: str, key: RecordKey) -> bool:
        with self._database.writing() as connection:
            return connection.execute(statement, key).rowcount > 0


def _text(tree: Any) -> str:
    return _encode(tree)


def _merge(there: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    merged = {**there, **changes}
    return _text({name: value for name, value in merged.items() if value is not None})


def _decoded(row: tuple[Any, ...]) -> Record:
    number, kind, address, revision, owner, fingerprint, variant, body, attributes, health, phase, message, *flags = row
    archived, deleting, generation = flags
    texts = (kind, address, revision, variant, phase, message, owner or "", fingerprint or "")
    trees = (json.loads(body), json.loads(attributes))
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(tree, dict) for tree in trees):
        raise TypeError("a column of another type")
    if Address.parse(address).kind != kind or not isinstance(generation, int):
        raise ValueError("no address of this kind, or no generation")
    return Record(
        kind, address, revision, owner, fingerprint, *trees, _HEALTH[health],
        message, bool(archived), number, phase, variant, bool(deleting), generation,
    )  # fmt: skip


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_HEALTH = {health.value: health for health in Health}
