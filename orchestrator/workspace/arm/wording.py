"""Spellings of the wire: camel case, ISO durations, enumerations; and those of CLI v2 bodies."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from orchestrator.core.errors import Invalid
from orchestrator.core.wire import camel, pascal, snake, without_nothing

__all__ = [
    "camel",
    "camel_keys",
    "duration",
    "pascal",
    "seconds",
    "snake",
    "snake_keys",
    "time_text",
    "whole",
    "without_nothing",
]

_DURATION = re.compile(
    r"P(?:(?P<days>[\d.]+)D)?(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)
_UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def seconds(duration: str) -> float:
    """Seconds of an ISO 8601 duration.

    Raises:
        Invalid: it is none, or has months or years.
    """
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groupdict().values()):
        raise Invalid(f"'{duration}' is not an ISO 8601 duration (for example PT120S).")
    return sum(float(value) * _UNITS[unit] for unit, value in match.groupdict().items() if value)


def duration(seconds_: float) -> str:
    """An ISO 8601 duration in seconds."""
    return f"PT{seconds_:g}S" if seconds_ < 1e6 else f"PT{int(seconds_)}S"


def time_text(seconds: float) -> str:
    """A time, seconds since the epoch, as the service writes it."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat().replace("+00:00", "Z")


def whole(number: float) -> float | int:
    """The number as a whole number if it is one."""
    return int(number) if number == int(number) else number


def snake_keys(tree: Any) -> Any:
    """A tree with its keys in snake case."""
    if isinstance(tree, Mapping):
        return {snake(str(name)): snake_keys(value) for name, value in tree.items()}
    return [snake_keys(item) for item in tree] if isinstance(tree, list) else tree


def camel_keys(tree: Any) -> Any:
    """A tree with its keys in camel case."""
    if isinstance(tree, Mapping):
        return {camel(str(name)): camel_keys(value) for name, value in tree.items()}
    return [camel_keys(item) for item in tree] if isinstance(tree, list) else tree
