"""The state in the embedded workspace's own database."""

from __future__ import annotations

import gc
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.errors import StateError
from orchestrator.core.ports import Clock
from orchestrator.core.resource import Applied
from orchestrator.core.run import Verb
from orchestrator.core.state import Holder, Intent, State, StateChange
from orchestrator.state.database import NOTES_TABLE, open_to_read, open_to_write, telling, transaction
from orchestrator.state.encode import damaged, decode, encode
from orchestrator.state.lock import hold

_to_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode

_INTEND = """INSERT INTO state_journal (project, serial, step, address, verb, key, revision, intended)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_SETTLE = """UPDATE state_journal SET outcome = ?, error = ?, settled = ?
    WHERE project = ? AND address = ? AND outcome IS NULL AND step = ? AND serial = ?"""
_SUPERSEDE = """UPDATE state_journal SET outcome = 'superseded', error = '', settled = ?
    WHERE project = ? AND address = ? AND outcome IS NULL"""
_UNFINISHED = """SELECT step, address, verb, key, revision FROM state_journal
    WHERE project = ? AND outcome IS NULL ORDER BY number"""
_HISTORY = """SELECT serial, step, address, verb, key, revision, intended, outcome, error, settled FROM state_journal
    WHERE project = ? ORDER BY number DESC LIMIT ?"""
_FORGET = "DELETE FROM state_journal WHERE project = ? AND serial <= ? AND outcome IS NOT NULL"
_RECALL = "SELECT body FROM state_notes WHERE project = ? AND name = ?"

KEPT_APPLIES: Final = 50
"""Applies whose settled entries stay in the journal; those without an outcome stay whatever their age."""


class SqliteStateStore:
    """Implements `core.state.StateStore` in tables ``state_*`` of a workspace's ``workspace.db``.

    Every write compares the state with what this store knows of it, inside the transaction: of two writers, the
    one that comes second is refused, with or without a lock. Any method raises `StateError` if the database is damaged, was
    written by a newer version, or cannot be used.

    Args:
        path: the database; made by the first lock or write, never by reading.
        project: whose state; projects in one workspace do not see each other's.
        clock: for times in the journal and for the expiry of locks.
    """

    def __init__(self, path: Path, project: str, clock: Clock) -> None:
        self._path = path
        self._project = project
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._serial = 0
        self._seen: int | None = None
        self._known: tuple[int, Mapping[Address, Applied]] | None = None
        self._using = threading.RLock()

    def load(self) -> State:
        """Read the state. Creates nothing; without a database the state is empty."""
        connection = open_to_read(self._path)
        if connection is None:
            self._seen = 0
            return State("", 0, {})
        try:
            with telling(self._path):
                connection.execute("BEGIN")
                lineage, serial, writes = self._head(connection)
                applied = self._applied(connection)
                unfinished = self._unfinished(connection)
                connection.execute("COMMIT")
        finally:
            connection.close()
        self._seen = writes
        self._known = (writes, applied)
        return State(lineage, serial, applied, unfinished)

    def lock(self, holder: Holder, *, wait_s: float) -> AbstractContextManager[None]:
        """See `core.state.StateStore.lock`."""
        return hold(self._path, self._project, holder, self._clock, wait_s=wait_s)

    def begin(self) -> State:
        """Start an apply that will change something.

        The intents that an earlier apply left open are returned as unfinished. They stay open until an outcome is
        recorded for their address, so that a second crash loses nothing.

        Raises:
            StateError: the state moved on since it was loaded.
        """
        with self._writing(advance=False) as connection:
            lineage, serial, writes = self._head(connection)
            if self._seen is not None and writes != self._seen:
                raise self._moved_on()
            lineage = lineage or secrets.token_hex(16)
            values = (self._project, lineage, serial + 1, writes + 1)
            connection.execute("INSERT OR REPLACE INTO state_projects VALUES (?, ?, ?, ?)", values)
            connection.execute(_FORGET, (self._project, serial + 1 - KEPT_APPLIES))
            unfinished = self._unfinished(connection)
            known = self._known
            applied = known[1] if known and known[0] == writes else self._applied(connection)
        self._seen, self._serial = writes + 1, serial + 1
        return State(lineage, serial + 1, applied, unfinished)

    def intend(self, intents: Sequence[Intent]) -> None:
        """Journal what is about to be done. Durable when it returns; one sync for all."""
        now = self._clock.now()
        head = (self._project, self._serial)
        rows = [(*head, i.step, str(i.address), i.verb.value, i.key, i.revision, now) for i in intents]
        with self._writing() as connection:
            connection.executemany(_INTEND, rows)

    def settle_all(self, changes: Sequence[StateChange]) -> None:
        """Journal outcomes and update the records, each as one. Durable when it returns; one sync for all."""
        now = self._clock.now()
        own = [(c.outcome, c.error, now, self._project, str(c.address), c.step, self._serial) for c in changes]
        recorded = [change for change in changes if not change.keep]
        with self._writing() as connection:
            connection.executemany(_SETTLE, own)
            connection.executemany(_SUPERSEDE, [(now, self._project, str(change.address)) for change in recorded])
            for change in recorded:
                self._record(connection, change)

    def history(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest journal entries first. Times are ISO texts; ``outcome`` is None while a step is unfinished."""
        connection = open_to_read(self._path)
        if connection is None:
            return ()
        try:
            with telling(self._path):
                rows = connection.execute(_HISTORY, (self._project, limit)).fetchall()
        finally:
            connection.close()
        names = ("serial", "step", "address", "verb", "key", "revision", "intended", "outcome", "error", "settled")
        return [
            {**dict(zip(names, row, strict=True)), "intended": _iso(row[6]), "settled": _iso(row[9])} for row in rows
        ]

    def remember(self, name: str, document: Mapping[str, Any]) -> None:
        """See `core.state.StateStore.remember`."""
        row = (self._project, name, _to_text(document))
        with self._using, telling(self._path):
            if self._connection is None:
                self._connection = open_to_write(self._path)
            with transaction(self._connection):
                self._connection.execute(NOTES_TABLE)
                self._connection.execute("INSERT OR REPLACE INTO state_notes VALUES (?, ?, ?)", row)

    def recall(self, name: str) -> Mapping[str, Any] | None:
        """See `core.state.StateStore.recall`."""
        connection = open_to_read(self._path)
        if connection is None:
            return None
        try:
            with telling(self._path):
                if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'state_notes'").fetchall():
                    return None
                rows = connection.execute(_RECALL, (self._project, name)).fetchall()
        finally:
            connection.close()
        return _note(rows[0][0], name, self._path) if rows else None

    def lease(self, name: str, holder: Holder) -> AbstractContextManager[None]:
        """See `core.state.StateStore.lease`."""
        # Project names hold no '#', so that no lease is another project's lock.
        return hold(self._path, f"{self._project}#{name}", holder, self._clock, wait_s=0.0)

    def close(self) -> None:
        """Let go of the database."""
        with self._using:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _writing(self, *, advance: bool = True) -> Iterator[sqlite3.Connection]:
        with self._using, telling(self._path):
            if self._connection is None:
                self._connection = open_to_write(self._path)
            with transaction(self._connection):
                if advance:
                    self._advance(self._connection)
                yield self._connection
            if advance and self._seen is not None:
                self._seen += 1

    def _advance(self, connection: sqlite3.Connection) -> None:
        """Count a write; refuse it if somebody else wrote since ours."""
        rows = connection.execute(
            "UPDATE state_projects SET writes = writes + 1 WHERE project = ? AND writes = ?",
            (self._project, -1 if self._seen is None else self._seen),
        )
        if rows.rowcount != 1:
            raise self._moved_on()

    def _moved_on(self) -> StateError:
        return StateError(
            f"Another process changed the state of project '{self._project}' since it was read; nothing was overwritten.",
            code="state-moved-on",
            fix="Create a new plan and apply it.",
        )

    def _record(self, connection: sqlite3.Connection, change: StateChange) -> None:
        address = str(change.address)
        if change.applied is None:
            connection.execute("DELETE FROM state_applied WHERE project = ? AND address = ?", (self._project, address))
        else:
            body = _to_text(encode(change.applied))
            connection.execute("INSERT OR REPLACE INTO state_applied VALUES (?, ?, ?)", (self._project, address, body))

    def _head(self, connection: sqlite3.Connection) -> tuple[str, int, int]:
        row = connection.execute(
            "SELECT lineage, serial, writes FROM state_projects WHERE project = ?", (self._project,)
        ).fetchone()
        if row and not (isinstance(row[0], str) and isinstance(row[1], int) and isinstance(row[2], int)):
            raise damaged(f"{self._path} holds a head of project '{self._project}' that cannot be read")
        return (row[0], row[1], row[2]) if row else ("", 0, 0)

    def _applied(self, connection: sqlite3.Connection) -> dict[Address, Applied]:
        rows = connection.execute(
            "SELECT address, body FROM state_applied WHERE project = ? ORDER BY address", (self._project,)
        ).fetchall()
        collecting = gc.isenabled()
        # Records are no garbage, yet while they are made the collector would look through them again and again: 120 ms instead of
        # 75 for 10,000.
        gc.disable()
        try:
            # One document for all rows: decoding each by itself costs a third more.
            bodies = json.loads(f"[{','.join(row[1] for row in rows)}]")
            addresses = [Address.parse(row[0]) for row in rows]
            return {address: decode(address, body) for address, body in zip(addresses, bodies, strict=True)}
        except StateError as error:
            raise damaged(f"{self._path}: {error.detail.removeprefix('The state is damaged: ').rstrip('.')}") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise damaged(f"{self._path} holds records that cannot be read ({error})") from error
        finally:
            if collecting:
                gc.enable()

    def _unfinished(self, connection: sqlite3.Connection) -> tuple[Intent, ...]:
        rows = connection.execute(_UNFINISHED, (self._project,)).fetchall()
        try:
            return tuple(
                Intent(step, Address.parse(address), Verb(verb), key, revision)
                for step, address, verb, key, revision in rows
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise damaged(f"{self._path} holds journal entries that cannot be read ({error})") from error


def _note(text: str, name: str, path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise damaged(f"{path} holds a note '{name}' that cannot be read ({error})") from error
    if not isinstance(document, dict):
        raise damaged(f"{path} holds a note '{name}' that is not a mapping")
    return document


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
