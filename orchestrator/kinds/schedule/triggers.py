"""When a schedule fires: by a cron expression, or again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from orchestrator.core import time_zones
from orchestrator.core.bodies import ANY_CASE, CAMEL, Whole
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.field_mark import Alias, Keyed, ServiceValue
from orchestrator.core.firings import cron_problem, listed, moment
from orchestrator.core.folds import lower
from orchestrator.core.kind import BodyProblem, Spec


def _clock(value: Any) -> Any:
    """A time in one form: ``2026-03-01 10:00`` as ``2026-03-01T10:00:00``."""
    try:
        found = moment(value)
    except ValueError:
        return value
    return value if found is None else found.isoformat(timespec="seconds")


def _sorted(value: Any) -> Any:
    """A list of days or hours in one form: its order says nothing, and one value is a list of one."""
    return sorted({lower(each) for each in listed(value)}, key=str)


_TIME = Alias("the service writes times in another form", fold=_clock)
_SET = Alias("one value is a list of one, and the order says nothing", fold=_sorted)
_UNORDERED = Keyed("the order says nothing")
_Hour = Annotated[Whole, Field(ge=0, le=23)]
_Minute = Annotated[Whole, Field(ge=0, le=59)]
_MonthDay = Annotated[Whole, Field(ge=1, le=31)]
WeekDay: TypeAlias = Annotated[
    Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], ANY_CASE, CAMEL
]


class Trigger(Spec):
    """What all triggers have."""

    start_time: Annotated[str | None, _TIME, ServiceValue("default: when the schedule is created")] = Field(
        None, description="The first moment, such as 2026-03-01T10:00:00, by the clock of the time zone."
    )
    end_time: Annotated[str | None, _TIME] = Field(None, description="The last moment; without end if left out.")
    time_zone: Annotated[str | None, ANY_CASE, ServiceValue("default: UTC")] = Field(
        None, description="A name of Windows, such as W. Europe Standard Time; UTC if left out."
    )


class CronTrigger(Trigger):
    """Fires by a cron expression."""

    type: Annotated[Literal["cron"], ANY_CASE] = Field(description="Type of the trigger.")
    expression: str = Field(
        description="Minutes, hours, days, months, days of the week. The service takes * for days and months."
    )


class Pattern(Spec):
    """The times of the days on which it fires."""

    hours: Annotated[_Hour | list[_Hour], _SET, _UNORDERED] = Field(description="Hours, 0 to 23.")
    minutes: Annotated[_Minute | list[_Minute], _SET, _UNORDERED] = Field(description="Minutes, 0 to 59.")
    week_days: Annotated[WeekDay | list[WeekDay] | None, _SET, _UNORDERED] = Field(
        None, description="Days of the week."
    )
    month_days: Annotated[_MonthDay | list[_MonthDay] | None, _SET, _UNORDERED] = Field(
        None, description="Days of the month; months without the day are left out."
    )


class RecurrenceTrigger(Trigger):
    """Fires again and again."""

    type: Annotated[Literal["recurrence"], ANY_CASE] = Field(description="Type of the trigger.")
    frequency: Annotated[Literal["minute", "hour", "day", "week", "month"], ANY_CASE, CAMEL] = Field(
        description="Unit of the interval."
    )
    interval: Whole = Field(ge=1, description="Every so many minutes, hours, days, weeks or months.")
    schedule: Annotated[Pattern | None, ServiceValue("default: empty")] = Field(
        None, description="At which times, for a frequency of days, weeks or months."
    )


def trigger_problems(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """What the service refuses of a trigger of the right shape."""
    trigger = body.get("trigger")
    if not isinstance(trigger, Mapping):
        return
    zone = trigger.get("time_zone")
    if isinstance(zone, str) and not time_zones.known(zone):
        near = did_you_mean(zone, time_zones.names(), "Use a name of Windows, such as 'W. Europe Standard Time'.")
        yield BodyProblem(("trigger", "time_zone"), "invalid-value", f"There is no time zone '{zone}'.", near)
    expression = trigger.get("expression")
    if isinstance(expression, str) and (why := cron_problem(expression)):
        detail = f"'{expression}' is not a cron expression: {why}."
        yield BodyProblem(("trigger", "expression"), "invalid-value", detail, "Write one such as '30 6 * * 1-5'.")
    yield from _times(trigger)


def _times(trigger: Mapping[str, Any]) -> Iterator[BodyProblem]:
    found = {}
    for name in ("start_time", "end_time"):
        written = trigger.get(name)
        if not isinstance(written, str):
            continue
        try:
            found[name] = moment(written)
        except ValueError:
            fix = "Write one such as 2026-03-01T10:00:00."
            yield BodyProblem(("trigger", name), "invalid-value", f"'{written}' is not a date and time.", fix)
    start, end = found.get("start_time"), found.get("end_time")
    if start is not None and end is not None and end < start:
        detail = f"end_time ({trigger['end_time']}) is before start_time ({trigger['start_time']})."
        yield BodyProblem(("trigger", "end_time"), "invalid-value", detail, "Correct one of them.")
