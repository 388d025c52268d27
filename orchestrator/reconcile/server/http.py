"""Serves an `Api` over HTTP: slow callers cost nothing but a connection, answers are made by a bounded number of threads."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import IO, Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from orchestrator.core.errors import UnsupportedSetup
from orchestrator.http.bodies import TooLarge, TooSlow, drain, length_of, spooled
from orchestrator.http.types import App, Receive, Scope, Send, headers_of, reply
from orchestrator.reconcile.server.doors import LONGEST_HOOK
from orchestrator.reconcile.server.messages import Request, Response, problem
from orchestrator.reconcile.server.routes import HOOKS

Answer: TypeAlias = Callable[[Request], Response]
Watch: TypeAlias = Callable[[str, Mapping[str, object]], None]

_MOST_AT_ONCE: Final = 32
_PIECE: Final = 64 * 1024
_HOOKS_AT_ONCE: Final = 16
"""Bodies of webhooks that are being received; a body is kept on disk until its signature is known."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen.

    Attributes:
        host: an address of this machine. Only programs on this machine reach the default.
        port: 0 takes any free one.
    """

    host: str = "127.0.0.1"
    port: int = 8642

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return _is_loopback(self.host)


@contextmanager
def serving(answer: Answer, listen: Listen, watch: Watch) -> Iterator[str]:
    """Serve while the context lasts. Requests that are being answered at its end get some seconds.

    Returns:
        The address, ``http://127.0.0.1:8642``.

    Raises:
        UnsupportedSetup: the port is taken, or the host is none of this machine.
    """
    from orchestrator.http.server import HttpServer, bind

    try:
        listener = bind(listen.host, listen.port)
    except OSError as error:
        raise UnsupportedSetup(
            f"The server cannot listen on {listen.host}:{listen.port} ({error.strerror or error}).",
            fix="Choose another port, or end the program that has it.",
        ) from error
    with ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="http") as threads:
        server = HttpServer(_app(answer, listen, watch, threads), listener)
        server.start()
        try:
            host = f"[{listen.host}]" if ":" in listen.host else listen.host
            yield f"http://{host}:{server.port}"
        finally:
            server.close()


def _app(answer: Answer, listen: Listen, watch: Watch, threads: ThreadPoolExecutor) -> App:
    """The ASGI app around an `Api`, whose answers are made on threads: they read the loop's state."""
    hooks = asyncio.Semaphore(_HOOKS_AT_ONCE)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if listen.loopback and not _is_loopback(_host_name(headers_of(scope).get("host", ""))):
            # A web page elsewhere can point its own name at this machine and so read through a browser; its name gives it away.
            await _send(send, problem(HTTPStatus.MISDIRECTED_REQUEST, "Use a host name of this machine."))
            return
        request = _request(scope)
        wanted = scope["method"] == "POST" and request.path.startswith(HOOKS) and (request.length or 0) <= LONGEST_HOOK
        try:
            if wanted and request.length is not None:
                async with hooks:
                    with await spooled(receive, request.length) as body:
                        response = await _respond(replace(request, read=partial(_pieces, body)))
            else:
                response = await _respond(request)
                await drain(receive)
        except (TooLarge, TooSlow) as error:
            response = problem(HTTPStatus.REQUEST_TIMEOUT, str(error))
        await _send(send, response)

    async def _respond(request: Request) -> Response:
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, answer, request)
        except Exception as error:
            watch("http.defect", {"path": request.path, "exc_info": error})
            return problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "The request failed by a bug in amlctl; the loop's log has the reason.",
            )

    return app


def _request(scope: Scope) -> Request:
    headers = headers_of(scope)
    length = length_of(headers)
    if "content-length" not in headers and scope["method"] == "POST":
        length = None
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    return Request(scope["method"], scope["path"], query, headers, length)


async def _send(send: Send, response: Response) -> None:
    headers = {
        "Content-Type": response.content_type,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **response.headers,
    }
    await reply(send, response.status, headers, response.body)


def _pieces(body: IO[bytes]) -> Iterator[bytes]:
    while piece := body.read(_PIECE):
        yield piece


def _host_name(header: str) -> str:
    return (urlsplit(f"//{header}").hostname or "") if header else ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
