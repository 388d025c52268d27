"""What the workspace remembers of a schedule, in an attribute of its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orchestrator.core.fingerprint import digest_tree
from orchestrator.core.firings import Trigger, due, latest, upcoming
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import SCHEDULE_STATE, Record

SCHEDULES: Final = record_kinds.SCHEDULES


@dataclass(frozen=True, slots=True)
class Firing:
    """How far a schedule has got. All times are in UTC.

    Attributes:
        created: when it came into being.
        until: up to when firings have been dealt with; in the future after `schedules.clock.tick`.
        trigger: the digest of the trigger that they were of.
        paused: it did not fire when it was last looked at.
        last: the last firing; None if there was none.
        last_run: the run that came of it.
    """

    created: datetime
    until: datetime
    trigger: str
    paused: bool = False
    last: datetime | None = None
    last_run: str = ""

    @classmethod
    def of(cls, record: Record, now: datetime) -> Firing:
        """What is remembered; of a schedule that nobody has looked at yet, that it came into being now."""
        kept: Mapping[str, Any] = record.attributes.get(SCHEDULE_STATE) or {}
        if not kept:
            now = now.replace(microsecond=0)
            return cls(now, now - timedelta(seconds=1), digest_tree(trigger_of(record)))
        last = kept.get("last")
        return cls(
            datetime.fromisoformat(kept["created"]),
            datetime.fromisoformat(kept["until"]),
            str(kept["trigger"]),
            bool(kept.get("paused")),
            datetime.fromisoformat(last) if last else None,
            str(kept.get("last_run") or ""),
        )

    def kept(self) -> dict[str, Any]:
        """As the attribute has it."""
        return {
            "created": self.created.isoformat(),
            "until": self.until.isoformat(),
            "trigger": self.trigger,
            "paused": self.paused,
            "last": self.last.isoformat() if self.last else None,
            "last_run": self.last_run,
        }

    def at(self, record: Record, now: datetime) -> Firing:
        """The same with regard to what a schedule says now.

        Nothing is made up for that was due while it was paused, or that would have been due by another trigger than before.
        """
        trigger, paused = digest_tree(trigger_of(record)), not enabled(record)
        changed = trigger != self.trigger or (self.paused and not paused)
        until = max(self.until, now) if changed else self.until
        return replace(self, until=until, trigger=trigger, paused=paused)

    def missed(self, record: Record, now: datetime) -> datetime | None:
        """The firing that is due: of several that were missed, the last one. None if there is none."""
        return None if self.paused else latest(trigger_of(record), self.created, self.until, now)

    def due(self, record: Record, until: datetime) -> list[datetime]:
        """All firings that are due until a moment."""
        return [] if self.paused else due(trigger_of(record), self.created, self.until, until)

    def next(self, record: Record, now: datetime) -> datetime | None:
        """The next firing; None if it is paused or will not fire again."""
        found = () if self.paused else upcoming(trigger_of(record), self.created, max(self.until, now))
        return found[0] if found else None


def trigger_of(record: Record) -> Trigger:
    """When a schedule fires."""
    trigger: Trigger = record.body["trigger"]
    return trigger


def enabled(record: Record) -> bool:
    """Whether a schedule fires at all."""
    return record.body.get("is_enabled") is not False


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)
