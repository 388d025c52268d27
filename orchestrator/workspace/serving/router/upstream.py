"""Connections from the router to scoring servers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast

import httptools

from orchestrator.workspace.serving.router.messages import Headers, Reply

if TYPE_CHECKING:
    from orchestrator.workspace.serving.router.errand import Errand


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


Answered: TypeAlias = "Callable[[Errand, Reply | Disconnected], None]"

_PLAIN = re.compile(
    rb"HTTP/1\.1 (?!1|204|304)(\d\d\d) [ -~]*\r\nContent-Length: (\d{1,12})\r\n"
    rb"(?:(?!(?i:connection|content-length|keep-alive|trailer|transfer-encoding|upgrade):)[\w-]+: [ -~]*\r\n)*"
)
"""A head as our scoring server writes it, up to the empty line. Nothing in it is between two neighbours only: it may go on as it is."""


class UpstreamConnection(asyncio.Protocol):
    """One kept-alive connection; one request at a time.

    Attributes:
        usable: another request can be sent once there is no other.
        used: a request was answered on it.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._errand: Errand | None = None
        self._answered: Answered | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._body: list[bytes] = []
        self._started = False
        self._headed = False
        self.usable = False
        self.used = False

    def send(self, payload: bytes, errand: Errand, answered: Answered) -> None:
        """Send a request.

        Args:
            errand: whose request it is.
            answered: gets the errand with the answer, or why there is none; at once if the connection is closed already.
        """
        if not self.usable or self._transport is None:
            answered(errand, Disconnected(silent=True, unread=True))
            return
        self._errand, self._answered = errand, answered
        self._started = False
        self._transport.write(payload)

    def close(self) -> None:
        """Close; a request on its way is given up."""
        self._errand = None
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.usable = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.usable = False
        # A unix socket that is closed over bytes nobody read resets its peer; one that was read to the end does not.
        unread = isinstance(exc, ConnectionResetError | BrokenPipeError)
        self._over(Disconnected(silent=not self._started, unread=unread))

    def eof_received(self) -> None:
        self.usable = False

    def data_received(self, data: bytes) -> None:
        if not self._started:
            self._started = True
            head = _PLAIN.match(data)
            if head is not None:
                end = head.end()
                if len(data) == end + 2 + int(head[2]) and data.startswith(b"\r\n", end):
                    self._over(Reply(int(head[1]), data[:end], data[end + 2 :]))
                    return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.usable = False
            if self._transport is not None:
                self._transport.abort()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._headers, self._body, self._headed = [], [], False

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
        if not self._parser.should_keep_alive():
            self.usable = False
            if self._transport is not None:
                self._transport.close()
        self._over(Reply.of(self._parser.get_status_code(), self._headers, b"".join(self._body)))

    def _over(self, outcome: Reply | Disconnected) -> None:
        errand, answered = self._errand, self._answered
        self._errand = None
        self.used = True
        if errand is not None and answered is not None:
            answered(errand, outcome)


async def connect(socket: str) -> UpstreamConnection:
    """Open a connection to a scoring server.

    Raises:
        OSError: nobody listens there.
    """
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_unix_connection(UpstreamConnection, socket)
    return connection
