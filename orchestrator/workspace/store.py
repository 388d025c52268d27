"""Records of an embedded workspace, in its SQLite database."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.errors import Conflict, Invalid, NotFound, Transient
from orchestrator.core.health import Health
from orchestrator.workspace.paths import PRIVATE_FILE, WorkspacePaths
from orchestrator.workspace.records import Record, RecordKey

BUSY_TIMEOUT_S = 30.0

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
_COLUMNS = (
    "kind, address, revision, owner, fingerprint, body, attributes, health, message, archived, number, phase,"
    " variant, deleting, generation"
)
_INSERT = """
INSERT INTO records (kind, address, revision, owner, fingerprint, variant, body, attributes, health, phase, message,
    archived, deleting, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
"""
_WHERE_KEY = "WHERE kind = ? AND address = ? AND revision = ?"


class RecordStore:
    """All records of one workspace.

    Safe to use from several threads and processes at once: every call is a short transaction of its own. Reading never creates anything: a
    workspace that does not exist yet has no records. The first write makes folder and database.

    All methods raise `Transient` if another process keeps the database busy for longer than half a minute, and `Invalid` if the database is damaged.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._ready = False

    def get(self, kind: str, address: str, revision: str = "") -> Record | None:
        """One record, or None. Records on their way out (`Record.deleting`) are returned as well."""
        rows = self._select(f"SELECT {_COLUMNS} FROM records {_WHERE_KEY}", (kind, address, revision))
        return _record(rows[0]) if rows else None

    def latest(self, kind: str, address: str) -> Record | None:
        """The version or run that was inserted last and is neither archived nor on its way out; None if there is none."""
        rows = self._select(
            f"SELECT {_COLUMNS} FROM records WHERE kind = ? AND address = ? AND NOT archived AND NOT deleting"
            " ORDER BY number DESC LIMIT 1",
            (kind, address),
        )
        return _record(rows[0]) if rows else None

    def list(self, kind: str | None = None) -> list[Record]:
        """All records, or all of one kind, oldest first; archived ones and those on their way out included."""
        if kind is None:
            return [_record(row) for row in self._select(f"SELECT {_COLUMNS} FROM records ORDER BY number", ())]
        rows = self._select(f"SELECT {_COLUMNS} FROM records WHERE kind = ? ORDER BY number", (kind,))
        return [_record(row) for row in rows]

    def insert(self, record: Record) -> Record:
        """Add a record.

        Returns:
            It with `order` and `generation` as the store gave them.

        Raises:
            Conflict: there is one with this key already.
        """
        values = (
            *(record.kind, record.address, record.revision, record.owner, record.fingerprint, record.variant),
            *(_text(record.body), _text(record.attributes), record.health.value, record.phase, record.message),
            *(record.archived, record.deleting),
        )
        with self._writing() as connection:
            try:
                number = connection.execute(_INSERT, values).lastrowid
            except sqlite3.IntegrityError:
                raise Conflict(f"{record.address} {record.revision}".rstrip() + " exists already.") from None
            return _record(connection.execute(f"SELECT {_COLUMNS} FROM records WHERE number = ?", (number,)).fetchone())

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
            attributes: merged over those that are there; a value of None removes the attribute.
            generation: write only if the body is still the one that the caller looked at.

        Returns:
            Whether it was written: False if the record is gone or its body has moved on.
        """
        with self._writing() as connection:
            row = connection.execute(f"SELECT attributes, generation FROM records {_WHERE_KEY}", key).fetchone()
            if row is None or (generation is not None and row[1] != generation):
                return False
            merged = None if attributes is None else _merge(row[0], attributes)
            connection.execute(
                "UPDATE records SET health = coalesce(?, health), message = coalesce(?, message),"
                f" phase = coalesce(?, phase), attributes = coalesce(?, attributes) {_WHERE_KEY}",
                (None if health is None else health.value, message, phase, merged, *key),
            )
            return True

    def update_body(self, record: Record) -> Record:
        """Change what is wanted of a resource: takes over everything but `order`, `attributes` and `deleting`, and raises the generation.

        Returns:
            The record as it is now.

        Raises:
            NotFound: there is no such record.
        """
        with self._writing() as connection:
            row = connection.execute(
                "UPDATE records SET body = ?, fingerprint = ?, owner = ?, variant = ?, health = ?, phase = ?,"
                f" message = ?, archived = ?, generation = generation + 1 {_WHERE_KEY} RETURNING {_COLUMNS}",
                (
                    *(_text(record.body), record.fingerprint, record.owner, record.variant, record.health.value),
                    *(record.phase, record.message, record.archived, *record.key),
                ),
            ).fetchone()
            if row is None:
                raise NotFound(f"{record.address} {record.revision}".rstrip() + " is not in the workspace.")
            return _record(row)

    def mark_deleting(self, key: RecordKey) -> bool:
        """Say that a resource shall go. Returns False if it is gone already."""
        return self._change("UPDATE records SET deleting = 1", key)

    def archive(self, key: RecordKey) -> bool:
        """Hide a resource. Returns False if it is gone."""
        return self._change("UPDATE records SET archived = 1", key)

    def delete(self, key: RecordKey) -> bool:
        """Remove a record. Returns False if it was gone already."""
        return self._change("DELETE FROM records", key)

    def data_version(self) -> int:
        """A number that differs from its last value whenever somebody else (another store, process or the state) wrote to the database.

        Cheap enough to ask several times a second. -1 while there is no database.
        """
        with self._lock, _translated():
            connection = self._open(create=False)
            return -1 if connection is None else int(connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the database. The store may be used again afterwards."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _change(self, statement: str, key: RecordKey) -> bool:
        with self._writing() as connection:
            return connection.execute(f"{statement} {_WHERE_KEY}", key).rowcount > 0

    def _select(self, statement: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
        with self._lock, _translated():
            connection = self._open(create=False)
            if connection is None or not (self._ready or self._has_table(connection)):
                return []
            return connection.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
            connection = self._open(create=True)
            assert connection is not None
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _open(self, *, create: bool) -> sqlite3.Connection | None:
        if self._connection is not None and (self._ready or not create):
            return self._connection
        if not create and not self._paths.exists:
            return None
        if create:
            self._paths.create()
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._paths.db, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA synchronous = NORMAL")
        if create:
            self._paths.db.chmod(PRIVATE_FILE)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(_SCHEMA)
            self._ready = True
        return self._connection

    def _has_table(self, connection: sqlite3.Connection) -> bool:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'records'").fetchone()
        self._ready = found is not None
        return self._ready


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Transient(f"The workspace's database cannot be used now: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise Invalid(
            f"The workspace's database is damaged: {error}.", fix="Restore it, or start over: amlctl workspace reset"
        ) from error


def _text(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def _merge(text: str, changes: Mapping[str, Any]) -> str:
    merged = {**json.loads(text), **changes}
    return _text({name: value for name, value in merged.items() if value is not None})


def _record(row: tuple[Any, ...]) -> Record:
    kind, address, revision, owner, fingerprint, body, attributes, health, message, archived, *rest = row
    order, phase, variant, deleting, generation = rest
    return Record(
        kind, address, revision, owner, fingerprint, json.loads(body), json.loads(attributes), _HEALTH[health],
        message, bool(archived), order, phase, variant, bool(deleting), generation,
    )  # fmt: skip


_HEALTH = {health.value: health for health in Health}
