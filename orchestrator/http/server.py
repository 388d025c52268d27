"""An ASGI app on a socket, served from a thread of its own until it is closed."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Any, Final

import h11
import uvicorn
from starlette.types import ASGIApp, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

BACKLOG: Final = 1024

_POLL_S: Final = 0.005


@dataclass(frozen=True, slots=True)
class Limits:
    """What callers may take of a server.

    Attributes:
        connections: open at once; more are answered with 503.
        head_s: from the first byte of a connection or request to the end of its headers, seconds.
        idle_s: a connection on which no request comes is closed, seconds.
        grace_s: how long requests that are being answered may take once the server closes, seconds.
        head_bytes: of the request line and the headers together.
    """

    connections: int = 1024
    head_s: float = 10.0
    idle_s: float = 5.0
    grace_s: float = 5.0
    head_bytes: int = 64 * 1024


class HttpServer:
    """Serves from `start` to `close`.

    Args:
        app: what answers.
        listener: a bound TCP socket; the server's from now on.
        limits: see there.
        context: serve TLS with this certificate.
    """

    def __init__(
        self, app: ASGIApp, listener: socket.socket, limits: Limits | None = None, context: ssl.SSLContext | None = None
    ) -> None:
        bounds = limits or Limits()
        config = uvicorn.Config(
            app,
            http=_bounded(bounds.head_s),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=[("Server", "amlctl")],
            backlog=BACKLOG,
            limit_concurrency=bounds.connections,
            timeout_keep_alive=int(bounds.idle_s),
            timeout_graceful_shutdown=int(bounds.grace_s),
            h11_max_incomplete_event_size=bounds.head_bytes,
        )
        config.load()
        config.ssl = context
        self._listener = listener
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)
        _be_quiet()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Answer from now on. Returns when the first request can be taken."""
        self._port = self.port
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            threading.Event().wait(_POLL_S)

    def close(self) -> None:
        """Stop listening; requests that are being answered get the grace."""
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        asyncio.run(self._until_closed())

    async def _until_closed(self) -> None:
        await self._server.serve(sockets=[self._listener])
        for connection in tuple(self._server.server_state.connections):
            connection.transport.abort()  # what the grace was not enough for
        await asyncio.sleep(0)


def bind(host: str, port: int) -> socket.socket:
    """A socket to listen on.

    Raises:
        OSError: the port is taken, or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) on sockets that say so; on others a body waits 40 ms for the head to be acknowledged.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


async def hang_up(send: Send) -> None:
    """End the connection of a request without an answer, as a broken network does."""
    cycle: Any = send.__self__  # type: ignore[attr-defined]  # uvicorn hands out its cycle's own method
    cycle.transport.abort()
    while not cycle.disconnected:
        await asyncio.sleep(0)


def _bounded(head_s: float) -> type[H11Protocol]:
    """uvicorn's protocol with a bound that it lacks: how long the head of a request may take."""

    class Bounded(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._arm()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
                self._arm()
            else:
                self._disarm()

        def shutdown(self) -> None:
            cycle: Any = self.cycle  # None before the first request
            answering = cycle is not None and not cycle.response_complete
            idle = not answering and not self.transport.is_closing() and not self.transport.get_write_buffer_size()
            super().shutdown()
            if idle:
                self.transport.abort()  # a TLS connection would wait for its caller's goodbye

        def connection_lost(self, exc: Exception | None) -> None:
            self._disarm()
            super().connection_lost(exc)

        def _arm(self) -> None:
            if self._deadline is None:
                self._deadline = self.loop.call_later(head_s, self.transport.close)

        def _disarm(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return Bounded


def _be_quiet() -> None:
    """What callers send is no event of ours, and uvicorn would tell the root logger, which is the command line's."""
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
