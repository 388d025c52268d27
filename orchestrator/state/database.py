"""The SQLite file that holds a state: tables, connections, and errors in words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from orchestrator.core import private_files
from orchestrator.core.disk import DISK_FULL, ROOM, full_disk, is_full
from orchestrator.core.errors import StateError
from orchestrator.core.reading import may_write, open_read_only
from orchestrator.state.encode import damaged

FORMAT = 1
"""Number of the tables' shape. A database with a higher number is refused."""

BUSY_S = 30.0
"""How long to wait for another process's transaction; those last milliseconds, so this only ends on a process that hangs."""

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600

_TABLES = (
    "CREATE TABLE IF NOT EXISTS state_format (format INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS state_projects (
        project TEXT PRIMARY KEY, lineage TEXT NOT NULL, serial INTEGER NOT NULL, writes INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS state_applied (
        project TEXT NOT NULL, address TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (project, address)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS state_journal (
        number INTEGER PRIMARY KEY, project TEXT NOT NULL, serial INTEGER NOT NULL, step TEXT NOT NULL,
        address TEXT NOT NULL, verb TEXT NOT NULL, key TEXT NOT NULL, revision TEXT NOT NULL, intended REAL NOT NULL,
        outcome TEXT, error TEXT, settled REAL
    )""",
    "CREATE INDEX IF NOT EXISTS state_journal_open ON state_journal (project, address) WHERE outcome IS NULL",
    """CREATE TABLE IF NOT EXISTS state_locks (
        project TEXT PRIMARY KEY, token TEXT NOT NULL, host TEXT NOT NULL, who TEXT NOT NULL, command TEXT NOT NULL,
        pid INTEGER NOT NULL, since TEXT NOT NULL, expires REAL NOT NULL
    ) WITHOUT ROWID""",
)

NOTES_TABLE = """CREATE TABLE IF NOT EXISTS state_notes (
    project TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (project, name)
) WITHOUT ROWID"""
"""Made by the first note: a version that knows no notes reads and writes the other tables as before."""


def open_to_read(path: Path) -> sqlite3.Connection | None:
    """Open the database if it is there and holds a state; create nothing. The right to read is enough.

    Raises:
        StateError: it is damaged, or was written by a newer version.
    """
    if not path.exists():
        return None
    with telling(path):
        connection = _connect(path) if may_write(path) else open_read_only(path, timeout_s=BUSY_S)
        try:
            if not _has_state(connection):
                connection.close()
                return None
            _check_format(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open the database, made ready to hold a state. Folder and file can be read by their owner only.

    Raises:
        StateError: it cannot be created, is damaged, or was written by a newer version.
    """
    with telling(path):
        private_files.make_folder(path.parent)
        _make_private(path)
        connection = _connect(path)
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            if not _has_state(connection):
                _make_tables(connection)
            _check_format(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def _make_private(path: Path) -> None:
    """Make the file if it is not there, and never open one that is.

    Closing any descriptor of a file drops all locks that this process has on it, those of its SQLite connections included. The next
    process to leave would then think itself alone, remove the write-ahead log, and what these connections write would be lost.
    Source: sqlite.org/howtocorrupt.html, section 2.2.
    """
    with contextlib.suppress(FileExistsError):
        private_files.create(path)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the database's only right to write; everything or nothing is durable afterwards."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn the database's and the disk's errors into `StateError`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        fix = "Check that the disk has free space, that the file is writable, and that no other process holds it."
        raise _unusable(path, error, str(error), fix) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # The messages of a damaged database quote its bytes, which need not be text.
        raise damaged(f"{path}: {error}") from error
    except OSError as error:
        fix = "Check that the folder exists or can be created, and that it is writable."
        raise _unusable(path, error, str(error.strerror or error), fix) from error


def _unusable(path: Path, error: Exception, why: str, fix: str) -> StateError:
    """The error for a state that cannot be read or written; of a full disk it says so, whatever `why` says."""
    if is_full(error):
        return StateError(full_disk(path), code=DISK_FULL, fix=ROOM)
    return StateError(f"Cannot use the state in {path}: {why}.", code="state-unusable", fix=fix)


def _connect(path: Path) -> sqlite3.Connection:
    # rw never creates the file; autocommit, so that every transaction is one that we began.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        # Outcomes must survive a power cut: WAL with NORMAL could lose the last transactions.
        connection.execute("PRAGMA synchronous = FULL").close()
    except BaseException:
        connection.close()
        raise
    return connection


def _has_state(connection: sqlite3.Connection) -> bool:
    with closing(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'state_format'")) as rows:
        return rows.fetchone() is not None


def _make_tables(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for statement in _TABLES:
            connection.execute(statement)
        # Another process may have made them between our look and our turn.
        connection.execute("INSERT INTO state_format SELECT ? WHERE NOT EXISTS (SELECT 1 FROM state_format)", (FORMAT,))


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    with closing(connection.execute("SELECT max(format) FROM state_format")) as rows:
        (number,) = rows.fetchone()
    if not isinstance(number, int):
        raise damaged(f"{path} does not say which format it has")
    if number > FORMAT:
        raise StateError(
            f"The state in {path} has format {number}; this version supports formats up to {FORMAT}.",
            code="state-too-new",
            fix="Upgrade amlctl to the version that wrote it, or a later one.",
        )
