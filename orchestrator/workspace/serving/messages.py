"""HTTP requests and answers as the router handles them: whole, in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

from orchestrator.workspace.serving.body import Body

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

_NOT_FORWARDED = frozenset(
    {
        *(b"authorization", b"connection", b"content-length", b"expect", b"host", b"keep-alive", b"te", b"trailer"),
        *(b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"transfer-encoding", b"upgrade"),
        *(b"azureml-model-deployment", b"x-ms-request-id"),
    }
)
"""Headers between two neighbours only, and the key, which model code must not see. Source: RFC 9110, section 7.6.1."""

_HOP_BY_HOP = frozenset({b"connection", b"content-length", b"keep-alive", b"transfer-encoding", b"upgrade", b"trailer"})


Payload: TypeAlias = bytes | Callable[[], bytes]
"""The bytes of a request, or what reads them from where they wait."""


@dataclass(slots=True)
class ScoringCall:
    """A request from outside.

    Attributes:
        target: path and query as sent.
        headers: names in lower case.
        admitted: its head was looked at already, before its body came.
    """

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: Body
    keep_alive: bool = True
    admitted: bool = False

    @property
    def path(self) -> bytes:
        """Without the query."""
        return self.target.partition(b"?")[0]

    def header(self, name: bytes) -> bytes | None:
        """The first header of this name (lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def payload(self, request_id: bytes) -> Payload:
        """The bytes for a scoring server; for a body on disk what reads them, so that they wait there until a server is free."""
        if self.body.on_disk:
            return lambda: self._head(request_id) + self.body.read()
        return self._head(request_id) + self.body.read()

    def _head(self, request_id: bytes) -> bytes:
        lines = [
            self.method,
            b" ",
            self.target,
            b" HTTP/1.1\r\nHost: scoring\r\nx-ms-request-id: ",
            request_id,
            b"\r\n",
        ]
        for name, value in self.headers:
            if name not in _NOT_FORWARDED:
                lines += (name, b": ", value, b"\r\n")
        lines.append(b"Content-Length: %d\r\n\r\n" % self.body.size)
        return b"".join(lines)


@dataclass(slots=True)
class Reply:
    """An answer to the outside.

    Attributes:
        headers: besides Content-Length and Connection.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def encode(self, *, head_only: bool, keep_alive: bool, old: bool) -> bytes:
        """The bytes to send.

        Args:
            head_only: the answer to HEAD: no body, but its length.
            old: the caller speaks HTTP/1.0 and is told that the connection stays open.
        """
        parts = [_STATUS_LINES.get(self.status) or b"HTTP/1.1 %d Unknown\r\n" % self.status]
        for name, value in self.headers:
            if name not in _HOP_BY_HOP:
                parts += (name, b": ", value, b"\r\n")
        parts.append(b"content-length: %d\r\n" % len(self.body))
        if not keep_alive:
            parts.append(b"connection: close\r\n")
        elif old:
            parts.append(b"connection: keep-alive\r\n")
        parts.append(b"\r\n")
        if not head_only:
            parts.append(self.body)
        return b"".join(parts)


def refusal(status: int, code: str, message: str) -> Reply:
    """An answer that says why there is no other."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Reply(status, [(b"content-type", b"application/json")], body)
