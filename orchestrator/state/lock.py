"""The right to write: one holder, told by name, whose death lets go.

A row in the database names the holder; its heartbeat keeps the row from expiring. On one machine that is not needed to notice a death: the
holder also has a file locked, and the kernel lets go of that at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from orchestrator.core import private_files
from orchestrator.core.errors import Locked
from orchestrator.core.ports import Clock
from orchestrator.core.state import Holder
from orchestrator.state.database import open_to_write, telling
from orchestrator.state.heartbeat import beating

EXPIRES_S = 30.0
"""A row that was not renewed for this long belongs to nobody. Only matters between machines that share a folder."""

HEARTBEAT_S = 10.0
"""Three renewals fit into one expiry, so that one that comes late does no harm."""

_POLL_S = 0.1
_UNKNOWN = Holder("another process", "apply", 0, "just now")
"""Who has a lock whose name comes a moment after its file lock."""

_PRIVATE_FILE = 0o600


@contextmanager
def hold(database: Path, project: str, holder: Holder, clock: Clock, *, wait_s: float) -> Iterator[None]:
    """Hold the lock of one project while the block runs.

    Raises:
        Locked: another holds it and did not let go within `wait_s` seconds.
        StateError: the database cannot be used.
    """
    deadline = clock.monotonic() + wait_s
    with closing(open_to_write(database)) as connection, _opened(lock_file(database, project)) as handle:
        row = LockRow(connection, database, project, clock)
        pause = threading.Event()
        while (other := _take(row, handle, holder)) is not None:
            if clock.monotonic() >= deadline:
                raise Locked(
                    f"Project '{project}' is locked: {other.who} runs '{other.command}' (process {other.pid}) since {other.since}.",
                    code="state-locked",
                    fix="Wait for it to finish, or use --lock-wait.",
                )
            pause.wait(_POLL_S)
        try:
            with beating(row.renew, HEARTBEAT_S):
                yield
        finally:
            row.remove()


@contextmanager
def hold_every(database: Path, command: str) -> Iterator[None]:
    """Keep every project of a workspace from being applied while the block runs, which may delete the database.

    Only the files are locked, not the rows that name holders: whoever comes meanwhile learns that another process has the lock.

    Raises:
        Locked: some project is being applied on this machine; the text names who does it.
    """
    marker = f"{database.name}."
    with ExitStack() as held:
        for path in sorted(database.parent.glob(f"{marker}*.lock")):
            handle = held.enter_context(_opened(path))
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                project = path.name.removeprefix(marker).removesuffix(".lock")
                raise _taken(project, _named(database, project) or _UNKNOWN, command) from None
        yield


def _named(database: Path, project: str) -> Holder | None:
    """Whom the row of a lock names; None where it cannot be read."""
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reader:
        statement = "SELECT who, command, pid, since FROM state_locks WHERE project = ?"
        row = reader.execute(statement, (project,)).fetchone()
        return Holder(*row) if row else None
    return None


def _taken(project: str, other: Holder, command: str) -> Locked:
    return Locked(
        f"Project '{project}' is locked: {other.who} runs '{other.command}' (process {other.pid}) since {other.since}.",
        code="state-locked",
        fix=f"Wait for it to finish, or stop it, then run '{command}' again.",
    )


def lock_file(database: Path, project: str) -> Path:
    """The file that only a living holder has locked."""
    return database.with_name(f"{database.name}.{project}.lock")


class LockRow:
    """The row that names the holder.

    Attributes:
        token: tells our own row from one of somebody who took over.
    """

    def __init__(self, connection: sqlite3.Connection, database: Path, project: str, clock: Clock) -> None:
        self.token = secrets.token_hex(8)
        self._connection = connection
        self._database = database
        self._project = project
        self._clock = clock
        self._host = socket.gethostname()
        self._using = threading.Lock()

    def holder(self) -> Holder | None:
        """Who is named, dead or alive."""
        with self._statement(
            "SELECT who, command, pid, since FROM state_locks WHERE project = ?", self._project
        ) as row:
            return Holder(*row) if row else None

    def claim(self, holder: Holder) -> bool:
        """Put our name there, unless somebody on another machine has renewed theirs lately.

        Only for whoever has the file locked: a name of this machine is then a dead one's.
        """
        now = self._clock.now()
        with self._statement(
            """INSERT INTO state_locks VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (project) DO UPDATE SET token = excluded.token, host = excluded.host, who = excluded.who,
                command = excluded.command, pid = excluded.pid, since = excluded.since, expires = excluded.expires
            WHERE host = excluded.host OR expires <= ? RETURNING 1""",
            *(self._project, self.token, self._host, holder.who, holder.command, holder.pid, holder.since),
            *(now + EXPIRES_S, now),
        ) as row:
            return row is not None

    def renew(self) -> bool:
        """Put off the expiry, if the row is still ours; whether it is."""
        statement = "UPDATE state_locks SET expires = ? WHERE project = ? AND token = ? RETURNING 1"
        with self._statement(statement, self._clock.now() + EXPIRES_S, self._project, self.token) as row:
            return row is not None

    def remove(self) -> None:
        """Take our name away."""
        with self._statement("DELETE FROM state_locks WHERE project = ? AND token = ?", self._project, self.token):
            pass

    @contextmanager
    def _statement(self, text: str, *values: str | float) -> Iterator[tuple[Any, ...] | None]:
        with self._using, telling(self._database), closing(self._connection.execute(text, values)) as rows:
            # Read to the end: a statement that returns rows is not over, and not committed, before.
            found = rows.fetchall()
            yield found[0] if found else None


def _take(row: LockRow, handle: int, holder: Holder) -> Holder | None:
    """Take the lock, or tell who has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return row.holder() or _UNKNOWN
    if row.claim(holder):
        return None
    fcntl.flock(handle, fcntl.LOCK_UN)
    return row.holder() or _UNKNOWN


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    with telling(path):
        handle = private_files.open_lock(path)
    try:
        yield handle
    finally:
        os.close(handle)
