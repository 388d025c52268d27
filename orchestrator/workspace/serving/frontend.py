"""The router's side towards callers: HTTP/1.0 and 1.1, kept-alive, pipelined, chunked."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from orchestrator.workspace.serving.messages import Reply, ScoringCall, refusal

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


class CallerConnection(asyncio.Protocol):
    """One caller's connection. Answers go out in the order of the requests."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._pending: deque[ScoringCall | Reply] = deque()
        self._task: asyncio.Task[None] | None = None
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._head_size = 0
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
        if self._deaf:
            return
        if self._in_head:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._deaf = True
        except httptools.HttpParserError:
            self._refuse(refusal(400, "BadRequest", "This is not HTTP."))
        if self._in_head and self._head_size > MAX_HEAD:
            self._refuse(refusal(431, "HeadTooLarge", f"First line and headers may have {MAX_HEAD} bytes."))

    def finish(self) -> None:
        """Take no further request; close once those at hand are answered."""
        self._deaf = True
        if self._task is None and self._transport is not None:
            self._transport.close()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._target, self._headers, self._body, self._size = b"", [], [], 0

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._in_head, self._head_size = False, 0
        expects = False
        for name, value in self._headers:
            if name == b"content-length" and value.isdigit() and int(value) > self._limit:
                self._refuse_size()
                return
            expects = expects or (name == b"expect" and value.lower() == b"100-continue")
        if expects and not self._pending and self._task is None and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._size += len(body)
        if self._size > self._limit:
            self._refuse_size()
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._in_head = True
        if self._deaf:
            return
        parser = self._parser
        self._old = parser.get_http_version() == "1.0"
        call = ScoringCall(
            parser.get_method(), self._target, self._headers, b"".join(self._body), parser.should_keep_alive()
        )
        self._enqueue(call)

    @property
    def _limit(self) -> int:
        return self._door.service.route.max_body

    def _refuse_size(self) -> None:
        self._refuse(refusal(413, "BodyTooLarge", f"A body may have {self._limit} bytes."))

    def _refuse(self, reply: Reply) -> None:
        if not self._deaf:
            self._deaf = True
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
        if not keep_alive:
            self._deaf = True
            self._pending.clear()
            self._transport.close()

    def _listen_on(self) -> None:
        if self._transport is not None and len(self._pending) < MAX_PIPELINED:
            self._transport.resume_reading()
