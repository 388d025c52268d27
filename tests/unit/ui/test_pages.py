"""What the pages show, and that nothing in it is ever markup."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.errors import Denied
from orchestrator.core.health import Health, Sync
from orchestrator.core.status import ResourceStatus
from orchestrator.ui.facts import Snapshot
from tests.unit.ui.conftest import Played, browser_of, with_objects

PAGES = ["/", "/?q=rows", "/resource/jobs.train", "/resource/data.rows", "/history", "/loop", "/plan", "/runs",
    "/run/jobs.train?name=train-2",
    "/compare?run=jobs.train/train-1&run=jobs.train/train-2", "/log/jobs.train?name=train-1", "/figures/jobs.train?name=train-2",
    "/schedules", "/resource/models.scorer", "/run/jobs.flow?name=flow-1", "/run/jobs.nightly-1?name=nightly-1",
]  # fmt: skip


class Markup(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.wrong: list[str] = []
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style" or (tag == "script" and name != "defer" and name != "src"):
                self.wrong.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action") and value is not None:
                self.links.add(value)
                if "://" in value or value.startswith("//"):
                    self.wrong.append(value)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_foreign_markup_and_leads_nowhere_else(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    page = Markup(answer.text)
    assert page.wrong == []
    assert not page.tags & {"b", "i", "img", "style", "iframe", "object"}
    if not path.startswith(("/log", "/figures")):  # parts of pages
        assert answer.text.count("<script") == 1  # ours
        assert len(re.findall("<h1", answer.text)) == 1
        assert '<html lang="en">' in answer.text


def test_every_link_of_every_page_leads_to_a_page(browser: TestClient) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith("#"):
            continue
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            waiting += [link for link in Markup(answer.text).links if link]
    assert len(seen) > 8


def test_the_project_page_says_how_everything_is_and_what_the_plan_does(browser: TestClient) -> None:
    text = browser.get("/").text
    for part in (
        "compute.cpu",
        "data.rows",
        "jobs.train",
        "missing",
        "rows &amp; &lt;b&gt;columns",
        "<svg",
        "to create",
    ):
        assert part in text
    found = browser.get("/?q=CPU").text
    assert "/resource/compute.cpu" in found
    assert "/resource/data.rows" not in found
    assert "No resource matches" in browser.get("/?q=nowhere").text
    assert "No resource matches" in browser.get("/?health=suspended").text


def test_a_resource_page_says_why_and_from_where(browser: TestClient) -> None:
    text = browser.get("/resource/jobs.train").text
    for part in (
        "spec.yaml:10:3",
        "train-1",
        "train-2",
        "exit code 1",
        "/resource/data.rows",
        "python train.py",
        "Depends on",
    ):
        assert part in text
    assert browser.get("/resource/jobs.other").status_code == 404
    assert browser.get("/resource/nonsense").status_code == 404
    assert browser.get("/nowhere").status_code == 404


def test_a_broken_spec_and_an_unreadable_workspace_are_told(source: Played, ran: Snapshot) -> None:
    browser = browser_of(source)
    problem = Diagnostic(
        Severity.ERROR, "unknown-field", summary="Unknown <field>", detail="There is no field 'x'.", fix="Remove it."
    )
    source.trouble = SpecError([problem])
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "Unknown &lt;field&gt;" in answer.text
    source.trouble = Denied("You may not read it.", fix="Ask for the role.")
    assert "Ask for the role." in browser.get("/").text
    source.trouble = None
    source.now = replace(ran, plan=None, refusal=SpecError([problem]))
    text = browser.get("/").text
    assert "cannot be planned" in text
    assert "jobs.train" in text


def test_five_thousand_resources_are_a_quick_and_small_page(looked: Snapshot) -> None:
    many = tuple(
        ResourceStatus(address=Address("data", f"asset-{number:05}"), health=Health.HEALTHY, sync=Sync.SYNCED)
        for number in range(5000)
    )
    source = Played(replace(looked, statuses=many, plan=None), looked.project.root)
    browser = browser_of(source)
    began = time.perf_counter()
    first, last = browser.get("/"), browser.get("/?page=50")
    spent = time.perf_counter() - began
    assert len(first.content) < 200_000
    assert "Page 1 of 50, 5000 in all" in first.text
    assert "asset-04999" in last.text
    assert "asset-04999" in browser.get("/?page=99999999").text
    assert "asset-00000" in browser.get("/?page=-1").text
    assert spent < 2  # some tens of milliseconds; much more on a busy machine


def test_what_the_spec_left_behind_is_shown(looked: Snapshot, ran: Snapshot) -> None:
    objects = {**ran.observation.objects}
    stranger = replace(objects[Address("jobs", "train")][0], address=Address("jobs", "old"))
    browser = browser_of(Played(with_objects(ran, {**objects, stranger.address: (stranger,)}), looked.project.root))
    assert "jobs.old" in browser.get("/").text
