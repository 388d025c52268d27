"""What is around every page, and the pages about the project as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.report.diagnostics import diagnostics_text
from orchestrator.ui.addresses import at
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.history import history_page
from orchestrator.ui.pages.loop import loop_page
from orchestrator.ui.pages.model import model_part
from orchestrator.ui.pages.monitors import monitors_part
from orchestrator.ui.pages.overview import overview
from orchestrator.ui.pages.project import project_page
from orchestrator.ui.pages.resource import resource_page
from orchestrator.ui.pages.schedules import schedules_page
from orchestrator.ui.render import html
from orchestrator.ui.source import Source

Facts: TypeAlias = Mapping[str, Any]

TABS: Final = (
    ("project", "/", "Project"),
    ("plan", "/plan", "Plan"),
    ("runs", "/runs", "Runs"),
    ("firings", "/schedules", "Schedules"),
    ("history", "/history", "History"),
    ("loop", "/loop", "Loop"),
)


class Pages:
    """A method for each page.

    Args:
        around: tabs that lead out of the project: key, address and text; those with the key of a page stand in its place.
    """

    def __init__(self, source: Source, *, allow_apply: bool, around: Sequence[tuple[str, str, str]] = ()) -> None:
        self._source = source
        self._allow_apply = allow_apply
        self._around = tuple(around)

    def project(self, request: Request) -> Response:
        """Graph and list of the resources."""

        def made(now: Snapshot) -> Facts:
            facts = project_page(now, request.query_params)
            return {**facts, "overview": None if facts["filtered"] else overview(now, datetime.now(UTC))}

        return self.page("project.html", "project", made)

    def resource(self, request: Request) -> Response:
        """One resource."""
        address = address_in(request)

        def made(now: Snapshot) -> Facts | None:
            facts = resource_page(now, address)
            if facts is None:
                return None
            tracked = self._source.tracked()
            return {
                **facts,
                "model": model_part(now, tracked, address),
                "monitors": monitors_part(now, tracked, address),
            }

        return self.page("resource.html", "project", made)

    def history(self, request: Request) -> Response:
        """The journal."""
        span = request.query_params.get("when", "")
        return self.page("history.html", "history", lambda now: history_page(now, span, datetime.now(UTC)))

    def schedules(self, request: Request) -> Response:
        """Schedules with their firings."""
        return self.page("schedules.html", "firings", lambda now: schedules_page(now, datetime.now(UTC)))

    def loop(self, request: Request) -> Response:
        """What a loop that keeps the project said last."""
        return self.page("loop.html", "loop", loop_page)

    def page(self, template: str, tab: str, made: Callable[[Snapshot], Facts | None]) -> Response:
        """A page made from how everything is.

        Raises:
            HTTPException: there is no such thing.
        """
        snapshot = self._source.snapshot()
        facts = made(snapshot)
        if facts is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such thing in this project.")
        return html(template, {**self._frame(tab, snapshot), **facts})

    def _frame(self, tab: str, snapshot: Snapshot | None) -> Facts:
        """What is around every page."""
        return {
            "tab": tab,
            "tabs": self._tabs(),
            "allow_apply": self._allow_apply,
            "footing": "",
            "project": snapshot.project.name if snapshot else "",
            "target": snapshot.project.target if snapshot else "",
            "description": snapshot.project.description if snapshot else "",
            "label": snapshot.observation.label if snapshot else "",
            "taken_at": snapshot.taken_at if snapshot else 0.0,
            "refusal": _problems(snapshot.refusal) if snapshot and snapshot.refusal else "",
        }

    def _tabs(self) -> list[tuple[str, str, str]]:
        taken = {key for key, _, _ in self._around}
        return [*self._around, *((key, at(path), text) for key, path, text in TABS if key not in taken)]

    def missing(self, request: Request, error: Exception) -> Response:
        """There is nothing at an address."""
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
        detail = str(error.detail) if isinstance(error, HTTPException) else ""
        return html(
            "error.html",
            {
                **self._frame("", None),
                "heading": "Not found" if status == HTTPStatus.NOT_FOUND else "Error",
                "text": detail,
            },
            status,
        )

    def broken(self, request: Request, error: Exception) -> Response:
        """The spec or the workspace cannot be read."""
        text = _problems(error) if isinstance(error, SpecError) else _in_words(error)
        heading = "The spec has problems" if isinstance(error, SpecError) else "The workspace cannot be read"
        return html(
            "error.html", {**self._frame("", None), "heading": heading, "text": text}, HTTPStatus.SERVICE_UNAVAILABLE
        )


def address_in(request: Request) -> Address:
    """The address in a path.

    Raises:
        HTTPException: it is none.
    """
    try:
        return Address.parse(request.path_params["address"])
    except ValueError:
        raise HTTPException(HTTPStatus.NOT_FOUND, "This is not the address of a resource.") from None


def _problems(error: SpecError) -> str:
    return diagnostics_text(error.diagnostics, lambda file, line: None)


def _in_words(error: Exception) -> str:
    fix = getattr(error, "fix", "")
    return f"{error}\n{fix}" if fix else str(error)
