"""What the system knows of processes: parents, sessions, and when each was born."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

LINUX: Final = sys.platform.startswith("linux")

_DEAD = (b"Z", b"X")


def descendants(pid: int) -> tuple[int, ...]:
    """Process ids of all children of a process, of theirs, and so on."""
    parents = {other: parent for other in _all_pids() if (parent := _parent(other)) is not None}
    found: set[int] = {pid}
    while more := {other for other, parent in parents.items() if parent in found} - found:
        found |= more
    return tuple(found - {pid})


def _parent(pid: int) -> int | None:
    """The parent of a live process that is no zombie."""
    fields = _stat(pid)
    return int(fields[1]) if fields and fields[0] not in _DEAD else None


def session_members(session: int) -> tuple[int, ...]:
    """Process ids of everything alive in a session."""
    return tuple(pid for pid in _all_pids() if _session(pid) == session and born(pid) is not None)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _all_pids() -> Iterator[int]:
    if LINUX:
        yield from (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208  # many times a second
        return
    import psutil  # lazily: Linux answers without it

    yield from psutil.pids()


def born(pid: int) -> str | None:
    """The birth of a live process that is no zombie.

    On Linux clock ticks since boot with the boot's id: unlike a time of day they do not move when the clock is set.
    """
    if LINUX:
        fields = _stat(pid)
        return None if not fields or fields[0] in _DEAD else f"{fields[19].decode()}-{_boot()}"
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else repr(process.create_time())
    except psutil.NoSuchProcess:
        return None


def _stat(pid: int) -> list[bytes]:
    """Linux: the fields of ``/proc/PID/stat`` from the state on; empty if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    # The second field is the program's name in brackets and may hold anything, brackets and blanks too.
    return stat[stat.rindex(b")") + 2 :].split()


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return "boot"
