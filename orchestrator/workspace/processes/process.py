"""Processes that outlive who started them, and are known again by process id and time of birth."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

from orchestrator.core import private_files
from orchestrator.workspace.processes import process_table
from orchestrator.workspace.processes.inheritance import handed_on, inherited

OWN_PYTHON: Final = (sys.executable, "-P")
"""Starts modules of ours. ``-P``: a job's folder holds one called ``code``, which must not be taken for Python's module."""

_POLL_S = 0.02
_FORCE_S = 5.0
_SET_CHILD_SUBREAPER = 36  # Source: linux/prctl.h


class ProcessIdentity(NamedTuple):
    """One process of this machine and no other, even after its id was given to someone else.

    Attributes:
        pid: process id; also the id of the session and of the first process group, for a process made by `spawn`.
        born: when it was born, as text that is only ever compared.
    """

    pid: int
    born: str

    def __str__(self) -> str:
        return f"{self.pid}@{self.born}"

    @classmethod
    def parse(cls, text: str) -> ProcessIdentity:
        """Read the printed form back.

        Raises:
            ValueError: the text is no identity.
        """
        pid, mark, born = text.partition("@")
        if not mark or not born:
            raise ValueError(f"{text!r} is not a process identity; expected pid@birth")
        return cls(int(pid), born)


_children: dict[ProcessIdentity, subprocess.Popen[bytes]] = {}
"""Children of this very process. They are polled, or they would stay behind as zombies when they end."""


@atexit.register
def _let_go() -> None:
    """Reap what has ended. What still runs outlives us on purpose, while the collector takes its handle for a forgotten child."""
    for child in _children.values():
        if child.poll() is None:
            child.returncode = 0


def running_children() -> tuple[ProcessIdentity, ...]:
    """What this process has started with `spawn` and still runs."""
    return tuple(identity for identity in _children if alive(identity))


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What other people's code gets of this process's environment, see `inheritance`, plus `extra`."""
    return {**inherited(), **(extra or {})}


def spawn(
    argv: Sequence[str],
    *,
    cwd: Path,
    log: Path | int | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> ProcessIdentity:
    """Start a process in a session of its own, so that neither a terminal nor our death ends it.

    Args:
        argv: program and arguments.
        cwd: where it starts; must exist.
        log: file that gets its standard output and error, appended, or a descriptor; None throws them away.
        environ: the whole environment; None means that of a process of ours, see `inheritance.handed_on`.
        stdin: what it reads; nothing unless said.

    Raises:
        OSError: the program cannot be started.
    """
    with _sink(log) as sink:
        child = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(environ) if environ is not None else handed_on(),
            stdin=stdin,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    identity = ProcessIdentity(child.pid, process_table.born(child.pid) or "gone")
    _children[identity] = child
    return identity


@contextlib.contextmanager
def _sink(log: Path | int | None) -> Iterator[int | IO[bytes]]:
    if log is None:
        yield subprocess.DEVNULL
        return
    if isinstance(log, int):
        yield log
        return
    with private_files.open_end(log) as sink:
        yield sink


def identity_of(pid: int) -> ProcessIdentity | None:
    """The identity of a running process, or None if there is none with this id."""
    born = process_table.born(pid)
    return ProcessIdentity(pid, born) if born is not None else None


def own_identity() -> ProcessIdentity:
    """The identity of this process."""
    return ProcessIdentity(os.getpid(), process_table.born(os.getpid()) or "")


def alive(identity: ProcessIdentity) -> bool:
    """Whether that very process runs. A zombie does not."""
    child = _children.get(identity)
    if child is not None and child.poll() is not None:
        return False
    return process_table.born(identity.pid) == identity.born


def exit_code(identity: ProcessIdentity) -> int | None:
    """How a child of this process ended: its code, negative for a signal; None if it runs or is not our child."""
    child = _children.get(identity)
    return child.poll() if child is not None else None


def members(identity: ProcessIdentity) -> tuple[int, ...]:
    """Process ids of everything alive in the session that the process was started with, itself included.

    The session is asked rather than the process group: a shell with job control makes further groups. The answer is
    empty if the id was given to another process meanwhile.
    """
    now = process_table.born(identity.pid)
    if now is not None and now != identity.born:
        return ()
    return process_table.session_members(identity.pid)


def terminate(identity: ProcessIdentity, grace_s: float = 5.0, *, spare: int | None = None) -> bool:
    """End a process and everything in its session: first politely, after the grace with force. Blocks.

    Args:
        identity: a process made by `spawn`. It may have ended already; what it left behind ends too.
        grace_s: seconds between SIGTERM and SIGKILL.
        spare: a process id to leave alone: a member that ends its own session passes its own.

    Returns:
        Whether nothing of it is left.
    """
    if _gone(identity, spare):
        return True
    _signal_all(identity, signal.SIGTERM, spare)
    if _wait_gone(identity, grace_s, spare):
        return True
    deadline = time.monotonic() + _FORCE_S
    while time.monotonic() < deadline:
        _signal_all(identity, signal.SIGKILL, spare)
        if _wait_gone(identity, 0.2, spare):
            return True
    return False


def adopt_orphans() -> None:
    """From now on, what descendants of this process leave behind becomes its child, so that it can be ended.

    Linux only; elsewhere a process that leaves its session is out of reach.
    """
    if process_table.LINUX:
        import ctypes  # lazily: only runners need it

        ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans(grace_s: float) -> bool:
    """End all children of this process and theirs, whatever session they are in. Blocks.

    Only for a process that has waited for its own children: the rest is reaped here. See `adopt_orphans`.

    Returns:
        Whether none is left.
    """
    if _childless():
        return True
    started = time.monotonic()
    number = signal.SIGTERM
    while strays := process_table.descendants(os.getpid()):
        if time.monotonic() - started > grace_s + _FORCE_S:
            return False
        if time.monotonic() - started > grace_s:
            number = signal.SIGKILL
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(_POLL_S)
    return True


def _childless() -> bool:
    """Whether this process has no children, dead ones reaped: far cheaper than to look at all processes of the machine."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def _gone(identity: ProcessIdentity, spare: int | None) -> bool:
    alive(identity)  # reaps it if it is a child of ours
    return all(pid == spare for pid in members(identity))


def _wait_gone(identity: ProcessIdentity, seconds: float, spare: int | None) -> bool:
    deadline = time.monotonic() + seconds
    while not _gone(identity, spare):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _signal_all(identity: ProcessIdentity, number: signal.Signals, spare: int | None) -> None:
    for pid in members(identity):
        if pid != spare:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
