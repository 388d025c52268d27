"""The pages in a real browser; see `tests.browser`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from orchestrator.core.address import Address
from orchestrator.core.metering import Count, Reading
from orchestrator.core.plan import Plan
from orchestrator.core.run import Event, EventKind, Outcome, RunReport, StepResult, Verb
from orchestrator.engine import RunOptions
from orchestrator.reconcile.policy import Policy
from orchestrator.reconcile.server.listen import Listen
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.loops import LoopView
from orchestrator.ui.serve import serving, serving_loop
from tests.browser import CHROMIUM, accessible, launched
from tests.unit.ui.conftest import Played
from tests.unit.ui.test_loops import WINDOW, Loop

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)")

PAGES: Final = {
    "project": "", "plan": "plan", "runs": "runs", "run": "run/jobs.train?name=train-2", "history": "history", "loop": "loop",
    "schedules": "schedules", "steps": "run/jobs.flow?name=flow-1",
    "model": "resource/models.scorer", "job": "resource/jobs.train", "data": "resource/data.rows",
    "compare": "compare?run=jobs.train/train-1&run=jobs.train/train-2",
}  # fmt: skip
CPU: Final = Address("compute", "cpu")


class Applied(Played):
    """An apply that makes one resource."""

    def apply(self, run: RunOptions, confirm: Callable[[Plan], bool]) -> RunReport | None:
        super().apply(run, confirm)
        run.listener(Event(kind=EventKind.STARTED, address=CPU, verb=Verb.CREATE))
        result = StepResult(CPU, Outcome.CREATED)
        run.listener(Event(kind=EventKind.FINISHED, address=CPU, result=result))
        return RunReport((result,), serial=1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def entrance(ran: Snapshot) -> Iterator[tuple[str, str]]:
    with serving(Applied(ran, ran.project.root), Listen(port=0), allow_apply=True) as place:
        yield place.url, place.entrance


@pytest.fixture(scope="module")
def endpoint(served: Snapshot) -> Iterator[tuple[str, str]]:
    """Where a project with an endpoint is shown; each look finds ten more requests."""

    class Busy(Played):
        def readings(self, endpoint: Address) -> list[Reading]:
            number = 10 * len(self.counted)
            told = {"requests": number, "errors": 1, "latency_ms": {"5": number, "more": 0}}
            self.counted.append(Reading(1000.0 + number, {name: Count.of(told) for name in ("blue", "green")}))
            return self.counted

    with serving(Busy(served, served.project.root), Listen(port=0), allow_apply=True) as place:
        yield place.url, place.entrance


@pytest.fixture
def visit(chromium: Browser, entrance: tuple[str, str]) -> Iterator[Callable[..., Page]]:
    url, door = entrance
    wrong: list[str] = []

    def opened(width: int = 1280, scheme: str = "light") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=url)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(url) else wrong.append(request.url))
        page.goto(door)
        return page

    yield opened
    for context in chromium.contexts:
        context.close()
    assert wrong == []  # no message of the browser, no request to elsewhere


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_every_page_fits_and_is_accessible(visit: Callable[..., Page], width: int, scheme: str) -> None:
    page = visit(width, scheme)
    assert "token" not in page.url
    for name, path in PAGES.items():
        page.goto(path)
        if page.locator("pre.log").count():
            expect(page.locator("pre.log").first).not_to_have_text("Loading…")
        accessible(page, f"{name}-{width}-{scheme}", examined=width > 390)  # what a narrow window shows is the same


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_the_page_of_an_endpoint_moves(chromium: Browser, endpoint: tuple[str, str], width: int, scheme: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=endpoint[0])  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(endpoint[1])
    page.goto("resource/online_endpoints.hfe")
    expect(page.locator("svg.chart").first).to_be_visible()
    page.evaluate("document.querySelectorAll('[data-poll]').forEach((part) => { part.dataset.every = '100'; })")
    expect(page.locator("svg.chart polyline.s0")).not_to_have_count(0)  # flat lines have no box to see
    accessible(page, f"endpoint-{width}-{scheme}")
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_the_pages_of_a_loop_fit_and_are_accessible(chromium: Browser, ran: Snapshot, width: int, scheme: str) -> None:
    loop = Loop()
    policies = {"web/shop": Policy(freezes=(WINDOW,))}
    view = LoopView(
        fleet_status=loop, controls=loop, policies=policies, acting=True, specs={"web/shop": lambda: ran.project}
    )
    with serving_loop(view, Listen(port=0)) as place:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=place.url
        )  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(place.entrance)
        for name, path in {
            "fleet": "",
            "loop-project": "loop/web%2Fshop",
            "calm": "loop/calm",
            "inside": "in/web%2Fshop/",
        }.items():
            page.goto(path)
            accessible(page, f"{name}-{width}-{scheme}", examined=width > 390)
        page.locator("svg.graph a", has_text="train").click()
        expect(page.locator("h1")).to_have_text("jobs.train")
        assert page.url.startswith(f"{place.url}in/web%2Fshop/resource/")
        page.get_by_role("link", name="Loop", exact=True).click()
        expect(page.locator("h1")).to_have_text("web/shop")
        context.close()


def test_the_graph_opens_resources_and_the_keyboard_reaches_them(visit: Callable[..., Page]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.locator("svg.graph a", has_text="train").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("jobs.train")
    page.get_by_role("button", name="Zoom in").click()


def test_a_plan_is_applied_by_its_button(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("link", name="Review the plan").click()
    page.get_by_role("button", name="Apply this plan").click()
    expect(page.get_by_role("status")).to_contain_text("Apply complete: 1 created (serial 1).")
    expect(page.get_by_role("status")).to_contain_text("compute.cpu")
