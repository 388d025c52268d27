"""Notices at once when a process ends, whoever its parent is."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterable

from orchestrator.workspace.processes.process import ProcessIdentity


class DeathWatch:
    """Calls back when one of some processes ends.

    Where the system has no process descriptors nothing is called; the regular rounds notice it then.

    Args:
        ended: called in the event loop, with a delay in seconds after which to look.
    """

    def __init__(self, ended: Callable[[float], None]) -> None:
        self._ended = ended
        self._watched: dict[ProcessIdentity, int] = {}

    def set(self, processes: Iterable[ProcessIdentity | None]) -> None:
        """Watch these processes and no others."""
        current = {process for process in processes if process is not None}
        for process in [process for process in self._watched if process not in current]:
            self._forget(process)
        for process in current - self._watched.keys():
            self._add(process)

    def close(self) -> None:
        """Watch nothing."""
        self.set(())

    def _add(self, process: ProcessIdentity) -> None:
        if not hasattr(os, "pidfd_open"):
            return
        with contextlib.suppress(OSError):
            fd = os.pidfd_open(process.pid)
            self._watched[process] = fd
            asyncio.get_running_loop().add_reader(fd, self._end, process)

    def _end(self, process: ProcessIdentity) -> None:
        self._forget(process)
        self._ended(0.0)

    def _forget(self, process: ProcessIdentity) -> None:
        fd = self._watched.pop(process, None)
        if fd is not None:
            asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)
