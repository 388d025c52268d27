"""The pages of a reconcile loop: its projects, one of them, and what may be asked of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.reconcile.stages import StandingBy
from orchestrator.ui.addresses import BASE
from orchestrator.ui.app import reading_application
from orchestrator.ui.gate import Gate
from orchestrator.ui.pages.loops import ACTIONS, LoopView, address_of, fleet_page, inside_of, project_page
from orchestrator.ui.render import HERE, html
from orchestrator.ui.source import LiveSource


class Inside:
    """The pages about the resources and runs of each project, read-only.

    Projects are told apart by their names as they stand in the address: escaped, they hold no slash.
    """

    def __init__(self, view: LoopView) -> None:
        self._apps = {
            inside_of(name): reading_application(
                LiveSource(load), (("fleet", "/", "Projects"), ("loop", address_of(name), "Loop"))
            )
            for name, load in view.specs.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application of the project does for the rest of the address.

        Raises:
            HTTPException: there is no such project.
        """
        raw = scope["raw_path"].partition(b"?")[0].decode("latin-1")
        base = "/".join(raw.split("/", 3)[:3])
        app = self._apps.get(f"/in/{quote(unquote(base.removeprefix('/in/')), safe='')}")
        if app is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This loop has no such project.")
        token = BASE.set(base)
        try:
            path = unquote(raw.removeprefix(base)) or "/"
            await app({**scope, "path": path, "raw_path": path.encode(), "root_path": ""}, receive, send)
        finally:
            BASE.reset(token)


class FleetPages:
    """A method for each page."""

    def __init__(self, view: LoopView) -> None:
        self._view = view

    def projects(self, request: Request) -> Response:
        """All projects."""
        return self._page("fleet.html", fleet_page(self._view))

    def project(self, request: Request) -> Response:
        """One project."""
        facts = project_page(self._view, request.path_params["project"], time.time())
        if facts is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This loop has no such project.")
        return self._page("fleet_project.html", facts)

    def act(self, request: Request) -> Response:
        """Ask for a pass, a rest or its end. Comes here only if the gate lets it through."""
        project, action = request.path_params["project"], request.path_params["action"]
        if project not in self._view.fleet_status.projects() or action not in ACTIONS or not self._view.acting:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This loop has no such project, or there is no such action.")
        try:
            self._view.ask(project, action)
        except StandingBy as error:
            raise HTTPException(HTTPStatus.CONFLICT, f"Another loop has the project: {error.holder}") from None
        return RedirectResponse(address_of(project), HTTPStatus.SEE_OTHER)

    def missing(self, request: Request, error: Exception) -> Response:
        """There is nothing at an address, or it cannot be done."""
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
        text = str(error.detail) if isinstance(error, HTTPException) else ""
        heading = "Not found" if status == HTTPStatus.NOT_FOUND else "Error"
        return self._page("error.html", {"heading": heading, "text": text}, status)

    def _page(self, template: str, facts: Mapping[str, Any], status: int = HTTPStatus.OK) -> Response:
        frame = {
            "tab": "fleet", "tabs": (("fleet", "/", "Projects"),), "project": "", "target": "", "label": "reconcile loop",
            "description": "", "taken_at": time.time(), "refusal": "", "allow_apply": False,
            "footing": "Projects can be suspended and triggered here" if self._view.acting else "Read-only",
        }  # fmt: skip
        return html(template, {**frame, **facts}, status)


def fleet_application(view: LoopView, token: str, hosts: tuple[str, ...] = ()) -> ASGIApp:
    """The pages behind their gate; see `app.application`."""
    pages = FleetPages(view)
    app = Starlette(
        routes=[
            Route("/", pages.projects),
            Route("/loop/{project:path}", pages.project),
            Mount("/in", Inside(view)),
            Route("/loop/{project:path}/{action}", pages.act, methods=["POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        exception_handlers={HTTPException: pages.missing},
    )
    return Gate(app, token, hosts, writing=view.acting)
