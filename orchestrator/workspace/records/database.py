"""The SQLite database of an embedded workspace, as the records use it: opened late, shared by threads, its errors translated."""

from __future__ import annotations

import shlex
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from orchestrator.core.disk import DISK_FULL, ROOM, full_disk, is_full
from orchestrator.core.errors import BackendError, Failed, Invalid, Transient
from orchestrator.core.reading import may_write, open_read_only
from orchestrator.workspace.folder.paths import PRIVATE_FILE, WorkspacePaths

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
        with self._lock, _translated(self._paths):
            connection = self._open()
            if connection is None or not (self._ready or self._has_table(connection)):
                return []
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it or nothing."""
        with self._lock, _translated(self._paths):
            connection = self._create()
            if not self._paths.exists:
                raise gone(self._paths)  # SQLite would go on writing to a file that has no name any more
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def data_version(self) -> int:
        """See `RecordStore.data_version`."""
        with self._lock, _translated(self._paths):
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
            require_database(self._paths)
            self._paths.create()
        connection = self._connect()
        if not self._writable:
            self._paths.db.chmod(PRIVATE_FILE)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(self._schema)
            self._ready = self._writable = True
        return connection

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is None:
            require_database(self._paths)
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
def _translated(paths: WorkspacePaths) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise _in_words(error, paths) from error
    except sqlite3.DatabaseError as error:
        raise Invalid(
            f"The workspace's database {paths.db} is damaged: {error}.",
            fix=f"Restore it from a backup, or {start_over(paths)}",
        ) from error


def _in_words(error: sqlite3.OperationalError | OSError, paths: WorkspacePaths) -> BackendError:
    if is_full(error):
        return Transient(full_disk(paths.root), code=DISK_FULL, fix=ROOM)
    if isinstance(error, sqlite3.OperationalError):
        return Transient(f"The workspace's database {paths.db} cannot be used: {error}.")
    return Invalid(
        f"The workspace's folder {paths.root} cannot be used: {error.strerror or error}.",
        fix="Check that the folder can be created and is writable.",
    )


def gone(paths: WorkspacePaths) -> Failed:
    """The error about a folder that somebody deleted while it was in use."""
    return Failed(
        f"The workspace's folder {paths.root} was deleted while it was in use.",
        code="workspace-gone",
        fix="Run the command again to create a new workspace.",
    )


def start_over(paths: WorkspacePaths) -> str:
    """The advice of last resort, as a command that works from any folder."""
    return f"start over: amlctl workspace reset --path {shlex.quote(str(paths.root))}"


def require_database(paths: WorkspacePaths) -> None:
    """Refuse a folder that lost its database: taken for a new workspace, everything in it would be made a second time.

    Raises:
        Invalid: the database is missing or empty beside runs, endpoints or a project's lock, none of which is made before it.
    """
    if not paths.marker.is_file() or (paths.exists and paths.db.stat().st_size):
        return
    later = (*paths.root.glob(f"{paths.db.name}.*.lock"), *_entries(paths.jobs), *_entries(paths.endpoints))
    if later:
        how = "is empty" if paths.exists else "is missing"
        raise Invalid(
            f"The workspace's database {paths.db} {how}, but the other files of the workspace exist.",
            code="database-lost",
            fix=f"Restore it from a backup, or {start_over(paths)}",
        )


def _entries(folder: Path) -> Iterator[Path]:
    return folder.iterdir() if folder.is_dir() else iter(())
