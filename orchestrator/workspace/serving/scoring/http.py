"""HTTP/1.1 as far as a scoring server behind the router needs it, on the standard library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from .answers import Answer, problem

MAX_HEAD = 64 * 1024

_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        path: without the query.
    """

    method: str
    path: str
    body: bytes


class MalformedHead(Exception):
    """The bytes are no request that this server takes."""


class ServerConnection(asyncio.Protocol):
    """One connection. Requests are answered one after the other, in order.

    Args:
        handle: takes a request and a function to call, in the event loop, with the answer.
        connections: where open connections are kept.
    """

    def __init__(
        self, handle: Callable[[Request, Callable[[Answer], None]], None], connections: set[ServerConnection]
    ) -> None:
        self._handle = handle
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._busy = False
        self._keep_alive = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._next()

    def finish(self) -> None:
        """Close once the request at hand, if any, is answered."""
        self._keep_alive = False
        if not self._busy and self._transport is not None:
            self._transport.close()

    def _next(self) -> None:
        try:
            request = self._take()
        except MalformedHead as error:
            self._keep_alive = False
            self._answer(problem(400, "BadRequest", str(error)))
            return
        if request is not None:
            self._busy = True
            self._handle(request, self._answer)

    def _take(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise MalformedHead("The request's head is too long.")
            return None
        method, target, length, self._keep_alive = _read_head(bytes(self._buffer[:end]), keep_alive=self._keep_alive)
        if len(self._buffer) < end + 4 + length:
            return None
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        return Request(method, target.split("?", 1)[0], body)

    def _answer(self, answer: Answer) -> None:
        self._busy = False
        if self._transport is None:
            return
        lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
        lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if not self._keep_alive:
            lines.append("Connection: close")
        self._transport.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + answer.body)
        if not self._keep_alive:
            self._transport.close()
        elif self._buffer:
            self._next()


def _read_head(head: bytes, *, keep_alive: bool) -> tuple[str, str, int, bool]:
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise MalformedHead("The first line is no HTTP/1.x request line.")
    length = 0
    for line in lines[1:]:
        name, _, value = line.partition(":")
        folded = name.lower()
        if folded == "content-length":
            if not (value.strip().isascii() and value.strip().isdigit()):
                raise MalformedHead("Content-Length is not a number.")
            length = int(value)
        elif folded == "transfer-encoding":
            raise MalformedHead("The scoring server takes bodies with Content-Length only; the router sends them so.")
        elif folded == "connection" and value.strip().lower() == "close":
            keep_alive = False
    return parts[0], parts[1], length, keep_alive
