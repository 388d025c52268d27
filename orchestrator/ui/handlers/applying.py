"""The plan, and its apply."""

from __future__ import annotations

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orchestrator.ui import addresses
from orchestrator.ui.applying import Applier
from orchestrator.ui.handlers.forms import form_of
from orchestrator.ui.handlers.frame import Pages
from orchestrator.ui.pages.plan import plan_page
from orchestrator.ui.render import html


class ApplyPages:
    """A method for each address. What changes something comes here only if the gate lets it through."""

    def __init__(self, pages: Pages, applier: Applier) -> None:
        self._pages = pages
        self._applier = applier

    def plan(self, request: Request) -> Response:
        """What an apply would do."""
        progress = self._applier.progress
        return self._pages.page("plan.html", "plan", lambda now: {**plan_page(now), "progress": progress})

    async def apply(self, request: Request) -> Response:
        """Begin to apply the plan that was shown."""
        form = await form_of(request)
        await run_in_threadpool(self._applier.start, form.get("plan", ""))
        return RedirectResponse(addresses.at("/plan"), HTTPStatus.SEE_OTHER)

    def stop(self, request: Request) -> Response:
        """Start nothing new."""
        self._applier.stop()
        return RedirectResponse(addresses.at("/plan"), HTTPStatus.SEE_OTHER)

    def progress(self, request: Request) -> Response:
        """How far it is, as a part of the page."""
        progress = self._applier.progress
        done = progress is None or not progress.running
        return html("progress.html", {"progress": progress}, headers={"X-Done": "1"} if done else {})
