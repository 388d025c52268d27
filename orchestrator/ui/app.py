"""The addresses of the pages, as an ASGI app."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import BackendError, StateError, UnsupportedSetup
from orchestrator.ui.applying import Applier
from orchestrator.ui.gate import Gate
from orchestrator.ui.handlers.applying import ApplyPages
from orchestrator.ui.handlers.endpoint import EndpointPages
from orchestrator.ui.handlers.frame import Pages
from orchestrator.ui.handlers.runs import RunPages
from orchestrator.ui.render import HERE
from orchestrator.ui.source import Source


def application(source: Source, token: str, hosts: tuple[str, ...] = (), *, allow_apply: bool = False) -> ASGIApp:
    """The pages behind their gate.

    Args:
        source: of the facts.
        token: see `Gate`.
        hosts: names of this server besides those of this machine.
        allow_apply: whether plans may be applied.
    """
    pages = Pages(source, allow_apply=allow_apply)
    endpoints, applying = EndpointPages(pages, source), ApplyPages(pages, Applier(source))
    writing = [
        Route("/apply", applying.progress),
        Route("/apply", applying.apply, methods=["POST"]),
        Route("/apply/stop", applying.stop, methods=["POST"]),
        Route("/test/{address:path}", endpoints.test, methods=["POST"]),
    ]
    static = Mount("/static", StaticFiles(directory=HERE / "static"))
    app = _app(pages, [*_reading(pages, source, applying), *writing, static])
    return Gate(app, token, hosts, writing=allow_apply)


def reading_application(source: Source, around: Sequence[tuple[str, str, str]]) -> ASGIApp:
    """The pages of one of several projects, without any that changes something. Whoever mounts it has a gate before it.

    Args:
        around: see `Pages`.
    """
    pages = Pages(source, allow_apply=False, around=around)
    return _app(pages, _reading(pages, source, ApplyPages(pages, Applier(source))))


def _reading(pages: Pages, source: Source, applying: ApplyPages) -> list[BaseRoute]:
    runs, endpoints = RunPages(pages, source), EndpointPages(pages, source)
    return [
        Route("/", pages.project),
        Route("/resource/{address:path}", pages.resource),
        Route("/history", pages.history),
        Route("/schedules", pages.schedules),
        Route("/plan", applying.plan),
        Route("/live/{address:path}", endpoints.live),
        Route("/loop", pages.loop),
        Route("/runs", runs.list),
        Route("/compare", runs.compare),
        Route("/run/{address:path}", runs.run),
        Route("/figures/{address:path}", runs.figures),
        Route("/log/{address:path}", runs.log),
        Route("/file/{address:path}", runs.file),
        Route("/view/{address:path}", runs.view),
    ]


def _app(pages: Pages, routes: Sequence[BaseRoute]) -> Starlette:
    return Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: pages.missing,
            SpecError: pages.broken,
            StateError: pages.broken,
            BackendError: pages.broken,
            UnsupportedSetup: pages.broken,
        },
    )
