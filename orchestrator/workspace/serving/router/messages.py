"""HTTP requests and answers as the router handles them: whole, in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

from orchestrator.workspace.serving.router.body import Body

DEPLOYMENT_HEADER = b"azureml-model-deployment"
REQUEST_ID_HEADER = b"x-ms-request-id"
MAX_REQUEST_ID = 128

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

_NOT_FORWARDED = frozenset(
    {
        *(b"authorization", b"connection", b"content-length", b"expect", b"host", b"keep-alive", b"te", b"trailer"),
        *(b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"transfer-encoding", b"upgrade"),
        *(DEPLOYMENT_HEADER, REQUEST_ID_HEADER),
    }
)
"""Headers between two neighbours only, and the key, which model code must not see. Source: RFC 9110, section 7.6.1."""

_HOP_BY_HOP = frozenset({b"connection", b"content-length", b"keep-alive", b"transfer-encoding", b"upgrade", b"trailer"})

Headers: TypeAlias = list[tuple[bytes, bytes]]

Payload: TypeAlias = bytes | Callable[[], bytes]
"""The bytes of a request, or what reads them from where they wait."""


class RequestHead:
    """First line and headers of a request, read once: callers repeat theirs byte by byte, and then share this.

    Attributes:
        target: path and query as sent.
        authorization, deployment, request_id: the first headers of these names; None where there is none, or an id is too long.
        keep_alive: the caller stays for another request.
        old: it speaks HTTP/1.0.
        plain: its answer is sent as it is: neither the connection nor the absence of a body is spoken of.
        admitted_by: the service that has let it pass at its door.
    """

    __slots__ = (
        *("_before", "_behind", "admitted_by", "authorization", "deployment", "keep_alive", "method", "old"),
        *("plain", "request_id", "target"),
    )

    def __init__(self, method: bytes, target: bytes, headers: Headers, *, keep_alive: bool, old: bool) -> None:
        self.method = method
        self.target = target
        self.keep_alive = keep_alive
        self.old = old
        self.admitted_by: object | None = None
        self.authorization = _first(headers, b"authorization")
        self.deployment = _first(headers, DEPLOYMENT_HEADER)
        given = _first(headers, REQUEST_ID_HEADER)
        self.request_id = given if given and len(given) <= MAX_REQUEST_ID else None
        self.plain = keep_alive and not old and method != b"HEAD"
        self._before = b"%s %s HTTP/1.1\r\nHost: scoring\r\n%s: " % (method, target, REQUEST_ID_HEADER)
        self._behind = b"\r\n%sContent-Length: " % _lines(headers, _NOT_FORWARDED)

    @property
    def path(self) -> bytes:
        """Without the query."""
        return self.target.partition(b"?")[0]

    def for_server(self, request_id: bytes, body: bytes) -> bytes:
        """The request as a scoring server gets it."""
        return b"%s%s%s%d\r\n\r\n%s" % (self._before, request_id, self._behind, len(body), body)


@dataclass(slots=True)
class ScoringCall:
    """A request from outside."""

    head: RequestHead
    body: Body | bytes

    def payload(self, request_id: bytes) -> Payload:
        """The bytes for a scoring server; for a body on disk what reads them, so that they wait there until a server is free."""
        body = self.body
        if isinstance(body, bytes):
            return self.head.for_server(request_id, body)
        if body.on_disk:
            return lambda: self.head.for_server(request_id, body.read())
        return self.head.for_server(request_id, body.read())


class Reply:
    """An answer to the outside.

    Args:
        lead: status line, headers and Content-Length as they are sent.

    Attributes:
        lines: header lines to be sent besides.
    """

    __slots__ = ("body", "lead", "lines", "status")

    def __init__(self, status: int, lead: bytes, body: bytes) -> None:
        self.status = status
        self.lead = lead
        self.lines = b""
        self.body = body

    @classmethod
    def of(cls, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Reply:
        """An answer with these headers, but for those that are between two neighbours only."""
        first = _STATUS_LINES.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status
        return cls(status, b"%s%scontent-length: %d\r\n" % (first, _lines(headers, _HOP_BY_HOP), len(body)), body)

    def encode(self, *, head_only: bool = False, keep_alive: bool = True, old: bool = False) -> bytes:
        """The bytes to send.

        Args:
            head_only: the answer to HEAD: no body, but its length.
            old: the caller speaks HTTP/1.0 and is told that the connection stays open.
        """
        stays = b"" if keep_alive and not old else b"connection: %s\r\n" % (b"keep-alive" if keep_alive else b"close")
        return b"%s%s%s\r\n%s" % (self.lead, self.lines, stays, b"" if head_only else self.body)


def refusal(status: int, code: str, message: str, *headers: tuple[bytes, bytes]) -> Reply:
    """An answer that says why there is no other."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Reply.of(status, [(b"content-type", b"application/json"), *headers], body)


def _first(headers: Headers, name: bytes) -> bytes | None:
    for key, value in headers:
        if key == name:
            return value
    return None


def _lines(headers: Iterable[tuple[bytes, bytes]], without: frozenset[bytes]) -> bytes:
    return b"".join([b"%s: %s\r\n" % pair for pair in headers if pair[0] not in without])
