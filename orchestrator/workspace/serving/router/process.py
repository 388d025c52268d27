"""The router: ``python -m orchestrator.workspace.serving.router.process ROOT``.

One process for all endpoints of a workspace. It reads the routing table when it starts and whenever it is told to over its
control socket, so it works on, and comes back, without the supervisor.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import own_identity
from orchestrator.workspace.serving.files import RouterFiles
from orchestrator.workspace.serving.router.frontend import CallerConnection, Door
from orchestrator.workspace.serving.router.pool import DeploymentPool
from orchestrator.workspace.serving.router.service import EndpointService, ServedDeployment
from orchestrator.workspace.serving.table import EndpointRoute, RoutingTable
from orchestrator.workspace.supervision.control import FileLock, write_private

HOST = "127.0.0.1"
_DRAIN_S = 10.0
_LOOK_S = 1.0
_log = logging.getLogger("router")


class Router:
    """Listens for all endpoints of a routing table."""

    def __init__(self) -> None:
        self._serial = ""
        self._doors: dict[str, Door] = {}
        self._listeners: dict[str, tuple[int, asyncio.Server]] = {}
        self._deployments: dict[tuple[str, str], ServedDeployment] = {}
        self._draining: list[DeploymentPool] = []
        self._unbound: dict[str, str] = {}

    async def apply(self, table: RoutingTable) -> None:
        """Put a table in force. Requests at hand are finished by the servers that have them."""
        run_marker = {route.name: route for route in table.endpoints}
        for name in [name for name in self._doors if name not in run_marker]:
            await self._remove(name)
        self._unbound.clear()
        for route in table.endpoints:
            await self._put(route)
        self._drop_deployments({(r.name, d.name) for r in table.endpoints for d in r.deployments})
        self._serial = table.serial

    def sweep(self) -> None:
        """Give up callers that take too long to send. Called about once a second."""
        now = asyncio.get_running_loop().time()
        for door in tuple(self._doors.values()):
            door.sweep(now)

    def status(self) -> dict[str, Any]:
        """What is in force and what happens: plain data for the control socket."""
        self._draining = [pool for pool in self._draining if any(pool.busy.values())]
        busy: dict[str, int] = {}
        for pool in (*self._draining, *(served.pool for served in self._deployments.values())):
            busy.update(pool.busy)
        return {"serial": self._serial, "pid": os.getpid(), "unbound": dict(self._unbound), "busy": busy}

    def counters(self) -> dict[str, Any]:
        """Endpoint to deployment to numbers."""
        numbers: dict[str, Any] = {}
        for (endpoint, name), served in self._deployments.items():
            extra = {"waiting": served.pool.waiting, "down": list(served.pool.down)}
            numbers.setdefault(endpoint, {})[name] = {**served.counters.to_dict(), **extra}
        return numbers

    async def close(self) -> None:
        """Stop listening, finish what is at hand, close."""
        connections: set[CallerConnection] = set()
        for door in self._doors.values():
            connections |= door.connections
        for _, listener in self._listeners.values():
            listener.close()
        for connection in connections:
            connection.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while any(connection.busy for connection in connections):
                    await asyncio.sleep(0.02)
        self._drop_deployments(set())

    async def _put(self, route: EndpointRoute) -> None:
        deployments: dict[str, ServedDeployment] = {}
        for deployment in route.deployments:
            served = self._deployments.get((route.name, deployment.name))
            if served is None:
                served = ServedDeployment(DeploymentPool(deployment))
                self._deployments[route.name, deployment.name] = served
            else:
                served.pool.update(deployment)
            deployments[deployment.name] = served
        service = EndpointService(route, deployments)
        door = self._doors.get(route.name)
        if door is None:
            door = self._doors[route.name] = Door(service)
        door.service = service
        await self._bind(route, door)

    async def _bind(self, route: EndpointRoute, door: Door) -> None:
        port, listener = self._listeners.get(route.name, (0, None))
        if port == route.port:
            return
        if listener is not None:
            listener.close()
            del self._listeners[route.name]
        try:
            listener = await asyncio.get_running_loop().create_server(
                lambda: CallerConnection(door), HOST, route.port, backlog=1024
            )
        except OSError as error:
            self._unbound[route.name] = f"port {route.port}: {error.strerror or error}"
            _log.error("endpoint %s cannot listen: %s", route.name, error)
            return
        self._listeners[route.name] = (route.port, listener)
        _log.info("endpoint %s listens on port %d", route.name, route.port)

    async def _remove(self, name: str) -> None:
        door = self._doors.pop(name)
        _, listener = self._listeners.pop(name, (0, None))
        if listener is not None:
            listener.close()
        for connection in tuple(door.connections):
            connection.finish()

    def _drop_deployments(self, run_marker: set[tuple[str, str]]) -> None:
        for key in [key for key in self._deployments if key not in run_marker]:
            pool = self._deployments.pop(key).pool
            pool.close()
            self._draining.append(pool)


class RouterControl:
    """The router's control socket: one line of JSON in, one out."""

    def __init__(self, router: Router, files: RouterFiles) -> None:
        self._router = router
        self._files = files
        self._applying = asyncio.Lock()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Read the table, then listen."""
        await self.reload()
        path = self._files.socket
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(path))
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def reload(self) -> None:
        """Put the table file's content in force."""
        async with self._applying:
            try:
                table = RoutingTable.from_json(self._files.table.read_bytes())
            except FileNotFoundError:
                return
            except ValueError:
                _log.exception("the routing table cannot be read; the one before stays in force")
                return
            await self._router.apply(table)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(json.loads(line))).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, request: Any) -> dict[str, Any]:
        command = request.get("command") if isinstance(request, dict) else None
        if command == "reload":
            await self.reload()
            return self._router.status()
        if command == "status":
            return self._router.status()
        if command == "counters":
            return self._router.counters()
        return {"error": "unknown command"}


async def serve(files: RouterFiles) -> None:
    """Route until SIGTERM or SIGINT, or until the workspace's folder is gone."""
    router = Router()
    control = RouterControl(router, files)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    write_private(files.identity, str(own_identity()))
    if files.run_marker.exists():
        await control.start()
    while files.table.exists() and files.run_marker.exists():
        router.sweep()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await stopped.wait()
                break
    await control.stop()
    await router.close()


def main() -> None:
    """Entry point of the router's process."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    files = RouterFiles(WorkspacePaths(Path(sys.argv[1]).absolute()))
    lock = FileLock(files.lock)
    if not lock.acquire():
        return  # another one routes already
    try:
        import uvloop  # faster, where the machine has it
    except ImportError:
        asyncio.run(serve(files))
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(files))


if __name__ == "__main__":
    main()
