"""Runs: the list, some beside each other, one."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from orchestrator.core.health import Health
from orchestrator.core.resource import Observed
from orchestrator.report.style import harmless
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.handlers.frame import Pages, address_in
from orchestrator.ui.pages.run import figures_part, log_part, run_page
from orchestrator.ui.pages.runs import compare_page, find_run, runs_page
from orchestrator.ui.render import html
from orchestrator.ui.source import Source

DONE = {"X-Done": "1"}

FOREIGN = {
    "Content-Security-Policy": (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
"""On pages that are not ours: they may draw themselves, and nothing else."""


class RunPages:
    """A method for each address."""

    def __init__(self, pages: Pages, source: Source) -> None:
        self._pages = pages
        self._source = source

    def list(self, request: Request) -> Response:
        """All runs of the project."""
        return self._pages.page("runs.html", "runs", lambda now: runs_page(now, request.query_params))

    def compare(self, request: Request) -> Response:
        """Some runs beside each other."""
        keys = request.query_params.getlist("run")
        return self._pages.page("compare.html", "runs", lambda now: compare_page(now, self._source.tracked(), keys))

    def run(self, request: Request) -> Response:
        """One run."""
        snapshot, run = self._asked(request)
        return self._pages.page("run.html", "runs", lambda now: run_page(snapshot, self._source.tracked(), run))

    def figures(self, request: Request) -> Response:
        """What it has logged so far, as a part of its page."""
        snapshot, run = self._asked(request)
        facts = figures_part(snapshot, self._source.tracked(), run)
        return html("figures.html", facts, headers=DONE if run.health is not Health.PROGRESSING else {})

    def log(self, request: Request) -> Response:
        """Its log so far, as a part of its page."""
        snapshot, run = self._asked(request)
        lines = [harmless(snapshot.redact(line)) for line in self._source.log(run.address, run.revision)]
        return html("log.html", log_part(lines), headers=DONE if run.health is not Health.PROGRESSING else {})

    def file(self, request: Request) -> Response:
        """A file that it has made, to be kept: never to be shown in a page of ours."""
        _, run = self._asked(request)
        path = self._source.tracked().file(run, request.query_params.get("path", ""))
        if path is None or not path.is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND, "The run has made no such file.")
        return FileResponse(path, media_type="application/octet-stream", filename=path.name)

    def view(self, request: Request) -> Response:
        """A page that it has made, without any right: it runs as a page of nowhere, and reaches nobody."""
        _, run = self._asked(request)
        name = request.query_params.get("path", "")
        path = self._source.tracked().file(run, name) if name.lower().endswith((".html", ".htm")) else None
        if path is None or not path.is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND, "The run has made no such page.")
        return FileResponse(path, media_type="text/html; charset=utf-8", headers=FOREIGN)

    def _asked(self, request: Request) -> tuple[Snapshot, Observed]:
        """The run that is asked about.

        Raises:
            HTTPException: this project has no such run.
        """
        snapshot = self._source.snapshot()
        run = find_run(snapshot, address_in(request), request.query_params.get("name", ""))
        if run is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This project has no such run.")
        return snapshot, run
