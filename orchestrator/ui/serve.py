"""Serves the pages of a source until it is told to stop."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from orchestrator.core.errors import UnsupportedSetup
from orchestrator.core.extras import install_extra
from orchestrator.http.server import HttpServer, bind
from orchestrator.reconcile.server.listen import Listen
from orchestrator.ui.source import Source


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
    try:
        from orchestrator.ui.app import application
    except ModuleNotFoundError as missing:
        raise UnsupportedSetup(f"The pages need the package '{missing.name}'.", fix=install_extra("ui")) from missing
    try:
        listener = bind(listen.host, listen.port)
    except OSError as error:
        raise UnsupportedSetup(
            f"Cannot listen on {listen.host}:{listen.port} ({error.strerror or error}).",
            fix="Choose another port with --port, or stop the program that uses it.",
        ) from error
    token = secrets.token_urlsafe(24)
    server = HttpServer(application(source, token, (listen.host,), allow_apply=allow_apply), listener)
    server.start()
    try:
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        url = f"http://{host}:{server.port}/"
        yield Serving(url, f"{url}?token={token}")
    finally:
        server.close()
