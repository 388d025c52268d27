"""Runs one job from start to end and writes down how it ended. ``python -m orchestrator.workspace.jobs.runner FOLDER``.

The runner is a process of its own, apart from the supervisor: whatever happens to that one, the job goes on, its time
limit holds, and its end is written to ``exit.json``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from orchestrator.core import private_files
from orchestrator.core.errors import Invalid
from orchestrator.workspace.environments.layers import programs_first
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.jobs.folder import Ending, JobFolder, RunExit, RunOrder
from orchestrator.workspace.jobs.launching import launches
from orchestrator.workspace.logs.masking import MaskedPipe
from orchestrator.workspace.processes.process import (
    adopt_orphans,
    child_environment,
    end_orphans,
    own_identity,
    terminate,
)
from orchestrator.workspace.supervision.control import FileLock, nudge

GRACE_S = 5.0
"""Between the polite and the forced end of a job that was cancelled or is out of time, seconds."""

_FIRST_POLL_S = 0.002
_LONGEST_POLL_S = 0.05


class Runner:
    """Runs the order in a folder."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._cancelled = False
        self._children: list[subprocess.Popen[bytes]] = []
        self._awaited: list[subprocess.Popen[bytes]] = []
        self._logs: list[IO[bytes]] = []
        self._pipes: list[MaskedPipe] = []

    def run(self) -> RunExit:
        """Run to the end, and leave nothing of it behind.

        Returns:
            How it ended.
        """
        signal.signal(signal.SIGTERM, self._cancel)
        adopt_orphans()
        started = time.time()
        try:
            order = RunOrder.read(self._folder)
            self._start(order)
        except (Invalid, OSError, ValueError, TypeError) as error:
            self._end_all()
            reason = f"{error} {error.fix}".strip() if isinstance(error, Invalid) else str(error)
            return RunExit(None, Ending.FAILED, reason, started, time.time())
        reason = self._wait(order.timeout_s)
        code = next((child.returncode for child in self._children if child.poll()), 0)
        self._end_all()
        if reason:
            code = self._children[0].returncode
        ended = time.time()
        if reason:
            return RunExit(code, Ending.CANCELLED if self._cancelled else Ending.FAILED, reason, started, ended)
        if code:
            return RunExit(code, Ending.FAILED, _code_text(code), started, ended)
        return RunExit(0, Ending.COMPLETED, "", started, ended)

    def _cancel(self, number: int, frame: object) -> None:
        self._cancelled = True

    def _start(self, order: RunOrder) -> None:
        argv, extra = execution_of(order.type).argv(order, self._folder)
        base = _environment(order, self._folder, extra)
        for number, launch in enumerate(launches(argv, order.body, order.processes)):
            log = self._folder.log if number == 0 else self._folder.logs / f"std_log_process_{number}.txt"
            sink = self._sink(log, order.secrets)
            child = subprocess.Popen(
                launch.argv,
                cwd=self._folder.code,
                env={**base, **launch.environ},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
            )
            self._children.append(child)
            self._awaited += [child] * launch.ends

    def _sink(self, log: Path, secrets: Mapping[str, str]) -> IO[bytes] | int:
        """What a child writes to: its log, or the pipe that leads there if there is something to hide."""
        stream = private_files.open_end(log)
        if not secrets:
            self._logs.append(stream)
            return stream
        self._pipes.append(MaskedPipe(stream, secrets))
        return self._pipes[-1].end

    def _wait(self, timeout_s: float | None) -> str:
        """Wait for the end. Returns why it is to be ended early; empty if it ended by itself."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        pause = _FIRST_POLL_S
        while True:
            codes = [child.poll() for child in self._children]
            if self._cancelled:
                return "Cancelled."
            if any(codes) or all(child.returncode is not None for child in self._awaited):
                return ""
            if deadline is not None and time.monotonic() >= deadline:
                return f"The job exceeded its time limit of {timeout_s:g} s."
            time.sleep(pause)
            pause = min(_LONGEST_POLL_S, pause * 1.2)

    def _end_all(self) -> None:
        terminate(own_identity(), GRACE_S, spare=os.getpid())
        for child in self._children:
            child.wait()
        end_orphans(GRACE_S)
        for log in self._logs:
            log.close()
        for pipe in self._pipes:
            pipe.close(GRACE_S)


def _environment(order: RunOrder, folder: JobFolder, extra: Mapping[str, str]) -> dict[str, str]:
    """The job's variables: this machine's, the workspace's, then the user's own, which win."""
    python = Path(order.python)
    environ = programs_first(python, child_environment({"PYTHONUNBUFFERED": "1", **extra}))
    if not python.with_name("python").exists():
        environ["PATH"] = os.pathsep.join([_python_alias(order, folder), environ["PATH"]])
    return {**environ, **order.environ}


def _python_alias(order: RunOrder, folder: JobFolder) -> str:
    """A folder with a ``python``, for systems that only have a ``python3.11``: jobs call it by that name."""
    programs = folder.path / "bin"
    programs.mkdir(exist_ok=True)
    alias = programs / "python"
    alias.unlink(missing_ok=True)
    alias.symlink_to(order.python)
    return str(programs)


def _code_text(code: int) -> str:
    if code < 0:
        return f"Ended by signal {signal.Signals(-code).name}."
    return f"Exit code {code}."


def main(path: Path) -> None:
    """Run a job's folder. Returns at once if it is running or has run."""
    folder = JobFolder(path)
    lock = FileLock(folder.lock)
    if not lock.acquire_soon() or folder.exit.exists() or not folder.order.exists():
        return
    if os.getsid(0) != os.getpid():
        os.setsid()
    private_files.replace(folder.process, str(own_identity()))
    Runner(folder).run().write(folder)
    lock.release()
    nudge(WorkspacePaths(path.parent.parent))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
