"""Who may look: callers with the token or its cookie, under a name of this machine, from a page of ours."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.reconcile.server.listen import is_loopback

TOKEN: Final = "token"  # noqa: S105  # the name of a parameter
"""Parameter of the first address; what follows is said by a cookie."""

STATIC: Final = "/static/"
_SAFE: Final = frozenset({"GET", "HEAD"})

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer."""


class Gate:
    """Lets callers through to an app.

    Args:
        app: behind it.
        token: whoever has it may look.
        hosts: names under which the server may be called besides those of this machine. A web page elsewhere can point its own name at
            this machine and so read through a browser; its name gives it away.
        writing: whether requests that change something are let through.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str] = (), *, writing: bool = False) -> None:
        self._app = app
        self._token = token
        self._session = secrets.token_urlsafe(32)
        self._hosts = frozenset(hosts)
        self._writing = writing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(Request(scope)) or self._app
        await answer(scope, receive, guarded)

    def _refusal(self, request: Request) -> Response | None:
        """What a caller is told instead; None lets it through."""
        if not self._knows(request.headers.get("host", "")):
            return _refused(HTTPStatus.MISDIRECTED_REQUEST, "Use a host name of this machine.")
        if request.url.path.startswith(STATIC) and request.method in _SAFE:
            return None
        offered = request.query_params.get(TOKEN)
        if offered is not None and request.method in _SAFE:
            return self._welcome(request) if _same(offered, self._token) else _unknown()
        if not _same(request.cookies.get(_cookie(request), ""), self._session):
            return _unknown()
        if request.method not in _SAFE:
            return self._may_write(request)
        return None

    def _may_write(self, request: Request) -> Response | None:
        origin = request.headers.get("origin")
        if origin is None or urlsplit(origin).netloc != request.headers.get("host"):
            return _refused(
                HTTPStatus.FORBIDDEN, "Requests that change something must come from a page of this server."
            )
        if not self._writing:
            return _refused(
                HTTPStatus.FORBIDDEN, "This server is read-only. Start it with --allow-apply to apply plans."
            )
        return None

    def _welcome(self, request: Request) -> Response:
        """The token is taken out of the address, which is shown, remembered and sent on."""
        rest = urlencode([(name, value) for name, value in parse_qsl(request.url.query) if name != TOKEN])
        path = "/" + request.url.path.lstrip("/")  # two slashes would lead to another host
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, HTTPStatus.SEE_OTHER)
        answer.set_cookie(_cookie(request), self._session, httponly=True, samesite="strict", path="/")
        return answer

    def _knows(self, header: str) -> bool:
        try:
            name = urlsplit(f"//{header}").hostname or ""
        except ValueError:
            return False
        return is_loopback(name) or name in self._hosts


def _cookie(request: Request) -> str:
    """Cookies of one host are shared among its ports, and each server has its own."""
    return f"amlctl_ui_{request.url.port or 80}"


def _same(offered: str, expected: str) -> bool:
    return secrets.compare_digest(offered.encode(), expected.encode())


def _unknown() -> Response:
    return _refused(HTTPStatus.UNAUTHORIZED, "Open the address that `amlctl ui` has printed; it has a token.")


def _refused(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(text + "\n", status)
