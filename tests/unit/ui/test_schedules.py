"""The page of schedules: next and last firings, each with its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.core.resource import Observed
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.schedules import schedules_page, trigger_text
from tests.unit.ui.conftest import NIGHTLY, Played, browser_of, with_objects

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def shown(ran: Snapshot, **changes: Any) -> dict[str, Any]:
    """The schedule, with other things in the workspace."""
    (live,) = ran.observation.objects[NIGHTLY]
    found = with_objects(ran, {**ran.observation.objects, NIGHTLY: (replace(live, **changes),)})
    (schedule,) = schedules_page(replace(found, fired=ran.fired), NOW)["firing"]
    return dict(schedule)


def test_firings_and_their_runs_are_shown(ran: Snapshot) -> None:
    found = shown(ran)
    assert found["next"] == [f"2026-06-{day:02} 01:00:00 UTC" for day in (2, 3, 4)]  # 3 o'clock in summer
    assert (found["phase"], found["last"]) == ("active", "2026-01-01 02:00:00 UTC")
    (run, at) = found["runs"][0]
    assert (run.name, at) == ("nightly-1", "2026-01-01 02:00:00 UTC")
    text = browser_of(Played(ran, ran.project.root)).get("/schedules").text
    for part in ("cron 0 3 * * *", "/run/jobs.nightly-1?name=nightly-1", "loss 0.25", "2026-01-01 02:00:00 UTC"):
        assert part in text


def test_a_schedule_that_does_not_fire_says_why(ran: Snapshot) -> None:
    (live,) = ran.observation.objects[NIGHTLY]
    paused = shown(ran, properties={**live.properties, "is_enabled": False})
    assert (paused["phase"], paused["next"]) == ("paused", [])
    over = {**live.properties["trigger"], "end_time": "2026-02-01T00:00:00"}
    assert shown(ran, properties={"trigger": over})["phase"] == "ended"
    assert shown(ran, properties={"trigger": {"type": "nonsense"}})["phase"] == "ended"
    gone = with_objects(ran, {})
    assert schedules_page(gone, NOW)["firing"][0]["phase"] == "missing"


def test_where_the_workspace_remembers_no_firing_its_age_counts(ran: Snapshot) -> None:
    made = int(datetime(2026, 5, 31, 10, 30, tzinfo=UTC).timestamp() * 1_000_000)
    trigger = {"type": "recurrence", "frequency": "hour", "interval": 2}
    found = shown(ran, properties={"trigger": trigger}, attributes={}, order=made)
    assert found["next"][0] == "2026-06-01 12:30:00 UTC"
    assert shown(ran, attributes={"firing": {"until": "2026-06-05T00:00:00+00:00"}})["next"][0].startswith("2026-06-05")


@pytest.mark.parametrize(
    ("trigger", "text"),
    [
        ({"type": "cron", "expression": "0 3 * * *", "time_zone": "UTC"}, "cron 0 3 * * * (UTC)"),
        ({"type": "recurrence", "frequency": "day", "interval": 1}, "every day"),
        (
            {
                "type": "recurrence",
                "frequency": "week",
                "interval": 2,
                "schedule": {"week_days": ["monday"], "hours": 3},
            },
            "every 2 weeks: week days monday; hours 3",
        ),
        ({}, "every "),
    ],
)
def test_a_trigger_is_told_in_a_line(trigger: Mapping[str, Any], text: str) -> None:
    assert trigger_text(trigger) == text


def test_a_project_without_schedules_says_so(ran: Snapshot) -> None:
    none = tuple(status for status in ran.statuses if status.address != NIGHTLY)
    assert (
        "has no schedules" in browser_of(Played(replace(ran, statuses=none), ran.project.root)).get("/schedules").text
    )
    assert isinstance(ran.fired[0], Observed)
