"""The right to write: one holder, told by name, whose death lets go.

A row in the database names the holder; its heartbeat keeps the row from expiring. On one machine that is not needed to notice a death: the
holder also has a file locked, and the kernel lets go of that at once.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.errors import Locked, StateError
from orchestrator.core.ports import Clock, Holder
from orchestrator.state.database import open_to_write, telling, transaction

EXPIRES_S = 30.0
"""A row that was not renewed for this long belongs to nobody. Only matters between machines that share a folder."""

HEARTBEAT_S = 10.0
"""Three renewals fit into one expiry, so that one that comes late does no harm."""

_POLL_S = 0.1
_PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True)
class _Row:
    token: str
    host: str
    holder: Holder
    expires: float


@contextmanager
def hold(database: Path, project: str, holder: Holder, clock: Clock, *, wait_s: float) -> Iterator[None]:
    """Hold the lock of one project while the block runs.

    Raises:
        Locked: another holds it and did not let go within `wait_s` seconds.
        StateError: the database cannot be used.
    """
    with closing(open_to_write(database)) as connection:
        deadline = clock.monotonic() + wait_s
        with telling(database):
            handle = os.open(lock_file(database, project), os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
        try:
            token = secrets.token_hex(8)
            pause = threading.Event()
            while (other := _take(connection, handle, project, holder, token, clock, database)) is not None:
                if clock.monotonic() >= deadline:
                    raise _locked(project, other)
                pause.wait(_POLL_S)
            try:
                with _heartbeat(database, project, token, clock):
                    yield
            finally:
                with telling(database):
                    connection.execute("DELETE FROM state_locks WHERE project = ? AND token = ?", (project, token))
        finally:
            os.close(handle)


def lock_file(database: Path, project: str) -> Path:
    """The file whose lock only a living holder has."""
    return database.with_name(f"{database.name}.{project}.lock")


def _take(
    connection: sqlite3.Connection, handle: int, project: str, holder: Holder, token: str, clock: Clock, database: Path
) -> Holder | None:
    """Take the lock, or tell who has it."""
    host = socket.gethostname()
    alone = _lock_handle(handle)
    with telling(database), transaction(connection):
        row = _read(connection, project)
        if not alone:
            # Its row comes a moment after its file lock, or has just gone.
            return row.holder if row else Holder("another process", "apply", 0, "just now")
        if row is not None and row.host != host and row.expires > clock.now():
            fcntl.flock(handle, fcntl.LOCK_UN)
            return row.holder
        values = (project, token, host, holder.who, holder.command, holder.pid, holder.since, clock.now() + EXPIRES_S)
        connection.execute("INSERT OR REPLACE INTO state_locks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return None


def _lock_handle(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(connection: sqlite3.Connection, project: str) -> _Row | None:
    row = connection.execute(
        "SELECT token, host, who, command, pid, since, expires FROM state_locks WHERE project = ?", (project,)
    ).fetchone()
    return _Row(row[0], row[1], Holder(row[2], row[3], row[4], row[5]), row[6]) if row else None


def _locked(project: str, holder: Holder) -> Locked:
    return Locked(
        f"Project '{project}' is locked: {holder.who} runs '{holder.command}' (process {holder.pid}) since {holder.since}.",
        code="state-locked",
        fix="Wait until it is done, or let this command wait with --lock-wait.",
    )


@contextmanager
def _heartbeat(database: Path, project: str, token: str, clock: Clock) -> Iterator[None]:
    """Renew the row from a thread of its own until the block ends."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(HEARTBEAT_S):
            try:
                renew(database, project, token, clock)
            except StateError:
                # The next beat tries again; if the row expires meanwhile and another takes over, our next write is refused.
                continue

    thread = threading.Thread(target=beat, name="state-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def renew(database: Path, project: str, token: str, clock: Clock) -> None:
    """Put off the expiry of a row that is still ours."""
    with telling(database), closing(open_to_write(database)) as connection:
        values = (clock.now() + EXPIRES_S, project, token)
        connection.execute("UPDATE state_locks SET expires = ? WHERE project = ? AND token = ?", values)
