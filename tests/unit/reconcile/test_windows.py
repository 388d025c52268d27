from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from orchestrator.reconcile.windows import Freeze, frozen

BERLIN = "Europe/Berlin"


def moment(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


NIGHT = Freeze(start=time(22), end=time(6), time_zone=BERLIN)
WEEKEND = Freeze(days=frozenset({4}), start=time(18), end=time(8), time_zone=BERLIN)
HOLIDAY = Freeze(first=date(2026, 12, 24), last=date(2026, 12, 26), time_zone=BERLIN)


@pytest.mark.parametrize(
    ("window", "at", "zone", "until", "why"),
    [
        (NIGHT, "2026-03-10T21:59", BERLIN, None, "a minute before it starts"),
        (NIGHT, "2026-03-10T22:00", BERLIN, "2026-03-11T06:00", "the start belongs to it"),
        (NIGHT, "2026-03-11T05:59", BERLIN, "2026-03-11T06:00", "it began yesterday"),
        (NIGHT, "2026-03-11T06:00", BERLIN, None, "the end does not belong to it"),
        (NIGHT, "2026-03-10T21:30", "UTC", "2026-03-11T06:00", "local time counts, not UTC"),
        (NIGHT, "2026-03-29T01:30", "UTC", "2026-03-29T06:00", "clocks go forward in that night"),
        (NIGHT, "2026-10-25T04:30", "UTC", "2026-10-25T06:00", "clocks went back in that night"),
        (WEEKEND, "2026-03-13T19:00", BERLIN, "2026-03-14T08:00", "Friday evening"),
        (WEEKEND, "2026-03-14T19:00", BERLIN, None, "it starts on Fridays only"),
        (HOLIDAY, "2026-12-23T23:59", BERLIN, None, "the day before the first"),
        (HOLIDAY, "2026-12-26T12:00", BERLIN, "2026-12-27T00:00", "whole days, without times"),
        (HOLIDAY, "2026-12-27T12:00", BERLIN, None, "the day after the last"),
    ],
)
def test_when_a_window_is_open(window: Freeze, at: str, zone: str, until: str | None, why: str) -> None:
    expected = None if until is None else moment(until, BERLIN)
    assert window.until(moment(at, zone)) == expected, why


def test_of_several_windows_the_latest_end_counts_and_any_may_abort() -> None:
    day = Freeze(abort=True, reason="audit", time_zone=BERLIN)
    both = frozen([NIGHT, day], moment("2026-03-10T23:00", BERLIN))
    assert both is not None
    assert both.until == moment("2026-03-11T06:00", BERLIN)
    assert both.abort
    assert both.reason == ""
    assert frozen([NIGHT], moment("2026-03-10T12:00", BERLIN)) is None
