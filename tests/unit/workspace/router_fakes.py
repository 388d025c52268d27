"""A router with one endpoint on a loopback port, and scoring servers that behave as a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.workspace.processes.ports import free_port
from orchestrator.workspace.serving.router.process import Router
from orchestrator.workspace.serving.table import DeploymentRoute, EndpointRoute, RoutingTable

KEY = "key-one"
OTHER_KEY = "key-two"
KEYS = tuple(hashlib.sha256(key.encode()).hexdigest() for key in (KEY, OTHER_KEY))

Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def reply(writer: asyncio.StreamWriter, body: bytes, status: bytes = b"200 OK") -> None:
    writer.write(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body)))
    writer.write(body)


@dataclass
class FakeServer:
    """Answers with its name, or as `behave` says. Keeps the requests that it got."""

    socket: Path
    behave: Behaviour | None = None
    requests: list[bytes] = field(default_factory=list)
    server: asyncio.AbstractServer | None = None
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    readers: dict[asyncio.StreamWriter, asyncio.StreamReader] = field(default_factory=dict)
    connections: int = 0

    async def start(self) -> FakeServer:
        self.socket.unlink(missing_ok=True)
        self.server = await asyncio.start_unix_server(self._serve, str(self.socket))
        return self

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            for writer in self.writers:
                writer.close()
            self.socket.unlink(missing_ok=True)
            self.server = None

    def left(self, writer: asyncio.StreamWriter) -> bool:
        """Whether the caller of a request has hung up."""
        return self.readers[writer].at_eof() or writer.is_closing()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        self.readers[writer] = reader
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                request = head + await reader.readexactly(length)
                self.requests.append(request)
                if self.behave is not None:
                    await self.behave(request, writer)
                else:
                    reply(writer, b'"%s"' % self.socket.stem.encode())
                if writer.is_closing():
                    break
                await writer.drain()
        self.writers.discard(writer)
        writer.close()


@dataclass
class Fixture:
    """One endpoint ``hf``; its deployments are scoring servers by name."""

    folder: Path
    router: Router = field(default_factory=Router)
    port: int = field(default_factory=free_port)
    servers: dict[str, FakeServer] = field(default_factory=dict)
    max_body: int = 1000
    keys: tuple[str, ...] = KEYS

    async def server(self, name: str, behave: Behaviour | None = None) -> FakeServer:
        self.servers[name] = await FakeServer(self.folder / f"{name}.sock", behave).start()
        return self.servers[name]

    def route(self, name: str, *servers: str, timeout_s: float = 5.0, **more: int) -> DeploymentRoute:
        sockets = tuple(str(self.folder / f"{server}.sock") for server in servers or (name,))
        return DeploymentRoute(name, sockets, timeout_s, **more)

    async def apply(
        self, *routes: DeploymentRoute, traffic: dict[str, int] | None = None, mirror: dict[str, int] | None = None
    ) -> None:
        endpoint = EndpointRoute(
            "hf", self.port, self.keys, routes, tuple((traffic or {routes[0].name: 100}).items()),
            tuple((mirror or {}).items()), self.max_body,
        )  # fmt: skip
        await self.router.apply(RoutingTable("1", (endpoint,)))

    async def ask(self, body: bytes = b"{}", *headers: str, key: str | None = KEY) -> tuple[int, dict[str, str], bytes]:
        lines = ["POST /score HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Connection: close", *headers]
        if key is not None:
            lines.append(f"Authorization: Bearer {key}")
        (answer,) = await self.exchange("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return answer

    async def exchange(self, *pieces: bytes) -> list[tuple[int, dict[str, str], bytes]]:
        """Send bytes on one connection and read all answers until it is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            async with asyncio.timeout(10):
                text = await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        return answers_in(text, head_only=pieces[0].startswith(b"HEAD"))


def answers_in(text: bytes, *, head_only: bool = False) -> list[tuple[int, dict[str, str], bytes]]:
    found = []
    while text:
        head, _, text = text.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if head_only else int(headers.get("content-length", 0))
        found.append((int(first.split(" ")[1]), headers, text[:length]))
        text = text[length:]
    return found


@contextlib.asynccontextmanager
async def routing(folder: Path, **settings: int) -> AsyncIterator[Fixture]:
    fixture = Fixture(folder, **settings)
    try:
        yield fixture
    finally:
        await fixture.router.close()
        for server in fixture.servers.values():
            await server.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)
