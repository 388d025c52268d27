"""Serves an `Api` over HTTP: slow callers cost nothing but a connection, answers are made by a bounded number of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import IO, Final, TypeAlias
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request as Received
from starlette.responses import Response as Sent
from starlette.routing import Route as Path
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.core.errors import UnsupportedSetup
from orchestrator.http.bodies import TooLarge, TooSlow, drain, length_of, spooled
from orchestrator.http.server import HttpServer, bind
from orchestrator.reconcile.server.doors import LONGEST_HOOK
from orchestrator.reconcile.server.listen import Listen, is_loopback
from orchestrator.reconcile.server.messages import HttpRequest, Response, problem
from orchestrator.reconcile.server.routes import ROUTES, Door, Route

Answering: TypeAlias = Callable[[Route, HttpRequest], Response]
Watch: TypeAlias = Callable[[str, Mapping[str, object]], None]

_MOST_AT_ONCE: Final = 32
_PIECE: Final = 64 * 1024
_HOOKS_AT_ONCE: Final = 16
"""Bodies of webhooks that are being received; a body is kept on disk until its signature is known."""


@contextmanager
def serving(answer: Answering, listen: Listen, watch: Watch) -> Iterator[str]:
    """Serve while the context lasts. Requests that are being answered at its end get some seconds.

    Returns:
        The address, ``http://127.0.0.1:8642``.

    Raises:
        UnsupportedSetup: the port is taken, or the host is none of this machine.
    """
    try:
        listener = bind(listen.host, listen.port)
    except OSError as error:
        raise UnsupportedSetup(
            f"The server cannot listen on {listen.host}:{listen.port} ({error.strerror or error}).",
            fix="Choose another port, or stop the program that uses it.",
        ) from error
    with ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="http") as threads:
        server = HttpServer(application(answer, watch, threads, local=listen.loopback), listener)
        server.start()
        try:
            host = f"[{listen.host}]" if ":" in listen.host else listen.host
            yield f"http://{host}:{server.port}"
        finally:
            server.close()


def application(answer: Answering, watch: Watch, threads: Executor, *, local: bool) -> Starlette:
    """The routes as an ASGI app.

    Args:
        threads: make the answers: they read the loop's state.
        local: answer under names of this machine alone.
    """
    asker = _Asker(answer, watch, threads)
    app = Starlette(
        routes=[Path(route.template, partial(asker.ask, route), methods=[route.method]) for route in ROUTES],
        middleware=[Middleware(_LocalNames)] if local else [],
        exception_handlers={HTTPStatus.NOT_FOUND: _unknown, HTTPStatus.METHOD_NOT_ALLOWED: _other_method},
    )
    app.router.redirect_slashes = False
    return app


@dataclass(frozen=True, slots=True)
class _Asker:
    """Takes requests to the function that answers, and its answers back."""

    answer: Answering
    watch: Watch
    threads: Executor
    hooks: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, _HOOKS_AT_ONCE))

    async def ask(self, route: Route, received: Received) -> Sent:
        request = _request(received)
        reads_body = route.door is Door.SIGNATURE and (request.length or 0) <= LONGEST_HOOK
        try:
            if reads_body and request.length is not None:
                async with self.hooks:
                    with await spooled(received.receive, request.length) as body:
                        response = await self._answered(route, replace(request, read=partial(_pieces, body)))
            else:
                response = await self._answered(route, request)
                await drain(received.receive)
        except (TooLarge, TooSlow) as error:
            response = problem(HTTPStatus.REQUEST_TIMEOUT, str(error))
        return _sent(response)

    async def _answered(self, route: Route, request: HttpRequest) -> Response:
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, self.answer, route, request)
        except Exception as error:
            self.watch("http.defect", {"path": request.path, "exc_info": error})
            return problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "The request failed by a bug in amlctl; the loop's log has the reason.",
            )


class _LocalNames:
    """Answers under names of this machine alone.

    A web page elsewhere can point its own name at this machine and so read through a browser; its name gives it away.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and not is_loopback(_host_name(Received(scope).headers.get("host", ""))):
            app = _sent(problem(HTTPStatus.MISDIRECTED_REQUEST, "Use a host name of this machine."))
        await app(scope, receive, send)


async def _unknown(received: Received, error: Exception) -> Sent:
    await drain(received.receive)
    return _sent(problem(HTTPStatus.NOT_FOUND, f"There is nothing at {received.scope['path']}. See /openapi.json."))


async def _other_method(received: Received, error: Exception) -> Sent:
    await drain(received.receive)
    headers = error.headers if isinstance(error, HTTPException) and error.headers else {}
    allowed = ", ".join(sorted(headers["Allow"].split(", ")))
    return _sent(problem(HTTPStatus.METHOD_NOT_ALLOWED, f"Method not allowed. Use {allowed}.", {"Allow": allowed}))


def _request(received: Received) -> HttpRequest:
    headers = dict(received.headers.items())
    length = length_of(headers)
    if "content-length" not in headers and received.method == "POST":
        length = None
    return HttpRequest(
        received.method,
        received.scope["path"],
        dict(received.query_params),
        headers,
        length,
        project=received.path_params.get("project", ""),
    )


def _sent(response: Response) -> Sent:
    headers = {
        "Content-Type": response.content_type,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **response.headers,
    }
    return Sent(response.body, response.status, headers)


def _pieces(body: IO[bytes]) -> Iterator[bytes]:
    while piece := body.read(_PIECE):
        yield piece


def _host_name(header: str) -> str:
    return (urlsplit(f"//{header}").hostname or "") if header else ""
