"""Schedules and what they have fired, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator.core.health import Health

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def schedules_json(schedules: Sequence[DataclassInstance]) -> list[dict[str, Any]]:
    """Schedules as plain data: name, phase, next and last firing in UTC, last run."""
    return [_plain(asdict(each)) for each in schedules]


def schedules_lines(facts: Sequence[dict[str, Any]]) -> list[str]:
    """The same for people, a line for each."""
    return [
        f"  schedule     {each['name']}   {each['phase']}   next {_short(each['next'])}   last {_short(each['last'])}"
        for each in facts
    ]


def fired_json(fired: DataclassInstance, health: Health | None) -> dict[str, Any]:
    """A firing as plain data: schedule, time in UTC, run, and how the run ended; None if nobody waited."""
    return {**_plain(asdict(fired)), "health": health.value if health else None}


def fired_text(facts: Sequence[dict[str, Any]], until: datetime) -> str:
    """Firings for people."""
    lines = [f"  {_short(each['at'])}   {each['run']}   {each['health'] or ''}".rstrip() for each in facts]
    number = f"{len(facts)} run{'' if len(facts) == 1 else 's'}"
    return "\n".join(
        [*lines, f"{number} until {_short(until.isoformat())}." if facts else "Nothing is due until then."]
    )


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}


def _short(text: str | None) -> str:
    return f"{text[:16]}Z" if text else "never"
