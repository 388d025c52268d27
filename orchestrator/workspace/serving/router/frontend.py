"""The router's side towards callers: who is connected, what waits for an answer, and the answers in the order of the requests."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from orchestrator.workspace.serving.router.messages import Reply, RequestHead, ScoringCall, refusal
from orchestrator.workspace.serving.router.reader import RequestReader
from orchestrator.workspace.serving.router.reading import BodyReading

if TYPE_CHECKING:
    from orchestrator.workspace.serving.router.service import EndpointService

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
    """One caller's connection.

    Attributes:
        deaf: nothing more is taken from it.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._clock = asyncio.get_running_loop().time
        self._transport: asyncio.Transport | None = None
        self._reading = BodyReading(self._clock())
        self._reader = RequestReader(self, self._reading, self._clock)
        self._pending: deque[ScoringCall | Reply] = deque()
        self._asked: RequestHead | None = None
        self._abandon: Callable[[], None] | None = None
        self._answering = False
        self._paused = False
        self.deaf = False

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._asked is not None

    @property
    def begun(self) -> bool:
        """Whether a part of a request has come."""
        return self._reader.begun

    @property
    def limit(self) -> int:
        """Largest body of a request, bytes."""
        return self._door.service.route.max_body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._door.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._door.connections.discard(self)
        self._pending.clear()
        if self._abandon is not None:
            self._abandon()

    def pause_writing(self) -> None:
        self._pause()

    def resume_writing(self) -> None:
        self._listen_on()

    def data_received(self, data: bytes) -> None:
        self._reading.heard = self._clock()
        if self.deaf:
            return
        self._reader.feed(data)
        if self._pending:
            self._answer_pending()

    def finish(self) -> None:
        """Take no further request; close once those at hand are answered."""
        self.deaf = True
        if not self.busy and self._transport is not None:
            self._transport.close()

    def sweep(self, now: float) -> None:
        """Give the caller up if it takes too long to send what it began."""
        if self._transport is None or not self._transport.is_reading():
            return
        if self._reading.hopeless(now):
            self._transport.abort()
        elif not self.busy and self._reading.late(now):
            self.refuse(refusal(408, "RequestTimeout", "The request did not come in time."))
            self._answer_pending()

    def arrived(self, call: ScoringCall) -> None:
        """A request is there as a whole. It is asked once what came with it is read, so that nothing is answered in the middle of that."""
        self._pending.append(call)

    def refuse(self, reply: Reply) -> None:
        """Answer with this and close; nothing more is taken."""
        if not self.deaf:
            self.deaf = True
            self._reader.drop_body()
            self._pending.append(reply)

    def lets_in(self, head: RequestHead) -> bool:
        """Whether a body may follow. Whoever has no key sends none: it is neither kept nor waited for."""
        early = self._door.service.at_the_door(head)
        if early is not None:
            self.refuse(early)
        return early is None

    def encourage(self) -> None:
        """The caller wants to hear that it may go on."""
        if not self._pending and not self.busy and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answer_pending(self) -> None:
        if self._answering:
            return  # an answer that came at once: the loop below goes on
        self._answering = True
        try:
            while self._pending and self._asked is None and self._transport is not None:
                item = self._pending.popleft()
                if isinstance(item, Reply):
                    self._write(item, head_only=False, keep_alive=False, old=False)
                    continue
                self._asked = item.head
                self._abandon = self._door.service.answer(item, self._deliver)
        finally:
            self._answering = False
        if len(self._pending) >= MAX_PIPELINED:
            self._pause()

    def _deliver(self, reply: Reply) -> None:
        head, self._asked, self._abandon = self._asked, None, None
        if head is None or self._transport is None:
            return
        if head.plain and not self.deaf:
            self._transport.write(reply.encode())
        else:
            keep_alive = head.keep_alive and not (self.deaf and not self._pending)
            self._write(reply, head_only=head.method == b"HEAD", keep_alive=keep_alive, old=head.old)
        if self._paused:
            self._listen_on()
        if self._pending:
            self._answer_pending()

    def _write(self, reply: Reply, *, head_only: bool, keep_alive: bool, old: bool) -> None:
        if self._transport is None:
            return
        self._transport.write(reply.encode(head_only=head_only, keep_alive=keep_alive, old=old))
        if keep_alive:
            return
        self.deaf = True
        self._pending.clear()
        if not self._reader.begun:
            self._transport.close()
        else:
            # Hanging up on a caller that still sends would take the answer back from it before it is read.
            self._reading.linger(self._clock())
            self._transport.write_eof()

    def _pause(self) -> None:
        if self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def _listen_on(self) -> None:
        if self._transport is not None and len(self._pending) < MAX_PIPELINED:
            self._paused = False
            self._transport.resume_reading()
