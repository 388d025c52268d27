"""The supervisor: the one process of a workspace that makes processes match records.

Run as ``python -m orchestrator.workspace.supervision.supervisor ROOT``; ordinarily by the guard. It holds nothing that matters in
memory: killed at any moment, its successor looks at the records and goes on. SIGTERM ends the supervisor alone and
leaves jobs and endpoints running; only ``shutdown`` takes the workspace down.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator.core import private_files
from orchestrator.core.errors import Invalid
from orchestrator.workspace.environments.environments import Environments
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import own_identity
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.control import ControlFiles, FileLock, held
from orchestrator.workspace.supervision.control_server import ControlServer
from orchestrator.workspace.supervision.guard import start_guard
from orchestrator.workspace.supervision.home import settle_home
from orchestrator.workspace.supervision.managers import BUSY_INTERVAL_S, IDLE_INTERVAL_S, Manager
from orchestrator.workspace.tracking.server import TrackingServer

GUARD_INTERVAL_S = 0.5
"""How often the supervisor looks whether its guard lives, seconds."""

TRACKING = "tracking"
TRACKING_PAUSE_S = 5.0
"""Between two attempts to start a tracking server that does not start, seconds."""

MAX_LOG_BYTES = 5_000_000
"""Above this size the log moves to ``supervisor.log.1`` at the next start."""

_log = logging.getLogger("orchestrator.supervisor")


class Supervisor:
    """Runs the managers of one workspace until it goes down.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths
        self._files = ControlFiles(paths)
        self._store = RecordStore(paths)
        self._tracking = TrackingServer(paths)
        self._managers: dict[str, Manager] = {}
        self._broken: dict[str, str] = {}
        self._wake: dict[str, asyncio.Event] = {}
        self._pending = {"managers"}
        self._stop = asyncio.Event()
        self._down = self._files.down.exists()
        self._born = time.time()

    async def run(self, lock: FileLock) -> None:
        """Supervise until told to stop. The lock must be held, and stays held."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        if settle_home(self._paths, self._store):
            _log.info("the folder was copied or moved: what the former one started is not ours")
        server = ControlServer(self._files, self._answer)
        await server.start(own_identity())
        _log.info("listening, process %s", own_identity())
        if self._down:
            self._stop.set()
        self._load_managers()
        tasks = [asyncio.create_task(self._keep(name)) for name in self._managers]
        tasks += [asyncio.create_task(self._watch(lock)), asyncio.create_task(self._keep_tracking())]
        await self._stop.wait()
        await _cancel(tasks)
        if self._down:
            await self._take_down()
        await server.stop()
        if self._down:
            self._files.address.unlink(missing_ok=True)
        self._store.close()
        _log.info("stopped")

    def _load_managers(self) -> None:
        content, environments = ContentStore(self._paths), Environments(self._paths)
        makers: Mapping[str, tuple[str, Callable[[Any], Manager]]] = {
            "jobs": (
                "orchestrator.workspace.jobs.manager",
                lambda m: m.JobManager(self._paths, self._store, content, environments, self._tracking),
            ),
            "serving": (
                "orchestrator.workspace.serving.controller.manager",
                lambda m: m.ServingManager(self._paths, self._store, content, environments),
            ),
            "firing": (
                "orchestrator.workspace.schedules.manager",
                lambda m: m.ScheduleManager(self._paths, self._store),
            ),
        }
        for name, (module, make) in makers.items():
            try:
                self._managers[name] = make(importlib.import_module(module))
                self._wake[name] = asyncio.Event()
            except Exception as error:  # one broken part must not take the others along; status tells
                _log.exception("the %s manager cannot be loaded", name)
                self._broken[name] = f"{type(error).__name__}: {error}"
        self._pending = set(self._managers)

    async def _keep(self, name: str) -> None:
        manager, wake = self._managers[name], self._wake[name]
        while True:
            wake.clear()
            try:
                busy = await manager.reconcile()
                self._broken.pop(name, None)
            except Exception as error:
                _log.exception("a round of the %s manager failed", name)
                self._broken[name] = f"{type(error).__name__}: {error}"
                busy = False
            self._pending.discard(name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), BUSY_INTERVAL_S if busy else IDLE_INTERVAL_S)

    async def _keep_tracking(self) -> None:
        """The tracking server is up whenever the workspace is: programs keep its address."""
        while True:
            try:
                await asyncio.to_thread(self._tracking.ensure)
                self._broken.pop(TRACKING, None)
            except Exception as error:
                _log.exception("the tracking server does not start")
                self._broken[TRACKING] = str(error)
                await asyncio.sleep(TRACKING_PAUSE_S)
            await asyncio.sleep(GUARD_INTERVAL_S)

    async def _watch(self, lock: FileLock) -> None:
        while not self._stop.is_set():
            if not lock.stands:
                _log.info("the workspace's folder is gone: going down")
                self._down = True
                self._stop.set()
            elif not held(self._files.guard_lock):
                start_guard(self._paths)
            await asyncio.sleep(GUARD_INTERVAL_S)

    async def _answer(self, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        match command:
            case "ping":
                return {"ok": True, "pid": os.getpid()}
            case "nudge":
                for wake in self._wake.values():
                    wake.set()
                return {"ok": True}
            case "status":
                return self._status()
            case "shutdown":
                private_files.touch(self._files.down)
                self._down = True
                self._stop.set()
                return {"ok": True}
        raise Invalid(f"The supervisor knows no command {command!r}.")

    def _status(self) -> Mapping[str, Any]:
        return {
            "pid": os.getpid(),
            "since": self._born,
            "down": self._down,
            "managers": sorted(self._managers),
            "pending": sorted(self._pending),
            "broken": dict(self._broken),
            "tracking": self._tracking.uri or "",
        }

    async def _take_down(self) -> None:
        for name, manager in self._managers.items():
            try:
                await manager.shutdown()
            except Exception:
                _log.exception("the %s manager did not go down cleanly", name)
        await asyncio.to_thread(self._tracking.stop)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main(root: Path) -> None:
    """Supervise a workspace. Returns at once if another process does so already."""
    paths = WorkspacePaths(root)
    files = ControlFiles(paths)
    files.create()
    lock = FileLock(files.supervisor_lock)
    if not lock.acquire_soon():
        return
    _configure_log(files.log)
    asyncio.run(Supervisor(paths).run(lock))
    logging.shutdown()
    # Threads may be in the middle of something long. Whatever it is, the successor finds it as after kill -9.
    os._exit(0)


def _configure_log(path: Path) -> None:
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    private_files.touch(path)
    logging.basicConfig(filename=path, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
