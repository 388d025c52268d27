"""How the command line talks to the supervisor: one line of JSON there, one line back, over a local socket.

The supervisor says where it listens in ``supervisor/address.json``, together with a token; both are for the owner of
the workspace only. A Unix socket is used where the path fits into one, a loopback port otherwise.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.errors import BackendError, Denied, Invalid, Transient
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths
from orchestrator.workspace.processes.process import ProcessIdentity

MAX_LINE: Final = 1 << 20
"""Longest request and answer, bytes."""

MAX_SOCKET_PATH: Final = 100
"""Longest path of a Unix socket that every system takes, bytes. Source: unix(7), sun_path holds 108; 104 on the BSDs."""


@dataclass(frozen=True, slots=True)
class ControlFiles:
    """The files by which supervisor, guard and command line find each other."""

    paths: WorkspacePaths

    @property
    def address(self) -> Path:
        """Where the supervisor listens. There as long as a supervisor is wanted, even when it just died."""
        return self.paths.supervisor / "address.json"

    @property
    def home(self) -> Path:
        """Which folder this was when a supervisor last started; see `supervision.home`."""
        return self.paths.supervisor / "home"

    @property
    def socket(self) -> Path:
        return self.paths.supervisor / "control.sock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the living supervisor."""
        return self.paths.supervisor / "lock"

    @property
    def guard_lock(self) -> Path:
        """Held by the living guard, whose identity is in it."""
        return self.paths.supervisor / "guard.lock"

    @property
    def down(self) -> Path:
        """There from the moment the workspace is told to go down until it is down."""
        return self.paths.supervisor / "down"

    @property
    def log(self) -> Path:
        return self.paths.supervisor / "supervisor.log"

    @property
    def guard_log(self) -> Path:
        return self.paths.supervisor / "guard.log"

    def create(self) -> None:
        """Make the folder."""
        self.paths.create()
        self.paths.supervisor.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def home_of(paths: WorkspacePaths) -> str:
    """What tells this folder from every other folder of the machine, copies of it included.

    Raises:
        OSError: the folder is gone.
    """
    found = paths.root.stat()
    return f"{paths.root.resolve()} {found.st_dev}:{found.st_ino}"


@dataclass(frozen=True, slots=True, repr=False)
class ControlAddress:
    """Where a supervisor listens, and what it wants to hear first."""

    process: ProcessIdentity
    token: str
    socket: str = ""
    port: int = 0

    def write(self, files: ControlFiles) -> None:
        """Publish it, for the owner only."""
        fields = {"process": str(self.process), "token": self.token, "socket": self.socket, "port": self.port}
        write_private(files.address, json.dumps({**fields, "home": home_of(files.paths)}))

    @classmethod
    def read(cls, files: ControlFiles) -> ControlAddress | None:
        """What was published last; None if nothing was, if it is damaged, or if it came here with a copy of another workspace's folder."""
        try:
            fields = json.loads(files.address.read_text(encoding="utf-8"))
            process = ProcessIdentity.parse(fields["process"])
            if fields["home"] != home_of(files.paths):
                return None
            return cls(process, fields["token"], fields["socket"], fields["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


class FileLock:
    """A lock that its holder's death opens, whatever the manner of that death.

    Args:
        path: the lock's file; made if it is not there. Never removed by us, or two holders could have two files.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free. Returns whether it is ours now."""
        fd = private_files.open_lock(self._path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def acquire_soon(self, seconds: float = 0.5) -> bool:
        """Take the lock, trying for a moment: somebody who only looks whether it is held holds it for an instant."""
        deadline = time.monotonic() + seconds
        while not self.acquire():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def release(self) -> None:
        """Let go of it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def sign(self, text: str) -> None:
        """Write into the held lock's file who holds it."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, text.encode(), 0)

    @property
    def stands(self) -> bool:
        """Whether we hold it and its file is still the one in the folder: not so after somebody deleted the workspace."""
        if self._fd is None:
            return False
        try:
            return self._path.stat().st_ino == os.fstat(self._fd).st_ino
        except OSError:
            return False


def held(path: Path) -> bool:
    """Whether some living process holds the lock at this path."""
    if not path.exists():
        return False
    probe = FileLock(path)
    try:
        return not probe.acquire()
    except OSError:
        return False
    finally:
        probe.release()


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole, readable for its owner only. Atomic: a reader sees the old text or the new one, after a power cut too."""
    private_files.replace(path, text)


def nudge(paths: WorkspacePaths) -> None:
    """Tell the supervisor at once that records have changed; without one the next will look by itself."""
    with contextlib.suppress(BackendError):
        call(paths, "nudge", timeout_s=1.0)


def call(
    paths: WorkspacePaths, command: str, arguments: Mapping[str, Any] | None = None, timeout_s: float = 5.0
) -> Mapping[str, Any]:
    """Ask the supervisor for something.

    Args:
        command: ``ping``, ``nudge``, ``status`` or ``shutdown``.
        timeout_s: bound on connecting and on each wait for bytes, seconds.

    Raises:
        Transient: there is no supervisor, or it does not answer.
        Denied: it does not take the token.
        Invalid: it knows no such command.
    """
    address = ControlAddress.read(ControlFiles(paths))
    if address is None:
        raise Transient("The supervisor is not running.")
    request = {"token": address.token, "command": command, "arguments": dict(arguments or {})}
    try:
        with _connect(address, timeout_s) as connection, connection.makefile("rwb") as stream:
            stream.write(json.dumps(request).encode() + b"\n")
            stream.flush()
            answer = json.loads(stream.readline(MAX_LINE) or b"null")
    except (OSError, ValueError) as error:
        raise Transient(f"The supervisor does not respond: {error}.") from error
    if not isinstance(answer, dict):
        raise Transient("The supervisor closed the connection.")
    if "error" in answer:
        raise (Denied if answer.get("denied") else Invalid)(str(answer["error"]))
    return answer


def _connect(address: ControlAddress, timeout_s: float) -> socket.socket:
    if address.port:
        return socket.create_connection(("127.0.0.1", address.port), timeout=timeout_s)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(address.socket)
    except BaseException:
        connection.close()
        raise
    return connection
