"""Pages of a running loop: its projects, and what may be asked of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

import pytest
from starlette.testclient import TestClient

from orchestrator.core.errors import StateError
from orchestrator.core.project import Project
from orchestrator.reconcile.policy import Policy
from orchestrator.reconcile.stages import StandingBy
from orchestrator.reconcile.windows import Freeze
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.fleet import fleet_application
from orchestrator.ui.pages.loops import LoopView, window_text
from tests.unit.ui.conftest import EVIL, HOST, TOKEN

AT = "2026-01-01T00:00:00+00:00"
TRIED = {"id": "abcdef0123456789", "at": AT, "message": EVIL}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "web/shop": {
        "suspended": False,
        "running": True,
        "next_pass_in_s": 61.0,
        "conditions": [
            {"type": "Ready", "status": False, "reason": "ApplyFailed", "message": EVIL},
            {"type": "Drifted", "status": True, "reason": "Found", "message": "1 field"},
        ],
        "applied": TRIED,
        "pending": [{"action": "create", "address": "compute.cpu", "reason": "new"}],
        "drift": {"data.rows": AT},
        "orphaned": ["jobs.old"],
        "history": [{"until": AT, "outcome": "failed", "changed": 1, "healed": [], "times": 3, "message": EVIL}],
    },
    "calm": {"suspended": True, "conditions": [{"type": "Ready", "status": True, "reason": "Synced"}]},
    "theirs": {"conditions": []},
}


class Loop:
    """A loop that is played: `FleetStatus` and `Controls` in one."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def ready(self) -> bool:
        return True

    def alive(self) -> bool:
        return True

    def projects(self) -> Sequence[str]:
        return tuple(DOCUMENTS)

    def status(self, project: str) -> Mapping[str, Any] | None:
        document = DOCUMENTS.get(project)
        return {name: value for name, value in document.items() if name != "history"} if document is not None else None

    def history(self, project: str, limit: int) -> Sequence[Mapping[str, Any]]:
        return DOCUMENTS[project].get("history", ())

    def trigger(self, project: str) -> None:
        self.asked.append(("trigger", project))

    def suspend(self, project: str) -> None:
        if project == "theirs":
            raise StandingBy("another host")
        self.asked.append(("suspend", project))

    def resume(self, project: str) -> None:
        self.asked.append(("resume", project))


WINDOW = Freeze(days=frozenset({0, 4}), start=time(9), end=time(17), time_zone="Europe/Berlin", reason="sales <hours>")


def opened(loop: Loop, *, acting: bool) -> TestClient:
    view = LoopView(fleet_status=loop, controls=loop, policies={"web/shop": Policy(freezes=(WINDOW,))}, acting=acting)
    client = TestClient(fleet_application(view, TOKEN), HOST)
    assert client.get("/").status_code == 401
    assert client.get(f"/?token={TOKEN}").status_code == 200
    return client


def test_projects_are_listed_with_what_is_wrong_first() -> None:
    text = opened(Loop(), acting=False).get("/").text
    assert EVIL not in text
    for part in (
        "/loop/web%2Fshop",
        "pass running",
        "Found",
        "abcdef012345",
        "suspended",
        "Synced",
        "NeverPlanned",
        "Read-only",
    ):
        assert part in text


def test_a_project_has_conditions_plan_drift_history_and_windows() -> None:
    browser = opened(Loop(), acting=False)
    text = browser.get("/loop/web%2Fshop").text
    assert EVIL not in text
    for part in (
        "ApplyFailed", "compute.cpu", "data.rows", "jobs.old", "× 3", "A pass is running",
        "mon, fri 09:00–17:00 Europe/Berlin: sales &lt;hours&gt;",
    ):  # fmt: skip
        assert part in text
    assert "<form" not in text  # read-only
    assert "Next pass in" not in text  # it runs
    assert browser.get("/loop/none").status_code == 404


def test_pages_may_act_only_where_they_are_told_so() -> None:
    loop = Loop()
    here = {"origin": HOST}
    read_only = opened(loop, acting=False)
    assert read_only.post("/loop/calm/resume", headers=here).status_code == 403
    browser = opened(loop, acting=True)
    assert "Resume" in browser.get("/loop/calm").text and "Suspend" in browser.get("/loop/web%2Fshop").text
    assert browser.post("/loop/calm/resume", headers={"origin": "http://elsewhere"}).status_code == 403
    for project, action in (("calm", "resume"), ("web%2Fshop", "trigger"), ("web%2Fshop", "suspend")):
        answer = browser.post(f"/loop/{project}/{action}", headers=here, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/loop/{project}")
    assert loop.asked == [("resume", "calm"), ("trigger", "web/shop"), ("suspend", "web/shop")]
    refused = browser.post("/loop/theirs/suspend", headers=here)
    assert refused.status_code == 409 and "another host" in refused.text
    for wrong in ("/loop/none/trigger", "/loop/calm/delete"):
        assert browser.post(wrong, headers=here).status_code == 404


@pytest.mark.parametrize(
    ("window", "now", "text", "inside"),
    [
        (WINDOW, datetime(2026, 6, 1, 8, tzinfo=UTC), "mon, fri 09:00–17:00 Europe/Berlin: sales <hours>", True),
        (WINDOW, datetime(2026, 6, 2, 8, tzinfo=UTC), "mon, fri 09:00–17:00 Europe/Berlin: sales <hours>", False),
        (Freeze(last=datetime(2026, 1, 2, tzinfo=UTC).date()), datetime(2026, 6, 1, tzinfo=UTC),
         "every day 00:00–00:00 UTC until 2026-01-02", False),
    ],
)  # fmt: skip
def test_a_window_is_told_in_a_line(window: Freeze, now: datetime, text: str, inside: bool) -> None:
    assert window_text(window, now.timestamp()) == (text, inside)


def test_a_project_of_a_loop_has_its_graph_plan_and_runs_inside(looked: Snapshot) -> None:
    loop = Loop()
    view = LoopView(fleet_status=loop, controls=loop, acting=True, specs={"web/shop": lambda: looked.project})
    browser = TestClient(fleet_application(view, TOKEN), HOST)
    assert browser.get("/in/web%2Fshop/").status_code == 401
    browser.get(f"/?token={TOKEN}")
    assert 'href="/in/web%2Fshop/runs"' in browser.get("/loop/web%2Fshop").text
    assert 'href="/in/web%2Fshop/resource/compute.cpu"' in browser.get("/loop/web%2Fshop").text
    text = browser.get("/in/web%2Fshop/").text
    links = set(re.findall(r'(?:href|action|data-poll)="(/[^"]*)"', text))
    outside = {link for link in links if not link.startswith(("/in/web%2Fshop/", "/static/"))}
    assert outside == {"/", "/loop/web%2Fshop"}, "all other links stay inside of the project"
    assert "<svg" in text and EVIL not in text
    for link in sorted(each.partition("#")[0].replace("&amp;", "&") for each in links):
        assert browser.get(link).status_code == 200, link
    assert "jobs.train" in browser.get("/in/web%2Fshop/resource/jobs.train").text
    here = {"origin": HOST}
    assert browser.post("/in/web%2Fshop/apply", data={"plan": "x"}, headers=here).status_code in (404, 405)
    assert browser.post("/in/web%2Fshop/test/jobs.train", headers=here).status_code in (404, 405)
    for wrong in ("/in/calm/", "/in/", "/in/web/shop/", "/in/web%2Fshop/nothing"):
        assert browser.get(wrong).status_code == 404, wrong
    assert 'href="/in/' not in browser.get("/loop/calm").text


def test_a_project_that_was_not_read_yet_says_so() -> None:
    def unread() -> Project:
        raise StateError("The loop has not read the spec of 'calm' yet.", fix="Wait for the next pass.")

    loop = Loop()
    browser = TestClient(
        fleet_application(LoopView(fleet_status=loop, controls=loop, specs={"calm": unread}), TOKEN), HOST
    )
    browser.get(f"/?token={TOKEN}")
    answer = browser.get("/in/calm/runs")
    assert answer.status_code == 503 and "Wait for the next pass." in answer.text
