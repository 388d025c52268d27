"""When triggers fire: by the wall clock of their time zone, across changes of it, month ends and years."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core import time_zones
from orchestrator.core.firings import cron_problem, due, firings, ignored_cron_fields, latest, upcoming

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = "W. Europe Standard Time"


def at(trigger: dict[str, Any], number: int = 4, after: datetime = LONG_AGO) -> list[str]:
    return [f"{each:%m-%dT%H:%M}" for each in upcoming(trigger, LONG_AGO, after, number)]


TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "cron into summer: 02:30 is skipped, so the jump itself",
        {"type": "cron", "expression": "30 2 * * *", "time_zone": BERLIN, "start_time": "2027-03-27T00:00"},
        ["03-27T01:30", "03-28T01:00", "03-29T00:30", "03-30T00:30"],
    ),
    (
        "cron out of summer: 02:30 comes twice and fires once",
        {"type": "cron", "expression": "30 2 * * *", "time_zone": BERLIN, "start_time": "2027-10-30T00:00"},
        ["10-30T00:30", "10-31T00:30", "11-01T01:30", "11-02T01:30"],
    ),
    (
        "recurrence into summer: as long after the jump",
        {"type": "recurrence", "frequency": "day", "interval": 1, "time_zone": BERLIN, "start_time": "2027-03-27T02:30"},
        ["03-27T01:30", "03-28T01:30", "03-29T00:30", "03-30T00:30"],
    ),
    (
        "recurrence out of summer: the first of both",
        {"type": "recurrence", "frequency": "day", "interval": 1, "time_zone": BERLIN, "start_time": "2027-10-30T02:30"},
        ["10-30T00:30", "10-31T00:30", "11-01T01:30", "11-02T01:30"],
    ),
    (
        "hours are real hours",
        {"type": "recurrence", "frequency": "hour", "interval": 12, "time_zone": BERLIN, "start_time": "2027-03-27T12:00"},
        ["03-27T11:00", "03-27T23:00", "03-28T11:00", "03-28T23:00"],
    ),
    (
        "days that a month does not have are left out",
        {"type": "recurrence", "frequency": "month", "interval": 1, "start_time": "2027-01-01T00:00",
         "schedule": {"hours": 6, "minutes": [0], "month_days": [31, 30]}},
        ["01-30T06:00", "01-31T06:00", "03-30T06:00", "03-31T06:00"],
    ),
    (
        "without a pattern the last day stands for the start's",
        {"type": "recurrence", "frequency": "month", "interval": 1, "start_time": "2027-01-31T06:00"},
        ["01-31T06:00", "02-28T06:00", "03-31T06:00", "04-30T06:00"],
    ),
    (
        "every second week, on two days",
        {"type": "recurrence", "frequency": "week", "interval": 2, "start_time": "2027-01-04T00:00",
         "schedule": {"hours": [6], "minutes": [0], "week_days": ["friday", "Monday"]}},
        ["01-04T06:00", "01-08T06:00", "01-18T06:00", "01-22T06:00"],
    ),
    (
        "days and months of cron are taken as *",
        {"type": "cron", "expression": "0 6 1 2 1", "start_time": "2027-01-01T00:00"},
        ["01-04T06:00", "01-11T06:00", "01-18T06:00", "01-25T06:00"],
    ),
    (
        "without a start time it fires at once",
        {"type": "cron", "expression": "0 6 * * *", "end_time": "2026-01-02T06:00"},
        ["01-01T00:00", "01-01T06:00", "01-02T06:00"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("trigger", "expected"), [case[1:] for case in TABLE], ids=[case[0] for case in TABLE])
def test_a_trigger_fires_by_the_wall_clock(trigger: dict[str, Any], expected: list[str]) -> None:
    assert at(trigger, after=LONG_AGO - timedelta(seconds=1)) == expected


def test_a_start_in_the_past_is_not_made_up_for() -> None:
    trigger = {"type": "recurrence", "frequency": "day", "interval": 3, "start_time": "2025-12-30T06:00:00"}
    assert at(trigger, 2, LONG_AGO - timedelta(days=90)) == ["01-02T06:00", "01-05T06:00"]


_TRIGGERS = st.fixed_dictionaries(
    {
        "type": st.just("recurrence"),
        "frequency": st.sampled_from(["minute", "hour", "day", "week", "month"]),
        "interval": st.integers(1, 40),
        "time_zone": st.sampled_from(["UTC", BERLIN, "Eastern Standard Time", "AUS Eastern Standard Time"]),
        "start_time": st.datetimes(datetime(2026, 2, 1), datetime(2027, 12, 31)).map(lambda each: each.isoformat()),  # noqa: DTZ001
    },
    optional={
        "schedule": st.fixed_dictionaries(
            {
                "hours": st.lists(st.integers(0, 23), min_size=1, max_size=3),
                "minutes": st.lists(st.integers(0, 59), min_size=1, max_size=3),
            },
            optional={
                "month_days": st.lists(st.integers(1, 31), min_size=1, max_size=3),
                "week_days": st.lists(st.sampled_from([name.lower() for name in calendar.day_name]), min_size=1),
            },
        )
    },
)


@settings(max_examples=80, deadline=None)
@given(_TRIGGERS)
def test_firings_are_in_order_fit_the_pattern_and_do_not_depend_on_where_one_looks_from(
    trigger: dict[str, Any],
) -> None:
    found = upcoming(trigger, LONG_AGO, LONG_AGO, 12)
    assert list(found) == sorted(set(found))
    assert all(each.tzinfo is UTC for each in found)
    for number, each in enumerate(found[:-1]):
        assert next(firings(trigger, LONG_AGO, each)) == found[number + 1]
    if found:
        until = found[-1]
        assert due(trigger, LONG_AGO, LONG_AGO, until) == list(found)
        assert latest(trigger, LONG_AGO, LONG_AGO, until) == until
    zone = time_zones.zone_of(trigger["time_zone"])
    if "schedule" in trigger and trigger["frequency"] in ("day", "week", "month"):
        for each in found:
            shown = each.astimezone(zone)
            skipped = shown.replace(tzinfo=None) - timedelta(hours=1)  # after a jump, as long after it
            assert any(
                moment.hour in trigger["schedule"]["hours"] and moment.minute in trigger["schedule"]["minutes"]
                for moment in (shown, skipped)
            )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from([BERLIN, "Eastern Standard Time"]))
def test_every_day_of_a_year_fires_exactly_once(hour: int, minute: int, name: str) -> None:
    start = {"time_zone": name, "start_time": "2027-01-01T00:00:00", "end_time": "2027-12-31T23:59:59"}
    cron = {"type": "cron", "expression": f"{minute} {hour} * * *", **start}
    often = {"type": "recurrence", "frequency": "day", "interval": 1, **start}
    often["schedule"] = {"hours": [hour], "minutes": [minute]}
    zone: ZoneInfo = time_zones.zone_of(name)
    for trigger in (cron, often):
        days = [each.astimezone(zone).date() for each in firings(trigger, LONG_AGO, LONG_AGO)]
        assert len(days) == len(set(days)) == 365


def test_what_is_wrong_with_an_expression_is_said() -> None:
    assert cron_problem("0 6 * * *") == cron_problem("*/5 6-18 * * MON-FRI") == ""
    assert "4 fields" in cron_problem("0 6 * *")
    assert cron_problem("0 25 * * *") == "bad hour"
    assert ignored_cron_fields("0 6 1 * 1") == ("days",)


def test_every_time_zone_of_the_client_is_known() -> None:
    constants = pytest.importorskip("azure.ai.ml.constants")
    assert [zone.value for zone in constants.TimeZone if not time_zones.known(zone.value)] == []
