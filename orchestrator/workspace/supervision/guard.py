"""The guard: a small process that starts the supervisor and starts it again whenever it is gone.

The supervisor watches the guard in turn, so that either of them may be killed. Both go away when the workspace is told
to go down, or when its folder is deleted. Run as ``python -m orchestrator.workspace.supervision.guard ROOT``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import OWN_PYTHON, ProcessIdentity, alive, own_identity, spawn
from orchestrator.workspace.supervision.control import ControlAddress, ControlFiles, FileLock, held

WATCH_INTERVAL_S = 0.25
"""How often the guard looks, seconds: one small file read."""

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 30.0
STEADY_AFTER_S = 10.0
"""A supervisor that lived this long was no failed start: the next one starts without delay, seconds."""


def start_guard(paths: WorkspacePaths) -> ProcessIdentity:
    """Start a guard, detached. Harmless if there is one: the second finds the lock taken and leaves."""
    files = ControlFiles(paths)
    files.create()
    argv = [*OWN_PYTHON, "-m", "orchestrator.workspace.supervision.guard", str(paths.root)]
    return spawn(argv, cwd=paths.root, log=files.guard_log)


class Guard:
    """Keeps one supervisor alive."""

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths
        self._files = ControlFiles(paths)
        self._supervisor: ProcessIdentity | None = None
        self._started = 0.0
        self._delay = 0.0

    def run(self) -> None:
        """Guard until the workspace goes down. Returns at once if there is a guard already."""
        lock = FileLock(self._files.guard_lock)
        if not lock.acquire_soon():
            return
        lock.sign(str(own_identity()))
        if not self._files.address.exists():
            self._files.down.unlink(missing_ok=True)
        while lock.stands and not self._went_down():
            self._look()
            time.sleep(WATCH_INTERVAL_S)

    def _went_down(self) -> bool:
        files = self._files
        if not files.down.exists() or files.address.exists() or self._lives():
            return False
        files.down.unlink(missing_ok=True)
        return True

    def _look(self) -> None:
        if self._lives():
            return
        now = time.monotonic()
        if self._started and now - self._started > STEADY_AFTER_S:
            self._delay = 0.0
        if now - self._started < self._delay:
            return
        argv = [*OWN_PYTHON, "-m", "orchestrator.workspace.supervision.supervisor", str(self._paths.root)]
        self._supervisor = spawn(argv, cwd=self._paths.root, log=self._files.log)
        self._started = now
        self._delay = min(LONGEST_DELAY_S, max(FIRST_DELAY_S, self._delay * 2))

    def _lives(self) -> bool:
        if self._supervisor is not None and alive(self._supervisor):
            return True
        address = ControlAddress.read(self._files)
        if address is not None and alive(address.process):
            self._supervisor = address.process
            return True
        return held(self._files.supervisor_lock)


if __name__ == "__main__":
    Guard(WorkspacePaths(Path(sys.argv[1]))).run()
