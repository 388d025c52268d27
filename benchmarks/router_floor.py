"""The least that a Python process between two sockets can do: ``python -m benchmarks.router_floor PORT SOCKET``.

It copies bytes, one connection behind each connection, and looks at none: no key, no weights, no bounds, no counting, no
HTTP. What a router in Python adds to this is its own; what this takes from the throughput no router in Python gives back.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop


class Copying(asyncio.Protocol):
    """Writes to another connection what comes on its own."""

    other: asyncio.Transport | None = None

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._socket:
            self._opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                transport, behind = await loop.create_unix_connection(lambda: Copying(""), self._socket)
                break
            except BlockingIOError:  # more wish to connect at once than the server has room for
                await asyncio.sleep(0.01)
        behind.other, self.other = self._transport, transport
        transport.write(self._early)

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self._early += data
        else:
            self.other.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None:
            self.other.close()


async def main() -> None:
    port, socket = sys.argv[1:]
    server = await asyncio.get_running_loop().create_server(lambda: Copying(socket), "127.0.0.1", int(port))
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
