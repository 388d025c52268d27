"""Time zones as Azure names them, and where they are. Pure but for the tables of time zones that are read."""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

UTC_NAME: Final = "UTC"
_OLD: Final = {"Kamchatka Standard Time": "Asia/Kamchatka", "Mid-Atlantic Standard Time": "Etc/GMT+2"}
"""Names that CLDR has no more and the service still takes. Source: azure-ai-ml, ``TimeZone``."""


@cache
def _places() -> dict[str, tuple[str, str]]:
    """Names without case, each with its spelling and its name in the tz database.

    Source: Unicode CLDR, windowsZones, as ``tzlocal`` carries it.
    """
    from tzlocal.windows_tz import win_tz

    return {name.lower(): (name, place) for name, place in {**win_tz, **_OLD, UTC_NAME: "Etc/UTC"}.items()}


def names() -> tuple[str, ...]:
    """All names that the service takes, such as ``W. Europe Standard Time``, sorted."""
    return tuple(sorted(name for name, _ in _places().values()))


def known(name: str) -> bool:
    """Whether the service has a time zone of this name, in any case."""
    return name.lower() in _places()


def zone_of(name: Any) -> ZoneInfo:
    """The time zone of a name; UTC where there is none.

    Raises:
        KeyError: nobody knows this name.
    """
    if not name:
        return ZoneInfo("Etc/UTC")
    return ZoneInfo(_places()[str(name).lower()][1])
