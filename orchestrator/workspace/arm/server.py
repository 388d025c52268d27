"""An HTTPS server on loopback that hands each request to a function, on a thread."""

from __future__ import annotations

import asyncio
import io
import logging
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import IO, Final

from starlette.requests import Request as Received
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.core.defects import recorded
from orchestrator.core.errors import BackendError
from orchestrator.http.bodies import IN_MEMORY, TooLarge, TooSlow, drain, spooled
from orchestrator.http.server import HttpServer, Limits, bind, hang_up
from orchestrator.workspace.arm.blob_files import PIECE
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest, translate
from orchestrator.workspace.arm.tls import ADDRESS

IDLE_S: Final = 120.0
"""A connection on which nothing comes for so long is closed, seconds."""

MAX_BODY: Final = 512 * 1024 * 1024
"""Largest body taken from callers that are known, bytes. The client of blob storage sends files above 64 MiB in blocks."""

STRANGERS_BODY: Final = 64 * 1024
"""Largest body taken before a caller is known: requests for tokens are a few hundred bytes."""

_REMAINING: Final = {"reads": "249", "writes": "199", "deletes": "199"}
"""Source: Azure Resource Manager documentation, request limits: buckets of 250 reads, 200 writes and 200 deletes."""

_THREADS: Final = 64

_log = logging.getLogger("orchestrator.arm")

Respond = Callable[[WireRequest], Answer]
Knows = Callable[[WireRequest], bool]
"""Tells from the head of a request whether the caller has proved who it is."""


class Dropped(Exception):
    """The connection shall end without an answer."""


class WireServer:
    """Answers HTTPS requests with a function until it is closed.

    Args:
        respond: may raise `WireError`, `BackendError` and `Dropped`.
        knows: decides how long a body may be.
        context: the server's certificate.
        port: 0 means any that is free.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, respond: Respond, knows: Knows, context: ssl.SSLContext, port: int = 0) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="arm")
        app = _app(respond, knows, self._threads)
        self._server = HttpServer(app, bind(ADDRESS, port), Limits(idle_s=IDLE_S, grace_s=1.0), context)
        self.port = self._server.port

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"https://{ADDRESS}:{self.port}"

    def start(self) -> None:
        """Answer from now on."""
        self._server.start()

    def close(self) -> None:
        """Stop, and close what is still open."""
        self._server.close()
        self._threads.shutdown(wait=True, cancel_futures=True)


def _app(respond: Respond, knows: Knows, threads: ThreadPoolExecutor) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        head = _head(Received(scope))
        try:
            with await spooled(receive, MAX_BODY if _safely(knows, head) else STRANGERS_BODY) as file:
                request = _with(head, file)
                answer = await asyncio.get_running_loop().run_in_executor(threads, _answer, respond, request)
        except TooLarge as error:
            if error.more:
                await drain(receive)
            answer = WireError(413, "RequestBodyTooLarge", str(error)).answer()
        except TooSlow as error:
            answer = WireError(408, "RequestTimeout", str(error)).answer()
        except Dropped:
            await hang_up(send)
            return
        await _sent(head, answer)(scope, receive, send)

    return app


def _with(head: WireRequest, file: IO[bytes]) -> WireRequest:
    """A request with its body: in memory if it is small."""
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    return replace(head, upload=file) if length > IN_MEMORY else replace(head, body=file.read())


def _sent(head: WireRequest, answer: Answer) -> Response:
    headers = {**_traced(head), **answer.headers}
    if answer.download is None:
        return Response(answer.body, answer.status, headers)
    return _Download(answer.download, answer.status, headers)


def _traced(head: WireRequest) -> dict[str, str]:
    """What callers find a request again by, and how many more they may send.

    Source: Azure Resource Manager documentation, request limits; Azure Storage REST reference, common headers. Nothing is
    limited here: the counts are those of a subscription that has just begun.
    """
    request = str(uuid.uuid4())
    kind = "reads" if head.method in ("GET", "HEAD") else "deletes" if head.method == "DELETE" else "writes"
    asked = head.headers.get("x-ms-client-request-id")
    return {
        "x-ms-request-id": request,
        "x-ms-correlation-request-id": head.headers.get("x-ms-correlation-request-id") or request,
        f"x-ms-ratelimit-remaining-subscription-{kind}": _REMAINING[kind],
        **({"x-ms-client-request-id": asked} if asked else {}),
    }


class _Download(Response):
    """Sends a part of a file, and closes it."""

    def __init__(self, file: IO[bytes], status: int, headers: Mapping[str, str]) -> None:
        super().__init__(None, status, headers)
        self._file, self._left = file, int(headers["Content-Length"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file as file:
            await StreamingResponse(self._pieces(file), self.status_code, self.headers)(scope, receive, send)

    def _pieces(self, file: IO[bytes]) -> Iterator[bytes]:
        left = self._left
        while left and (piece := file.read(min(left, PIECE))):
            left -= len(piece)
            yield piece


def _head(received: Received) -> WireRequest:
    headers = dict(received.headers.items())
    query = {name.lower(): value for name, value in received.query_params.multi_items()}
    base = f"https://{headers.get('host', ADDRESS)}"
    return WireRequest(received.method, received.scope["path"], query, headers, b"", base)


def _safely(knows: Knows, request: WireRequest) -> bool:
    try:
        return knows(request)
    except (WireError, BackendError):
        return False


def _answer(respond: Respond, request: WireRequest) -> Answer:
    try:
        return respond(request)
    except WireError as error:
        return error.answer()
    except BackendError as error:
        return translate(error).answer()
    except Dropped:
        raise
    except Exception as error:
        defect = recorded(error)
        _log.error("%s %s", defect.sentence(f"{request.method} {request.path}"), defect.fix)
        return WireError(500, "InternalServerError", f"{defect.sentence('The request')} {defect.fix}").answer()
