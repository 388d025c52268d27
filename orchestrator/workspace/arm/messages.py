"""Requests and answers of the wire, and its errors."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import IO, Any

from orchestrator.core.errors import BackendError, Conflict, Denied, Invalid, NotFound, Transient


@dataclass(frozen=True, slots=True, repr=False)
class WireRequest:
    """One HTTP request.

    Attributes:
        method: in upper case.
        path: decoded, without the query.
        query: by name in lower case.
        headers: by name in lower case.
        body: empty if it is in `upload`.
        base: scheme, host and port under which the caller reached the server.
        upload: a large body, as a file; it is closed when the request is answered.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = ""
    upload: IO[bytes] | None = None

    def content(self) -> bytes:
        """The whole body in memory."""
        if self.upload is None:
            return self.body
        self.upload.seek(0)
        return self.upload.read()

    def file(self) -> IO[bytes]:
        """The body as a file, at its beginning."""
        if self.upload is None:
            return io.BytesIO(self.body)
        self.upload.seek(0)
        return self.upload

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty if there is none.

        Raises:
            Invalid: it is something else.
        """
        try:
            tree = json.loads(self.content() or b"{}")
        except ValueError as error:
            raise Invalid(f"The request body is not JSON: {error}.") from None
        if not isinstance(tree, dict):
            raise Invalid("The request body is not a JSON object.")
        return tree


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer.

    Attributes:
        body: empty if it is in `download`.
        download: a large body, as an open file at its first byte; ``Content-Length`` says how much of it. Who sends it closes it.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    download: IO[bytes] | None = None

    @classmethod
    def of(cls, tree: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """An answer with a JSON body."""
        body = json.dumps(tree, separators=(",", ":")).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


class WireError(Exception):
    """An answer that says what went wrong, in the envelope of Azure Resource Manager.

    Source: Azure Resource Manager documentation, common API details, error response.

    Attributes:
        status: HTTP status.
        code: one word for programs.
        retry_after: whole seconds after which the caller may ask again; None if nothing is said.
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def answer(self) -> Answer:
        """The error as an answer."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Answer.of({"error": error_body(self.code, self.message)}, self.status, headers)


def error_body(code: str, message: str) -> dict[str, Any]:
    """The inside of an error envelope."""
    return {"code": code, "message": message, "target": "", "details": []}


def translate(error: BackendError) -> WireError:
    """The wire's form of an error of the workspace."""
    for family, (status, code) in _STATUSES.items():
        if isinstance(error, family):
            text = f"{error.detail} {error.fix}".strip()
            return WireError(status, code, text, retry_after=1 if family is Transient else None)
    return WireError(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", error.detail)


_STATUSES: Mapping[type[BackendError], tuple[int, str]] = {
    NotFound: (HTTPStatus.NOT_FOUND, "ResourceNotFound"),
    Conflict: (HTTPStatus.CONFLICT, "Conflict"),
    Denied: (HTTPStatus.FORBIDDEN, "AuthorizationFailed"),
    Invalid: (HTTPStatus.BAD_REQUEST, "UserError"),
    Transient: (HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable"),
}
