"""HTTP/1.1 as far as a scoring server behind the router needs it, on the standard library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from .answers import Answer, message

MAX_HEAD = 64 * 1024
_READ_AHEAD = 1024 * 1024
"""Bytes taken from a caller while its request before is being answered."""

_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class HttpRequest:
    """One request.

    Attributes:
        target: path and query as sent.
        headers: names in lower case, in the order sent.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """Without the query."""
        return self.target.split("?", 1)[0]

    @property
    def query(self) -> str:
        """Behind the question mark, not decoded."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """The first header of this name (lower case); empty if there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def media_type(self) -> str:
        """What the body is, in lower case and without parameters; empty if it is not said."""
        return self.header("content-type").partition(";")[0].strip().lower()


class MalformedHead(Exception):
    """The bytes are no request that this server takes."""


class ServerConnection(asyncio.Protocol):
    """One connection. Requests are answered one after the other, in order.

    Args:
        handle: takes a request and a function to call, in the event loop, with the answer. Returns what to call when
            the caller leaves before that.
        connections: where open connections are kept.
    """

    def __init__(
        self,
        handle: Callable[[HttpRequest, Callable[[Answer], None]], Callable[[], None]],
        connections: set[ServerConnection],
    ) -> None:
        self._handle = handle
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._busy = False
        self._head_only = False
        self._keep_alive = True
        self._abandon: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._connections.discard(self)
        if self._busy and self._abandon is not None:
            self._abandon()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._next()
        elif len(self._buffer) > _READ_AHEAD and self._transport is not None:
            self._transport.pause_reading()

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
            self._answer(message(400, str(error)))
            return
        if request is not None:
            self._busy, self._head_only, self._abandon = True, request.method == "HEAD", None
            abandon = self._handle(request, self._answer)
            if self._busy:
                self._abandon = abandon

    def _take(self) -> HttpRequest | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise MalformedHead("The request's head is too long.")
            return None
        method, target, headers = _read_head(bytes(self._buffer[:end]))
        length = _length(headers)
        if len(self._buffer) < end + 4 + length:
            return None
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        if any(name == "connection" and value.lower() == "close" for name, value in headers):
            self._keep_alive = False
        return HttpRequest(method, target, headers, body)

    def _answer(self, answer: Answer) -> None:
        self._busy = False
        if self._transport is None:
            return
        body = b"" if self._head_only else answer.body
        lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}", f"Content-Length: {len(body)}"]
        if answer.content_type:
            lines.append(f"Content-Type: {answer.content_type}")
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if not self._keep_alive:
            lines.append("Connection: close")
        self._transport.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body)
        if not self._keep_alive:
            self._transport.close()
            return
        self._transport.resume_reading()
        if self._buffer:
            self._next()


def _read_head(head: bytes) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise MalformedHead("The first line is not an HTTP/1.x request line.")
    pairs = (line.partition(":") for line in lines[1:])
    return parts[0], parts[1], tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)


def _length(headers: tuple[tuple[str, str], ...]) -> int:
    length = 0
    for name, value in headers:
        if name == "content-length":
            # int() also takes digits of other scripts, signs and underscores.
            if not (value.isdigit() and value.encode("latin-1").isdigit()):
                raise MalformedHead("Content-Length is not a number.")
            length = int(value)
        elif name == "transfer-encoding":
            raise MalformedHead("The scoring server takes bodies with Content-Length only; the router sends them so.")
    return length
