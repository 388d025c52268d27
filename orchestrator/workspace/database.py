"""The SQLite database of an embedded workspace, as the records use it: opened late, shared by threads, its errors translated."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from orchestrator.core.errors import Invalid, Transient
from orchestrator.core.reading import may_write, open_read_only
from orchestrator.workspace.paths import PRIVATE_FILE, WorkspacePaths

BUSY_TIMEOUT_S: Final = 30.0
"""How long another process's transaction is waited for, seconds."""

Rows: TypeAlias = list[tuple[Any, ...]]


class RecordDatabase:
    """One connection, used by one thread at a time. Reading creates nothing; the first write makes folder, database and table.

    All methods raise `Transient` if another process keeps the database busy for too long, and `Invalid` if it is damaged.

    Args:
        paths: the workspace.
        schema: makes the table ``records``.
    """

    def __init__(self, paths: WorkspacePaths, schema: str) -> None:
        self._paths = paths
        self._schema = schema
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._ready = False
        self._writable = False

    def select(self, statement: str, values: tuple[str, ...]) -> Rows:
        """Read rows; none without a database or a table."""
        with self._lock, _translated():
            connection = self._open()
            if connection is None or not (self._ready or self._has_table(connection)):
                return []
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it or nothing."""
        with self._lock, _translated():
            connection = self._create()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def data_version(self) -> int:
        """See `RecordStore.data_version`."""
        with self._lock, _translated():
            connection = self._open()
            return -1 if connection is None else int(connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the database. It may be used again afterwards."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                self._ready = self._writable = False

    def _create(self) -> sqlite3.Connection:
        if not self._writable:
            self._paths.create()
        connection = self._connect()
        if not self._writable:
            self._paths.db.chmod(PRIVATE_FILE)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(self._schema)
            self._ready = self._writable = True
        return connection

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is None and self._paths.exists and not may_write(self._paths.db):
            self._connection = open_read_only(self._paths.db, timeout_s=BUSY_TIMEOUT_S)
            return self._connection
        return self._connect() if self._connection is not None or self._paths.exists else None

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._paths.db, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            # The state's own commits sync the common log; a record is never needed without them.
            self._connection.execute("PRAGMA synchronous = NORMAL")
        return self._connection

    def _has_table(self, connection: sqlite3.Connection) -> bool:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'records'").fetchone()
        self._ready = found is not None
        return self._ready


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Transient(f"The workspace's database cannot be used now: {error}.") from error
    except OSError as error:
        raise Invalid(
            f"The workspace's folder cannot be used: {error.strerror or error}.",
            fix="Check that the folder can be made and that you may write there.",
        ) from error
    except sqlite3.DatabaseError as error:
        raise Invalid(
            f"The workspace's database is damaged: {error}.", fix="Restore it, or start over: amlctl workspace reset"
        ) from error
