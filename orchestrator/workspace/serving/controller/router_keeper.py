"""Keeps the router running and tells it what to route."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.core import private_files
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import ProcessIdentity, alive, child_environment, spawn, terminate
from orchestrator.workspace.serving.files import RouterFiles
from orchestrator.workspace.serving.probing import ask_router
from orchestrator.workspace.serving.table import RoutingTable
from orchestrator.workspace.supervision.control import write_private

_MODULE = "orchestrator.workspace.serving.router.process"
_START_S = 5.0
_SILENT_PASSES = 5
_GRACE_S = 12.0


class RouterKeeper:
    """Starts, adopts, feeds and stops the router of one workspace.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths
        self._files = RouterFiles(paths)
        self._status: Mapping[str, Any] = {}
        self._silent = 0
        self._started: ProcessIdentity | None = None

    @property
    def identity(self) -> ProcessIdentity | None:
        """The router's process; None if none runs."""
        try:
            identity = ProcessIdentity.parse(self._files.identity.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return identity if alive(identity) else None

    def last_table(self) -> RoutingTable:
        """The table that was written last; an empty one if there is none."""
        try:
            return RoutingTable.from_json(self._files.table.read_bytes())
        except (OSError, ValueError):
            return RoutingTable()

    async def put(self, table: RoutingTable) -> bool:
        """Have a table in force. Starts the router if there are endpoints and none runs.

        Returns:
            Whether it is in force now.
        """
        table = replace(table, serial="")
        table = replace(table, serial=hashlib.sha256(table.to_json().encode()).hexdigest()[:16])
        self._files.create()
        if self.last_table() != table:
            write_private(self._files.table, table.to_json())
        if self.identity is None:
            if not table.endpoints:
                self._status = {}
                return True
            await self._start()
        status = await ask_router(self._files.socket, "status")
        if status is not None and (status["serial"] != table.serial or status["unbound"]):
            status = await ask_router(self._files.socket, "reload")
        await self._note(status)
        return self._status.get("serial") == table.serial

    @property
    def busy(self) -> Mapping[str, int] | None:
        """Socket to requests at hand, when the router was asked last; None if it did not answer."""
        return self._status.get("busy")

    @property
    def unbound(self) -> Mapping[str, str]:
        """Endpoint to the reason why its port could not be had."""
        unbound: Mapping[str, str] = self._status.get("unbound", {})
        return unbound

    async def stop(self) -> None:
        """Stop the router, however far its start has come; requests at hand are finished."""
        self._files.run_marker.unlink(missing_ok=True)
        for identity in {self.identity, self._started}:
            if identity is not None:
                await asyncio.to_thread(terminate, identity, _GRACE_S)
        self._started = None
        with contextlib.suppress(OSError):
            self._files.identity.unlink(missing_ok=True)
        self._status = {}

    async def _start(self) -> None:
        argv = [sys.executable, "-m", _MODULE, str(self._paths.root)]
        environ = child_environment({"PYTHONUNBUFFERED": "1"})
        private_files.touch(self._files.run_marker)
        self._started = spawn(argv, cwd=self._files.folder, log=self._files.log, environ=environ)
        async with _within(_START_S):
            while alive(self._started) and await ask_router(self._files.socket, "status") is None:
                await asyncio.sleep(0.02)

    async def _note(self, status: Mapping[str, Any] | None) -> None:
        self._silent = 0 if status is not None else self._silent + 1
        self._status = status or {}
        if self._silent >= _SILENT_PASSES:
            await self.stop()
            self._silent = 0


@contextlib.asynccontextmanager
async def _within(seconds: float) -> Any:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            yield
