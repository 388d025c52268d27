"""What applies have done: by apply, newest first, and of one resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.ui import addresses
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.values import moment, time_of

SPANS: Final = (("", "All"), ("today", "Today"), ("yesterday", "Yesterday"), ("week", "Last 7 days"))
"""What can be asked for, in UTC, and what it is called."""


def history_page(snapshot: Snapshot, span: str, now: datetime) -> dict[str, Any]:
    """Applies with what each has done.

    Args:
        span: one of `SPANS`.
        now: tells which day is today.
    """
    rows = [row for row in history_rows(snapshot) if _within(row["day"], span, now.date())]
    return {
        "applies": [_apply(list(group), now.date()) for _, group in groupby(rows, key=lambda row: row["serial"])],
        "spans": [(word, addresses.with_query("/history", when=word), text) for word, text in SPANS],
        "span": span,
        "known": bool(snapshot.history),
    }


def history_rows(snapshot: Snapshot, address: Address | None = None) -> list[dict[str, Any]]:
    """The journal, newest first; of one resource if an address is given."""
    address_text = str(address) if address is not None else None
    before = _before(snapshot.history)
    return [
        _entry(snapshot, entry, before.get(number, ""))
        for number, entry in enumerate(snapshot.history)
        if address_text in (None, str(entry["address"]))
    ]


def last_apply(snapshot: Snapshot, now: datetime) -> dict[str, Any] | None:
    """The newest apply; None if there was none."""
    rows = history_rows(snapshot)
    newest = [row for row in rows if row["serial"] == rows[0]["serial"]]
    return _apply(newest, now.date()) if newest else None


def _before(history: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The revision that was in force before, by the entry's place."""
    found: dict[int, str] = {}
    newer: dict[str, int] = {}
    for number, entry in enumerate(history):
        address, revision = str(entry["address"]), str(entry.get("revision") or "")
        if address in newer and revision:
            found[newer[address]] = revision
        newer[address] = number
    return found


def _entry(snapshot: Snapshot, entry: Mapping[str, Any], before: str) -> dict[str, Any]:
    settled = entry.get("settled") or entry.get("intended")
    at, revision = time_of(settled), str(entry.get("revision") or "")
    return {
        "serial": entry["serial"],
        "address": str(entry["address"]),
        "href": addresses.resource(str(entry["address"])),
        "verb": str(entry["verb"]),
        "outcome": entry.get("outcome") or "unfinished",
        "revision": revision,
        "before": before if before != revision else "",
        "run": addresses.run_of(str(entry["address"]), revision) if entry.get("outcome") == "ran" else "",
        "error": snapshot.redact(str(entry.get("error") or "")),
        "at": str(settled or ""),
        "day": at.date() if at is not None else None,
        "time": moment(settled),
    }


def _apply(rows: list[dict[str, Any]], today: date) -> dict[str, Any]:
    outcomes = Counter(row["outcome"] for row in rows)
    return {
        "serial": rows[0]["serial"],
        "when": f"{_day(rows[0]['day'], today)}{rows[0]['time'][:16]} UTC" if rows[0]["day"] else "",
        "summary": ", ".join(f"{number} {word}" for word, number in outcomes.items()),
        "rows": rows,
    }


def _day(day: date, today: date) -> str:
    return {0: "today, ", 1: "yesterday, "}.get((today - day).days, "")


def _within(day: date | None, span: str, today: date) -> bool:
    if span not in ("today", "yesterday", "week"):
        return True
    if day is None:
        return False
    if span == "yesterday":
        return day == today - timedelta(days=1)
    return day <= today and day > today - timedelta(days=1 if span == "today" else 7)
