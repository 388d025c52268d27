"""The plan, and its apply by a button."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.testclient import TestClient

from orchestrator.core.address import Address
from orchestrator.core.errors import StateError
from orchestrator.core.plan import Plan
from orchestrator.core.run import Event, EventKind, Outcome, RunReport, StepResult, Verb
from orchestrator.engine import RunOptions
from tests.unit.ui.conftest import EVIL, HOST, Played, browser_of
from tests.waiting import wait_for

CPU = Address("compute", "cpu")
FROM_HERE = {"origin": HOST}


class Telling(Played):
    """Tells what an apply tells."""

    def apply(self, run: RunOptions, confirm: Callable[[Plan], bool]) -> RunReport | None:
        if super().apply(run, confirm) is None and not self.agreed[-1]:
            return None
        run.listener(Event(kind=EventKind.STARTED, address=CPU, verb=Verb.CREATE))
        run.listener(Event(kind=EventKind.PROGRESS, address=CPU, message=EVIL))
        result = StepResult(CPU, Outcome.CREATED)
        run.listener(Event(kind=EventKind.FINISHED, address=CPU, result=result))
        return RunReport((result,), serial=1)


def shown_plan(browser: TestClient) -> str:
    found = re.search(r'name="plan" value="(\w+)"', browser.get("/plan").text)
    assert found is not None
    return found[1]


def ended(browser: TestClient) -> str:
    wait_for(lambda: "x-done" in browser.get("/apply").headers and "Applying" not in browser.get("/apply").text)
    return browser.get("/apply").text


def test_the_plan_says_what_and_why(browser: TestClient) -> None:
    text = browser.get("/plan").text
    for part in ("compute.cpu", "to create", "read-only", "amlctl apply"):
        assert part in text
    assert "Apply this plan" not in text
    assert browser.post("/apply", headers=FROM_HERE).status_code == 403


def test_the_plan_that_was_shown_is_applied(source: Played) -> None:
    source = Telling(source.now, source.folder)
    browser = browser_of(source, allow_apply=True)
    assert browser.get("/apply").headers["x-done"] == "1"
    answer = browser.post("/apply", data={"plan": shown_plan(browser)}, headers=FROM_HERE)
    assert answer.url.path == "/plan"
    text = ended(browser)
    assert "Apply complete: 1 created (serial 1)." in text
    assert "compute.cpu" in text
    assert EVIL not in text
    assert source.agreed == [True]


def test_another_plan_than_the_one_shown_is_not_applied(source: Played) -> None:
    source = Telling(source.now, source.folder)
    browser = browser_of(source, allow_apply=True)
    browser.post("/apply", data={"plan": "another"}, headers=FROM_HERE)
    assert "has changed since it was shown" in ended(browser)
    assert source.agreed == [False]


def test_an_apply_that_cannot_begin_says_why(source: Played) -> None:
    class Locked(Played):
        def apply(self, run: RunOptions, confirm: Callable[[Plan], bool]) -> RunReport | None:
            raise StateError("Another apply holds the lock.", code="locked", fix="Wait for it.")

    browser = browser_of(Locked(source.now, source.folder), allow_apply=True)
    browser.post("/apply", data={"plan": shown_plan(browser)}, headers=FROM_HERE)
    assert "Another apply holds the lock. Wait for it." in ended(browser)
