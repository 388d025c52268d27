"""Times in which nothing may be changed. Pure; by the wall clock of a time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Freeze:
    """A window that comes back every week, or happens once.

    Attributes:
        days: numbers of the days on which it starts, Monday is 0; all days unless it is given by dates.
        start, end: local times; an end that is not later than the start is on the next day.
        time_zone: IANA name; local times follow its daylight saving.
        first, last: the first and last date on which it may start; None means no bound.
        abort: an apply that is running when the window begins starts nothing more; otherwise it goes on to its end.
        reason: for people.
    """

    days: frozenset[int] = frozenset(range(7))
    start: time = time(0, 0)
    end: time = time(0, 0)
    time_zone: str = "UTC"
    first: date | None = None
    last: date | None = None
    abort: bool = False
    reason: str = ""

    def until(self, now: float) -> float | None:
        """When the window ends that the moment `now` lies in, both in seconds since the epoch; None outside of it."""
        zone = ZoneInfo(self.time_zone)
        today = datetime.fromtimestamp(now, zone).date()
        ends = (self._occurrence(day, zone, now) for day in (today, today - timedelta(days=1)))
        return max((end for end in ends if end is not None), default=None)

    def _occurrence(self, day: date, zone: ZoneInfo, now: float) -> float | None:
        if day.weekday() not in self.days:
            return None
        if (self.first and day < self.first) or (self.last and day > self.last):
            return None
        last_day = day if self.end > self.start else day + timedelta(days=1)
        begins = datetime.combine(day, self.start, zone).astimezone(UTC).timestamp()
        ends = datetime.combine(last_day, self.end, zone).astimezone(UTC).timestamp()
        return ends if begins <= now < ends else None


@dataclass(frozen=True, slots=True)
class Frozen:
    """That changes are forbidden now.

    Attributes:
        until: seconds since the epoch; the latest end of all windows that are open.
        abort: any of them wants a running apply to start nothing more.
        reason: of the one that ends last.
    """

    until: float
    abort: bool
    reason: str


def frozen(windows: Iterable[Freeze], now: float) -> Frozen | None:
    """What the windows say about the moment `now`, seconds since the epoch."""
    found = [(end, window) for window in windows if (end := window.until(now)) is not None]
    if not found:
        return None
    end, last = max(found, key=lambda pair: pair[0])
    return Frozen(end, any(window.abort for _, window in found), last.reason)
