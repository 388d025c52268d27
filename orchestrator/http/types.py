"""The types of ASGI that we use. Source: ASGI specification 3.0, HTTP connection scope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request; names in lower case, the last of several values."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def reply(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    """Send a whole answer. ``Content-Length`` is the body's unless the headers have one."""
    if status >= 200 and not any(name.lower() == "content-length" for name in headers):
        headers = {**headers, "Content-Length": str(len(body))}
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
