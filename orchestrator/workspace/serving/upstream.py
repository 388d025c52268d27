"""Connections from the router to scoring servers."""

from __future__ import annotations

import asyncio
from typing import cast

import httptools

from orchestrator.workspace.serving.messages import Reply


class Disconnected(Exception):
    """The scoring server closed the connection before its answer was whole.

    Attributes:
        silent: not one byte of the answer had come.
        unread: it never read the whole request, so it cannot have worked on it.
    """

    def __init__(self, *, silent: bool, unread: bool = False) -> None:
        super().__init__("the scoring server closed the connection")
        self.silent = silent
        self.unread = unread


class UpstreamConnection(asyncio.Protocol):
    """One kept-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Reply] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._started = False
        self._headed = False
        self.used = False

    @property
    def usable(self) -> bool:
        """Whether another request can be sent."""
        return self._transport is not None and not self._transport.is_closing() and self._waiter is None

    def send(self, payload: bytes) -> asyncio.Future[Reply]:
        """Send a request.

        Returns:
            The answer to come; fails with `Disconnected`.
        """
        waiter: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            waiter.set_exception(Disconnected(silent=True, unread=True))
            return waiter
        self._waiter = waiter
        self._headers, self._body, self._started, self._headed = [], [], False, False
        self._transport.write(payload)
        return waiter

    def close(self) -> None:
        """Close; a request on its way is given up."""
        self._waiter = None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            # A unix socket that is closed over bytes nobody read resets its peer; one that was read to the end does not.
            unread = isinstance(exc, ConnectionResetError | BrokenPipeError)
            waiter.set_exception(Disconnected(silent=not self._started, unread=unread))

    def data_received(self, data: bytes) -> None:
        self._started = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self._transport is not None:
                self._transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser; after the body too, for trailers, which are not headers."""
        if not self._headed:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._headed = True

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        reply = Reply(self._parser.get_status_code(), self._headers, b"".join(self._body))
        if not self._parser.should_keep_alive() and self._transport is not None:
            self._transport.close()
        self.used = True
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(reply)


async def connect(socket: str) -> UpstreamConnection:
    """Open a connection to a scoring server.

    Raises:
        OSError: nobody listens there.
    """
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_unix_connection(UpstreamConnection, socket)
    return connection
