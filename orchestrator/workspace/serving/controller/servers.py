"""Scoring servers: one process each, started again when it ends."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.workspace.logs.keeper import masked_log
from orchestrator.workspace.processes.process import ProcessIdentity, alive, exit_code, spawn, terminate
from orchestrator.workspace.serving import worker
from orchestrator.workspace.serving.controller.release import Release
from orchestrator.workspace.serving.probing import Probe, answers
from orchestrator.workspace.serving.scoring.failure import report_file
from orchestrator.workspace.serving.sockets import make_socket_folder, socket_path
from orchestrator.workspace.supervision.control import write_private

WORKER_MODULE = "orchestrator.workspace.serving.worker"
CONFIG_SUFFIX = ".server.json"
"""Names of the files with what a server's processes are told end so."""

HOPELESS_AFTER = 3
"""Starts in a row without success after which a server counts as broken, not as restarting."""

_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 30.0
_GRACE_S = 10.0
_SHORT_GRACE_S = 2.0
_LOG_PATIENCE_S = 1.0
_LOG_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class ServerTask:
    """What a server is started for.

    Attributes:
        deployment: its name.
        log: takes what the server prints.
        startup: how long it may take until it answers.
        liveness: how it is asked later on.
    """

    deployment: str
    log: Path
    startup: Probe
    liveness: Probe


class Server:
    """One place in a release, filled by one process after the other.

    Attributes:
        socket: where it listens; the same for every process in this place, so that the routing table stays as it is while one is replaced.
        config: what its processes are told. A process whose file is gone ends by itself.
        process: the process that fills the place, if any.
        ready: it answers.
        served: a process in this place was ready once.
        reason: what the last process that ended said of it, for people; empty if nothing.
        failures: processes in a row that ended without having become ready, or ended later.
    """

    def __init__(
        self, socket: Path, config: Path, process: ProcessIdentity | None = None, *, served: bool = False
    ) -> None:
        self.socket = socket
        self.config = config
        self.process = process
        self.ready = False
        self.served = served
        self.failures = 0
        self.last_exit = ""
        self.reason = ""
        self._keeper: ProcessIdentity | None = None
        self._started = time.monotonic()
        self._start_again = 0.0
        self._next_probe = 0.0
        self._misses = 0

    @classmethod
    def in_folder(cls, folder: Path) -> Server:
        """A new place with files in a deployment's folder."""
        # Never a name used before: servers on their way out may be of the same release.
        name = secrets.token_hex(4)
        return cls(socket_path(folder, f"{name}.sock"), folder / f"{name}{CONFIG_SUFFIX}")

    def to_dict(self) -> Mapping[str, Any]:
        """What is kept over the supervisor's death."""
        return {
            "socket": str(self.socket),
            "config": str(self.config),
            "process": str(self.process or ""),
            "keeper": str(self._keeper or ""),
            "served": self.served,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Server:
        """Read `to_dict` back.

        Raises:
            ValueError, KeyError: it is damaged.
        """
        process, keeper = (
            ProcessIdentity.parse(text) if text else None for text in (content["process"], content.get("keeper"))
        )
        server = cls(Path(content["socket"]), Path(content["config"]), process, served=bool(content["served"]))
        server._keeper = keeper
        return server

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and alive(self.process)

    @property
    def may_start(self) -> bool:
        """Whether the pause after the last failure is over."""
        return time.monotonic() >= self._start_again

    def start(self, release: Release, task: ServerTask) -> None:
        """Start a process. Blocks for some milliseconds.

        Raises:
            OSError: the interpreter cannot be started.
            Denied: somebody else owns the folder of its socket.
        """
        make_socket_folder(self.socket)
        settings = {
            "socket": str(self.socket),
            "deployment": task.deployment,
            "script": str(release.script) if release.script else None,
            "model": str(release.model) if release.model else None,
            "collector": release.collector,
        }
        report_file(self.config).unlink(missing_ok=True)
        write_private(self.config, json.dumps(settings))
        ours = release.python == Path(sys.executable)
        program = ["-m", WORKER_MODULE] if ours else [str(Path(worker.__file__))]
        argv = [str(release.python), *program, str(self.config)]
        if release.hidden:
            with masked_log(task.log, release.hidden) as (sink, self._keeper):
                self.process = spawn(argv, cwd=release.cwd, log=sink, environ=release.environ)
        else:
            self.process = spawn(argv, cwd=release.cwd, log=task.log, environ=release.environ)
        self.ready = False
        self._started = time.monotonic()
        self._misses = 0

    async def look(self, task: ServerTask) -> None:
        """See how its process is, and note it. Ends one that does not answer any more, or never did."""
        if self.process is None:
            return
        if not alive(self.process):
            await self._log_is_whole()
            self._note_end(_how_it_ended(self.process))
        elif self._keeper is not None and not alive(self._keeper):
            await self.end(_SHORT_GRACE_S)  # printing would fail from now on, and with it model code
            self._note_end("the process that writes its log ended")
        elif not self.ready:
            await self._look_at_start(task.startup, task.liveness)
        elif time.monotonic() >= self._next_probe:
            await self._look_at_life(task.liveness)

    async def end(self, grace_s: float = _GRACE_S) -> None:
        """End its process; a request at hand is finished."""
        self.config.unlink(missing_ok=True)
        report_file(self.config).unlink(missing_ok=True)
        if self.process is not None:
            await asyncio.to_thread(terminate, self.process, grace_s)
            await self._log_is_whole()
        self.socket.unlink(missing_ok=True)
        self.process = None
        self.ready = False

    async def _look_at_start(self, probe: Probe, life: Probe) -> None:
        if await answers(str(self.socket), probe.path, probe.timeout_s):
            self.ready, self.served, self._misses = True, True, 0
            self._next_probe = max(time.monotonic() + life.period_s, self._started + life.initial_delay_s)
        elif time.monotonic() - self._started > probe.patience_s:
            await self.end(_SHORT_GRACE_S)
            asked = "" if probe.path == "/" else f" GET {probe.path} with 200"
            self._note_end(f"it did not answer{asked} within {probe.patience_s:g} s")

    async def _look_at_life(self, probe: Probe) -> None:
        now = time.monotonic()
        self._next_probe = now + probe.period_s
        if await answers(str(self.socket), probe.path, probe.timeout_s):
            self._misses = 0
            if now - self._started > _LONGEST_PAUSE_S:
                self.failures = 0
            return
        self._misses += 1
        if self._misses >= probe.failure_threshold:
            await self.end(_SHORT_GRACE_S)
            self._note_end(f"it did not answer its liveness probe {self._misses} times")

    async def _log_is_whole(self) -> None:
        """Wait for what the process printed last; children of it may print on."""
        until = time.monotonic() + _LOG_PATIENCE_S
        while self._keeper is not None and alive(self._keeper) and time.monotonic() < until:
            await asyncio.sleep(_LOG_POLL_S)
        self._keeper = None

    def _note_end(self, how: str) -> None:
        # One that served for a while is started again at once; one that keeps failing waits longer each time.
        lived = time.monotonic() - self._started
        self.failures = 1 if self.ready and lived > _LONGEST_PAUSE_S else self.failures + 1
        pause = 0.0 if self.failures <= 1 and self.served else _FIRST_PAUSE_S * 2.0 ** (self.failures - 1)
        self._start_again = time.monotonic() + min(pause, _LONGEST_PAUSE_S)
        self.last_exit = how
        self.reason = _word_of(self.config)
        self.process = None
        self.ready = False


def _word_of(config: Path) -> str:
    """What its process left word of; once read, it is in no file any more: model code may have put secrets into it."""
    try:
        text = report_file(config).read_text(encoding="utf-8", errors="replace").strip()
        report_file(config).unlink()
    except OSError:
        return ""
    return text


def _how_it_ended(process: ProcessIdentity) -> str:
    code = exit_code(process)
    if code is None:
        return "its process ended"
    return f"its process was ended by signal {-code}" if code < 0 else f"its process ended with code {code}"
