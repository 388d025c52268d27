"""Requests and responses, free of any HTTP library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias

Read: TypeAlias = Callable[[], Iterator[bytes]]
"""Gives the body in pieces; may be called once."""


def _nothing() -> Iterator[bytes]:
    return iter(())


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What somebody asks.

    Attributes:
        path: without the query, percent-decoded.
        query: the last value of each name.
        headers: names in lower case.
        length: of the body, bytes; None if the sender did not say.
        read: the body. Read it only after the sender has proved who it is, or in pieces that are not kept.
        project: whom the path names; empty if it names none.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = 0
    read: Read = _nothing
    project: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What we answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(document: Any, status: int = HTTPStatus.OK) -> Response:
    """A document as the answer."""
    return Response(status, json.dumps(document, ensure_ascii=False).encode())


def as_text(text: str, status: int = HTTPStatus.OK, content_type: str = "text/plain; charset=utf-8") -> Response:
    """Text as the answer."""
    return Response(status, text.encode(), content_type)


def problem(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal. Source: RFC 9457, problem details."""
    document = {"title": status.phrase, "status": int(status), "detail": detail}
    return Response(int(status), json.dumps(document).encode(), "application/problem+json", headers or {})
