"""Starts runners at once: a process that has loaded their code makes one for each job by ``fork``.

A runner that loads its own code takes a tenth of a second of the processor for that, which is most of what a short step of a pipeline or
a trial costs. What is made here is like one that was started by itself: a session of its own, nothing of ours open, and it outlives us.
The starter ends when whoever asked for it ends, because its standard input does.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Final

from orchestrator.core import private_files
from orchestrator.workspace.processes import process_table
from orchestrator.workspace.processes.inheritance import handed_on, inherited
from orchestrator.workspace.processes.process import OWN_PYTHON, ProcessIdentity, spawn

_MODULE: Final = "orchestrator.workspace.jobs.starter"
_RUNNER: Final = "orchestrator.workspace.jobs.runner"
_STOP_S: Final = 5.0


class Starter:
    """Starts runners. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path, log: Path) -> ProcessIdentity:
        """Start the runner of a job's folder.

        Args:
            folder: of the job; it starts there.
            log: gets what it prints.

        Raises:
            OSError: it cannot be started.
        """
        if process_table.LINUX:  # elsewhere, system libraries do not bear a fork
            with self._lock, contextlib.suppress(OSError, ValueError):
                return self._forked(folder, log)
        return spawn([*OWN_PYTHON, "-m", _RUNNER, str(folder)], cwd=folder, log=log)

    def _forked(self, folder: Path, log: Path) -> ProcessIdentity:
        process = self._running()
        try:
            return ProcessIdentity.parse(_asked(process, json.dumps([str(folder), str(log)])))
        except (OSError, ValueError):
            self._end()
            raise

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(
                [*OWN_PYTHON, "-m", _MODULE],
                cwd="/",
                env=handed_on(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._process

    def stop(self) -> None:
        """End the starter. The runners go on."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _asked(process: subprocess.Popen[bytes], request: str) -> str:
    if process.stdin is None or process.stdout is None:
        raise OSError("the starter has no pipes")
    process.stdin.write(f"{request}\n".encode())
    process.stdin.flush()
    return process.stdout.readline().decode().strip()


def serve() -> None:
    """Make a runner for each line of standard input, and answer with its identity, until the input ends."""
    import ctypes  # noqa: F401  # runners need it

    from orchestrator.workspace.job_types import execution_of, running_types
    from orchestrator.workspace.jobs.runner import main

    for key in running_types():
        execution_of(key)
    inherited()  # its patterns are compiled once
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the runners
    for line in iter(sys.stdin.buffer.readline, b""):
        folder, log = map(Path, json.loads(line))
        ready, become = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(ready)
                _become_runner(folder, log)
                os.close(become)
                main(folder)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                with contextlib.suppress(OSError, ValueError):
                    sys.stderr.flush()
                os._exit(code)
        os.close(become)
        os.read(ready, 1)  # until it has a session of its own, by which others find all that it starts
        os.close(ready)
        sys.stdout.write(f"{ProcessIdentity(pid, process_table.born(pid) or 'gone')}\n")
        sys.stdout.flush()


def _become_runner(folder: Path, log: Path) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    with private_files.open_end(log) as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    os.chdir(folder)
    sys.argv[1:] = [str(folder)]


if __name__ == "__main__":
    serve()
