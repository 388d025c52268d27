"""Which part of the data a signal uses, by time. Source: azure-ai-ml 1.35, ``MonitorSchedule._to_rest_object``: default windows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orchestrator.core.errors import Invalid

Window = tuple[datetime, datetime]
"""Begin and end, in UTC; the end is not in it."""

_DAYS: Final = {"day": 1, "week": 7, "month": 30}
_SHORT: Final = ("minute", "hour")
_WEEK: Final = timedelta(days=7)
_DEFAULT: Final = (None, "", "default")
_DURATION: Final = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def usual(trigger: Mapping[str, Any]) -> timedelta:
    """How much production data a signal uses by default: what came since the last firing, a day at least; a week by a cron expression."""
    frequency = str(trigger.get("frequency") or "").lower()
    if frequency in _SHORT:
        return timedelta(days=1)
    if frequency in _DAYS:
        return timedelta(days=_DAYS[frequency] * int(trigger.get("interval") or 1))
    return _WEEK


def production(said: Mapping[str, Any], at: datetime, size: timedelta) -> Window:
    """The window of production data.

    Args:
        said: ``data_window``; empty if there is none.
        at: the moment for which the monitor fires.
        size: by default.

    Raises:
        Invalid: it says no duration or no time.
    """
    return _window(said, at, size, timedelta(0))


def reference(said: Mapping[str, Any], at: datetime, size: timedelta) -> Window:
    """The window of production data that serve as reference: those before the ones that are compared. See `production`."""
    return _window(said, at, 2 * size, size)


def _window(said: Mapping[str, Any], at: datetime, size: timedelta, offset: timedelta) -> Window:
    if said.get("window_start") or said.get("window_end"):
        return _moment(said.get("window_start")), _moment(said.get("window_end"))
    end = at - _duration(said.get("lookback_window_offset"), offset)
    return end - _duration(said.get("lookback_window_size"), size), end


def _duration(text: Any, default: timedelta) -> timedelta:
    if text in _DEFAULT:
        return default
    match = _DURATION.fullmatch(str(text))
    if match is None or not any(match.groupdict().values()):
        raise Invalid(
            f"'{text}' is not an ISO 8601 duration of weeks, days, hours, minutes and seconds.", fix="Example: P7D."
        )
    return timedelta(**{unit: int(number) for unit, number in match.groupdict().items() if number})


def _moment(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise Invalid(
            f"The data window has '{text or ''}' as start or end, which is not a date.",
            fix="Set window_start and window_end, such as 2027-03-01.",
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
