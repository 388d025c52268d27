"""When a trigger fires. Pure: clocks are passed in, and nothing waits.

All times that go in and out are in UTC. A trigger speaks of the wall clock of its time zone. Where that clock skips a time, the
trigger fires as long after the jump as the time would have been after its beginning: 02:30 becomes 03:30. Where the clock shows a time
twice, it fires at the first of both. A cron expression with ``*`` as hour goes on every hour of the real day, as cron itself does.

Source: Azure ML CLI v2 YAML reference, schedules: without a start time the first job runs at once; with one in the past, at the next
time; days and months of a cron expression are not supported and treated as ``*``.
"""

from __future__ import annotations

import calendar
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Any, Final
from zoneinfo import ZoneInfo

from orchestrator.core.time_zones import zone_of

_STEPS: Final = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CRON_FIELDS: Final = 5
_LOOKED_AHEAD: Final = 4_000
"""Periods without any firing after which a trigger is taken to fire never again: month days that no month of the interval has."""

Trigger = Mapping[str, Any]

STATE: Final = "firing"
"""Attribute of a schedule: how far it has got, with the ISO times ``created``, ``until`` and ``last``, and ``last_run``."""

FIRED_BY: Final = "schedule"
"""Attribute of a run: the name of the schedule that it came of."""

FIRED_FOR: Final = "scheduled_time"
"""Attribute of a run: the moment, in UTC, for which the schedule fired."""

REUSED_FROM: Final = "fired_reuse"
"""Attribute of a run that came of a schedule: the earlier one whose result it has."""

ALERTS: Final = "alerts"
"""Attribute of a monitor's run: a line for each alert. Of its schedule: ``run``, ``time``, ``alerts`` and ``emails`` of the last run."""


def moment(text: Any) -> datetime | None:
    """A start or end time as the wall clock shows it; None where there is none.

    Raises:
        ValueError: it is no time.
    """
    if text in (None, ""):
        return None
    # What the text says of an offset is dropped, as the service's client does: the trigger's time zone counts.
    return datetime.fromisoformat(str(text).strip().replace("Z", "+00:00")).replace(tzinfo=None)


def cron_problem(expression: str) -> str:
    """Why a cron expression cannot be read; empty if it can."""
    from cronsim import CronSim, CronSimError

    parts = expression.split()
    if len(parts) != _CRON_FIELDS:
        return f"it has {len(parts)} fields, not {_CRON_FIELDS} (minutes, hours, days, months, days of the week)"
    try:
        CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as problem:
        return str(problem)[:1].lower() + str(problem)[1:]
    return ""


def ignored_cron_fields(expression: str) -> tuple[str, ...]:
    """The fields of an expression that the service ignores, as it takes ``*`` for all of them."""
    parts = expression.split()
    return tuple(name for name, part in zip(("days", "months"), parts[2:4], strict=False) if part != "*")


def firings(trigger: Trigger, created: datetime, after: datetime) -> Iterator[datetime]:
    """All firings after a moment, in order, without end unless the trigger has one.

    Args:
        trigger: as in CLI v2: cron or recurrence.
        created: when the schedule came into being. Where the trigger has no start time, this is the first firing, and what
            intervals are counted from.
        after: firings later than this.
    """
    zone = zone_of(trigger.get("time_zone"))
    given = moment(trigger.get("start_time"))
    end = moment(trigger.get("end_time"))
    created = created.replace(microsecond=0)
    start = given if given is not None else created.astimezone(zone).replace(tzinfo=None)
    first = _instant(start, zone)
    last = None if end is None else _instant(end, zone)
    if given is None and created > after and (last is None or created <= last):
        yield created
    # What was due before the schedule came into being is not made up for.
    earliest = created if given is None or first < created else first - timedelta(seconds=1)
    for each in _regular(trigger, start, zone, max(after, earliest)):
        if last is not None and each > last:
            return
        if each >= first:
            yield each


def upcoming(trigger: Trigger, created: datetime, after: datetime, count: int = 1) -> tuple[datetime, ...]:
    """The next firings after a moment, at most so many."""
    return tuple(islice(firings(trigger, created, after), count))


def due(trigger: Trigger, created: datetime, after: datetime, until: datetime) -> list[datetime]:
    """All firings after one moment and not later than another."""
    return list(takewhile(lambda each: each <= until, firings(trigger, created, after)))


def latest(trigger: Trigger, created: datetime, after: datetime, until: datetime) -> datetime | None:
    """The last firing after one moment and not later than another; None if there is none."""
    last = deque(takewhile(lambda each: each <= until, firings(trigger, created, after)), maxlen=1)
    return last[0] if last else None


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which a clock shows a time: the first one, or as long after a jump as the time is after its beginning."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _regular(trigger: Trigger, start: datetime, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Firings later than a moment, with regard to neither start nor end."""
    if str(trigger.get("type")).lower() == "cron":
        yield from _cron(str(trigger["expression"]), zone, after)
        return
    frequency, interval = str(trigger["frequency"]).lower(), max(1, int(trigger.get("interval") or 1))
    if frequency in _STEPS:
        yield from _stepped(_instant(start, zone), _STEPS[frequency] * interval, after)
        return
    pattern = trigger.get("schedule") or {}
    seen = after
    for day in _days(frequency, interval, start, pattern, after.astimezone(zone).date()):
        for each in sorted({_instant(wall, zone) for wall in _times(day, start, pattern)}):
            if each > seen:
                seen = each
                yield each


def _cron(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    from cronsim import CronSim

    minutes, hours, _, _, weekdays = expression.split()
    for each in CronSim(f"{minutes} {hours} * * {weekdays}", after.astimezone(zone)):
        found = each.astimezone(UTC)
        if found > after:
            yield found


def _stepped(first: datetime, step: timedelta, after: datetime) -> Iterator[datetime]:
    number = max(0, (after - first) // step)
    while True:
        found = first + number * step
        if found > after:
            yield found
        number += 1


def _days(frequency: str, interval: int, start: datetime, pattern: Mapping[str, Any], near: date) -> Iterator[date]:
    """The days on which a recurrence fires, from the period before a day on."""
    origin = start.date()
    empty = 0
    for number in _periods(frequency, interval, origin, near):
        days = [day for day in _days_of(frequency, interval * number, origin, pattern) if day >= origin]
        empty = 0 if days else empty + 1
        if empty > _LOOKED_AHEAD:
            return
        yield from days


def _periods(frequency: str, interval: int, origin: date, near: date) -> Iterator[int]:
    apart = (near - origin).days // {"day": 1, "week": 7, "month": 31}[frequency] // interval
    number = max(0, apart - 1)
    last = (date.max - origin).days // {"day": 1, "week": 7, "month": 32}[frequency] // interval - 1
    while number < last:
        yield number
        number += 1


def _days_of(frequency: str, steps: int, origin: date, pattern: Mapping[str, Any]) -> Iterable[date]:
    """The days of one period. Without a pattern of days it is the start's: its day of the week, or of the month."""
    if frequency == "day":
        day = origin + timedelta(days=steps)
        return (day,) if _fits(day, pattern) else ()
    if frequency == "week":
        monday = origin - timedelta(days=origin.weekday()) + timedelta(weeks=steps)
        named = [_WEEKDAYS.index(name.lower()) for name in listed(pattern.get("week_days"))]
        return [monday + timedelta(days=number) for number in sorted(set(named or [origin.weekday()]))]
    year, month = divmod(origin.year * 12 + origin.month - 1 + steps, 12)
    longest = calendar.monthrange(year, month + 1)[1]
    numbers = [int(number) for number in listed(pattern.get("month_days"))]
    if not numbers and listed(pattern.get("week_days")):
        every = (date(year, month + 1, number) for number in range(1, longest + 1))
        return [day for day in every if _fits(day, pattern)]
    if not numbers:  # the last day of shorter months stands for the start's
        return (date(year, month + 1, min(origin.day, longest)),)
    return [date(year, month + 1, number) for number in sorted(set(numbers)) if 1 <= number <= longest]


def _fits(day: date, pattern: Mapping[str, Any]) -> bool:
    named = [name.lower() for name in listed(pattern.get("week_days"))]
    return not named or _WEEKDAYS[day.weekday()] in named


def _times(day: date, start: datetime, pattern: Mapping[str, Any]) -> Iterator[datetime]:
    """The times of a day, as the clock shows them. Without hours or minutes they are the start's."""
    hours = [int(hour) for hour in listed(pattern.get("hours"))]
    minutes = [int(minute) for minute in listed(pattern.get("minutes"))]
    seconds = 0 if hours or minutes else start.second
    for hour in hours or [start.hour]:
        for minute in minutes or ([0] if hours else [start.minute]):
            yield datetime.combine(day, time(hour, minute, seconds))


def listed(value: Any) -> list[Any]:
    """A list, or the one value that stands for a list of one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
