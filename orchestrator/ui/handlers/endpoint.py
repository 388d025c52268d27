"""A request that somebody sends to an endpoint from its page."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.core.address import Address
from orchestrator.core.errors import BackendError
from orchestrator.core.ports import ScoringRequest
from orchestrator.report.style import harmless
from orchestrator.ui import addresses
from orchestrator.ui.handlers.forms import form_of
from orchestrator.ui.handlers.frame import Pages, address_in
from orchestrator.ui.pages.endpoint import endpoint_part, live_part
from orchestrator.ui.render import html
from orchestrator.ui.source import Source

_LONGEST: Final = 100_000


class EndpointPages:
    """Sends requests. They come here only if the gate lets them through."""

    def __init__(self, pages: Pages, source: Source) -> None:
        self._pages = pages
        self._source = source

    def live(self, request: Request) -> Response:
        """What it answers now, as a part of its page."""
        address = address_in(request)
        snapshot = self._source.snapshot()
        endpoint = endpoint_part(snapshot, address) if address in snapshot.status_of else None
        if endpoint is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This project has no such endpoint.")
        live = live_part(self._source.readings(address), list(endpoint["places"]))
        return html("endpoint_live.html", {"endpoint": endpoint, "live": live})

    async def test(self, request: Request) -> Response:
        """Send a request and show the answer."""
        address, form = address_in(request), await form_of(request)
        return await run_in_threadpool(self._sent, address, form.get("body", ""), form.get("deployment", ""))

    def _sent(self, address: Address, body: str, deployment: str) -> Response:
        snapshot = self._source.snapshot()
        if endpoint_part(snapshot, address) is None or address not in snapshot.status_of:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This project has no such endpoint.")
        facts: dict[str, Any] = {"answer": None, "trouble": "", "body": "", "took": None}
        began = time.monotonic()
        try:
            answer = self._source.score(address, ScoringRequest(body, deployment))
            facts |= {"answer": answer, "body": harmless(answer.body[:_LONGEST])}
        except BackendError as error:
            facts["trouble"] = f"{error.detail} {error.fix}".strip()
        facts |= {"took": time.monotonic() - began, "address": str(address), "href": addresses.resource(address)}
        return self._pages.page("answer.html", "project", lambda now: facts)
