"""What a stranger looks for first: traffic, the last runs and why they ran, what changed, how far a rollout is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from orchestrator.core.address import Address
from orchestrator.core.figures import Point
from orchestrator.core.resource import Observed
from orchestrator.ui.charts import COLOURS, compare_chart
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.history import history_page
from orchestrator.ui.pages.overview import why_in_a_line
from tests.unit.ui.conftest import EVIL, FLOW, SCORER, TRAIN, Played, browser_of, with_objects

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
BLUE, GREEN = (Address("online_endpoints", "hfe", f"deployments.{name}") for name in ("blue", "green"))
TRAFFIC = Address("online_endpoints", "hfe", "traffic")


def entry(
    serial: int, address: Address, outcome: str | None, at: str, revision: str = "", **more: Any
) -> dict[str, Any]:
    return {
        "serial": serial, "address": str(address), "verb": "run", "outcome": outcome, "revision": revision,
        "intended": at, "settled": at if outcome else None, "error": "", **more,
    }  # fmt: skip


JOURNAL = (
    entry(3, TRAIN, "ran", "2026-05-01T23:59:00+00:00", "train-2"),
    entry(3, SCORER, "failed", "2026-05-01T23:58:00+00:00", "2", error=f"exit code 1 {EVIL}"),
    entry(2, TRAIN, "ran", "2026-04-27T10:00:00+00:00", "train-1"),
    entry(2, SCORER, "created", "2026-04-27T09:00:00+00:00", "1"),
    entry(1, FLOW, "ran", "2026-03-01T09:00:00+00:00", "flow-1"),
)


@pytest.mark.parametrize(
    ("span", "serials"),
    [("", [3, 2, 1]), ("yesterday", [3]), ("today", []), ("week", [3, 2]), ("nonsense", [3, 2, 1])],
)
def test_history_is_told_by_apply_and_by_day(ran: Snapshot, span: str, serials: list[int]) -> None:
    found = history_page(replace(ran, history=JOURNAL), span, NOW)
    assert [each["serial"] for each in found["applies"]] == serials


def test_an_apply_says_when_it_was_what_it_did_and_what_was_before(ran: Snapshot) -> None:
    last = history_page(replace(ran, history=JOURNAL), "", NOW)["applies"][0]
    assert (last["when"], last["summary"]) == ("yesterday, 2026-05-01 23:59 UTC", "1 ran, 1 failed")
    assert [(row["revision"], row["before"]) for row in last["rows"]] == [("train-2", "train-1"), ("2", "1")]
    text = browser_of(Played(replace(ran, history=JOURNAL), ran.project.root)).get("/history").text
    assert 'href="/run/jobs.train?name=train-2"' in text and EVIL not in text
    assert text.count("<h2>Apply #") == 3


def test_the_first_page_answers_what_people_ask_first(ran: Snapshot, served: Snapshot) -> None:
    text = browser_of(Played(replace(ran, history=JOURNAL), ran.project.root)).get("/").text
    shown = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))
    assert "started by the schedule nightly" in shown and "again, as the run before failed" in shown
    assert "Apply #3" in shown and "1 ran, 1 failed" in shown
    assert 'href="/history?when=yesterday"' in text and "2026-05-01 23:59" in shown
    text = browser_of(Played(served, served.project.root)).get("/").text
    assert "blue <strong>90&nbsp;%</strong>" in text and "green <strong>10&nbsp;%</strong>" in text
    assert "Traffic" not in browser_of(Played(served, served.project.root)).get("/?q=hfe").text.split("<form")[0]


def test_why_a_run_ran_fits_into_a_line(ran: Snapshot) -> None:
    def run(number: int, **body: Any) -> Observed:
        return Observed(TRAIN, f"train-{number}", properties={"type": "command", **body}, owner="demo", order=number)

    runs = (run(1, command="a"), run(2, command="b"), run(3, command="b", a=1, c=2, d=3), run(4, command="x" * 99))
    now = with_objects(ran, {TRAIN: runs})
    told = [why_in_a_line(now, each) for each in runs]
    assert told[0] == "first run of this job"
    assert told[1] == "changed command: a → b"
    assert told[2].endswith(", 1 more") and "(none) → 1" in told[2]
    assert all(len(each) < 200 for each in told)


def test_the_best_trial_comes_first_with_its_parameters(browser: TestClient) -> None:
    text = browser.get("/run/jobs.train?name=train-2").text
    assert text.index("Best trial: trial 2") < text.index('<tr class="best">')
    assert 'class="best" cx=' in text


def rollout(served: Snapshot, **facts: Any) -> str:
    text = browser_of(Played(replace(served, **facts), served.project.root)).get("/live/online_endpoints.hfe").text
    section = text.split("<h2>Rollout</h2>")[1].split("</section>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", section)))


def test_a_rollout_is_told_with_the_results_of_its_tests(served: Snapshot) -> None:
    result = {
        "name": "one",
        "deployment": "green",
        "status": 500,
        "problem": f"expected 200 {EVIL}",
        "at": JOURNAL[0]["settled"],
    }
    tests = {str(GREEN): [result], str(TRAFFIC): [{**result, "deployment": "", "status": 200, "problem": ""}]}
    text = rollout(served, tests=tests)
    assert "The next apply starts a rollout." in text and "waits for apply deployment blue is healthy" in text
    assert "last time: failed, 2026-05-01 23:59:00 UTC: expected 200" in text
    going = entry(4, GREEN, None, "2026-05-02T11:59:00+00:00")
    text = rollout(served, tests=tests, history=(going,))
    assert "A rollout is in progress." in text
    assert "in progress deployment green is healthy since 2026-05-02 11:59:00 UTC" in text
    assert "in progress test “one” passes on green" in text


def test_gates_of_a_rollout_that_is_over_say_how_they_ended(served: Snapshot) -> None:
    objects = dict(served.observation.objects)
    for each in (BLUE, GREEN):
        objects[each] = (Observed(each, "", properties={}, owner="served"),)
    still = replace(with_objects(served, objects), plan=None)
    tests = {
        str(BLUE): [{"name": "one", "status": 200, "at": JOURNAL[0]["settled"]}],
        str(GREEN): [{"name": "one", "status": 503, "problem": "no answer", "at": JOURNAL[0]["settled"]}],
    }
    text = rollout(still, tests=tests)
    assert "No rollout is in progress." in text
    assert "passed test “one” passes on blue 2026-05-01 23:59:00 UTC, status 200" in text
    assert "failed test “one” passes on green 2026-05-01 23:59:00 UTC: no answer" in text
    assert "not run yet test “one” passes through the traffic" in text


def test_curves_of_several_runs_lie_over_each_other(browser: TestClient) -> None:
    lines = [
        (f"run {number}{EVIL}", [Point(step, float(number + step), 0) for step in range(number)])
        for number in range(10)
    ]
    chart = compare_chart(EVIL, [*lines, ("odd", [Point(0, float("nan"), 0)])])
    assert EVIL not in chart
    assert chart.count("<polyline") == 9, "one without points has no line"
    assert f'class="series s{9 % COLOURS}"' in chart and 'class="series s0"' not in chart.split("</polyline>")[0]
    assert "no value" in compare_chart("x", [("a", [])])
    text = browser.get("/compare?run=jobs.train/train-1&run=jobs.train/train-2").text
    assert text.count("<polyline") == 2 and "Metrics over time" in text
    assert "the same in all" in text
