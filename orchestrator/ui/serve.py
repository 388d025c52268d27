"""Serves the pages of a source until it is told to stop."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core.errors import UnsupportedSetup
from orchestrator.core.extras import install_extra
from orchestrator.http.server import HttpServer, bind
from orchestrator.reconcile.server.listen import Listen
from orchestrator.ui.source import Source

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from orchestrator.ui.pages.loops import LoopView


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the pages are.

    Attributes:
        url: without the token.
        entrance: with it: whoever has this address may look.
    """

    url: str
    entrance: str


@contextmanager
def serving(source: Source, listen: Listen, *, allow_apply: bool = False) -> Iterator[Serving]:
    """Serve while the context lasts.

    Raises:
        UnsupportedSetup: the extra is not installed; the port is taken, or the host is none of this machine.
    """

    def made(token: str) -> ASGIApp:
        from orchestrator.ui.app import application

        return application(source, token, (listen.host,), allow_apply=allow_apply)

    with _served(made, listen) as place:
        yield place


@contextmanager
def serving_loop(view: LoopView, listen: Listen) -> Iterator[Serving]:
    """Serve the pages of a loop while the context lasts; raises as `serving`."""

    def made(token: str) -> ASGIApp:
        from orchestrator.ui.fleet import fleet_application

        return fleet_application(view, token, (listen.host,))

    with _served(made, listen) as place:
        yield place


@contextmanager
def _served(made: Callable[[str], ASGIApp], listen: Listen) -> Iterator[Serving]:
    token = secrets.token_urlsafe(24)
    try:
        app = made(token)
    except ModuleNotFoundError as missing:
        raise UnsupportedSetup(f"The pages need the package '{missing.name}'.", fix=install_extra("ui")) from missing
    try:
        listener = bind(listen.host, listen.port)
    except OSError as error:
        raise UnsupportedSetup(
            f"Cannot listen on {listen.host}:{listen.port} ({error.strerror or error}).",
            fix="Choose another port with --port, or stop the program that uses it.",
        ) from error
    server = HttpServer(app, listener)
    server.start()
    try:
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        url = f"http://{host}:{server.port}/"
        yield Serving(url, f"{url}?token={token}")
    finally:
        server.close()
