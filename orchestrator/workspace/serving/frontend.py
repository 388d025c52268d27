"""The router's side towards callers: HTTP/1.0 and 1.1, kept-alive, pipelined, chunked."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from orchestrator.workspace.serving.body import Body
from orchestrator.workspace.serving.messages import Reply, ScoringCall, refusal
from orchestrator.workspace.serving.reading import Reading, without_upgrade

if TYPE_CHECKING:
    from orchestrator.workspace.serving.service import EndpointService

MAX_HEAD = 64 * 1024
"""Bytes of a request's first line and headers."""
MAX_PIPELINED = 16
"""Requests read ahead on one connection."""


class Door:
    """Where callers of one endpoint come in.

    Attributes:
        service: who answers; a new routing table is put in force by assigning a new one.
        connections: open connections.
    """

    __slots__ = ("connections", "service")

    def __init__(self, service: EndpointService) -> None:
        self.service = service
        self.connections: set[CallerConnection] = set()

    def sweep(self, now: float) -> None:
        """Give up callers that take too long to send. Called about once a second."""
        for connection in tuple(self.connections):
            connection.sweep(now)


class CallerConnection(asyncio.Protocol):
    """One caller's connection. Answers go out in the order of the requests."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._clock = asyncio.get_running_loop().time
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._pending: deque[ScoringCall | Reply] = deque()
        self._task: asyncio.Task[None] | None = None
        self._reading = Reading(self._clock())
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = Body()
        self._head_size = 0
        self._admitted = False
        self._in_head = True
        self._deaf = False
        self._old = False

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._task is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._door.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._door.connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._listen_on()

    def data_received(self, data: bytes) -> None:
        self._reading.heard(self._clock())
        if self._deaf:
            return
        if self._in_head:
            self._head_size += len(data)
        self._feed(data)
        if self._in_head and self._head_size > MAX_HEAD:
            self._refuse(refusal(431, "HeadTooLarge", f"First line and headers may have {MAX_HEAD} bytes."))

    def finish(self) -> None:
        """Take no further request; close once those at hand are answered."""
        self._deaf = True
        if self._task is None and self._transport is not None:
            self._transport.close()

    def sweep(self, now: float) -> None:
        """Give the caller up if it takes too long to send what it began."""
        if self._transport is None or not self._transport.is_reading():
            return
        if self._reading.hopeless(now):
            self._transport.abort()
        elif self._task is None and self._reading.late(now):
            self._refuse(refusal(408, "RequestTimeout", "The request did not come in time."))

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._target, self._headers, self._body, self._admitted = b"", [], Body(), False
        self._reading.begin(self._clock())

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser; after the body too, for trailers, which are not headers."""
        if self._in_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if self._parser.should_upgrade():
            return
        self._in_head, self._head_size = False, 0
        expects, comes = False, False
        for name, value in self._headers:
            if name == b"content-length":
                comes = comes or value != b"0"
                if value.isdigit() and int(value) > self._limit:
                    self._refuse_size()
                    return
            comes = comes or name == b"transfer-encoding"
            expects = expects or (name == b"expect" and value.lower() == b"100-continue")
        if comes:
            # Whoever has no key sends no body: it is neither kept nor waited for.
            early = self._door.service.at_the_door(self._call())
            if early is not None:
                self._refuse(early)
                return
            self._admitted = True
        if expects and not self._pending and self._task is None and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self._deaf:
            return
        if self._body.size + len(body) > self._limit:
            self._refuse_size()
            return
        try:
            self._body.append(body)
        except OSError as error:
            self._refuse(refusal(507, "InsufficientStorage", f"The body cannot be kept: {error.strerror}."))

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._parser.should_upgrade():
            return
        self._in_head = True
        if self._deaf:
            return
        self._reading.end(self._clock())
        self._old = self._parser.get_http_version() == "1.0"
        self._enqueue(self._call())

    def _call(self) -> ScoringCall:
        parser = self._parser
        keep = parser.should_keep_alive()
        return ScoringCall(parser.get_method(), self._target, self._headers, self._body, keep, self._admitted)

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._feed_again(data[int(upgrade.args[0]) :])
        except httptools.HttpParserError:
            self._refuse(refusal(400, "BadRequest", "This is not HTTP."))

    def _feed_again(self, rest: bytes) -> None:
        """Go on as if the wish for another protocol had not been spoken. Source: RFC 9110, section 7.8: a server may ignore it."""
        parser = self._parser
        head = without_upgrade(parser.get_method(), self._target, parser.get_http_version(), self._headers)
        if head is None:
            self._refuse(refusal(501, "NotImplemented", "The router opens no tunnels."))
            return
        self._parser = httptools.HttpRequestParser(self)
        self._feed(head + rest)

    @property
    def _limit(self) -> int:
        return self._door.service.route.max_body

    def _refuse_size(self) -> None:
        self._refuse(refusal(413, "BodyTooLarge", f"A body may have {self._limit} bytes."))

    def _refuse(self, reply: Reply) -> None:
        if not self._deaf:
            self._deaf = True
            self._body = Body()
            self._enqueue(reply)

    def _enqueue(self, item: ScoringCall | Reply) -> None:
        self._pending.append(item)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_all())
        elif len(self._pending) >= MAX_PIPELINED and self._transport is not None:
            self._transport.pause_reading()

    async def _answer_all(self) -> None:
        try:
            while self._pending and self._transport is not None:
                item = self._pending.popleft()
                if isinstance(item, Reply):
                    self._write(item, head_only=False, keep_alive=False)
                    return
                reply = await self._door.service.answer(item)
                keep_alive = item.keep_alive and not (self._deaf and not self._pending)
                self._write(reply, head_only=item.method == b"HEAD", keep_alive=keep_alive)
                if not keep_alive:
                    return
                self._listen_on()
        finally:
            self._task = None

    def _write(self, reply: Reply, *, head_only: bool, keep_alive: bool) -> None:
        if self._transport is None:
            return
        self._transport.write(reply.encode(head_only=head_only, keep_alive=keep_alive, old=self._old))
        if keep_alive:
            return
        self._deaf = True
        self._pending.clear()
        if self._in_head and not self._head_size:
            self._transport.close()
        else:
            # Hanging up on a caller that still sends would take the answer back from it before it is read.
            self._reading.linger(self._clock())
            self._transport.write_eof()

    def _listen_on(self) -> None:
        if self._transport is not None and len(self._pending) < MAX_PIPELINED:
            self._transport.resume_reading()
