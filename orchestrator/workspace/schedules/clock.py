"""Schedules under a clock that somebody turns: what is due until a time fires now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import SCHEDULE_STATE, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.schedules.manager import ENDED, PAUSED, fired, phase_of
from orchestrator.workspace.schedules.runs import ScheduledRuns, leaf
from orchestrator.workspace.schedules.state import SCHEDULES, Firing

MOST: Final = 1_000
"""So many runs are made at one turn at most."""


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """A schedule, for people.

    Attributes:
        name: its name.
        phase: ``active``, ``paused``, ``ended``.
        next: its next firing, in UTC; None if there is none.
        last: its last firing, in UTC; None if there was none.
        last_run: the run that came of it; empty if there was none.
    """

    name: str
    phase: str
    next: datetime | None
    last: datetime | None
    last_run: str


@dataclass(frozen=True, slots=True)
class Fired:
    """A firing.

    Attributes:
        schedule: its name.
        at: the moment for which it fired, in UTC.
        run: the run that came of it.
    """

    schedule: str
    at: datetime
    run: str


def facts(records: Iterable[Record], now: datetime) -> list[ScheduleFacts]:
    """The schedules among some records, by name."""
    found = []
    for record in _fitting(records):
        firing = Firing.of(record, now).at(record, now)
        phase = phase_of(firing, record, now)
        upcoming = firing.next(record, now) if phase not in (PAUSED, ENDED) else None
        found.append(ScheduleFacts(leaf(record), phase, upcoming, firing.last, firing.last_run))
    return sorted(found, key=lambda each: each.name)


def tick(paths: WorkspacePaths, store: RecordStore, now: datetime, to: datetime) -> Sequence[Fired]:
    """Fire everything that is due until a time, in order. The real clock goes on from there: nothing of it fires again.

    Raises:
        Invalid: more runs than `MOST` are due; a schedule has no job.
        NotFound: a job that a schedule names is not there.
    """
    schedules = {record.address: record for record in _schedules(store)}
    states = {address: Firing.of(record, now).at(record, now) for address, record in schedules.items()}
    due = sorted(
        (at, address)
        for address, record in schedules.items()
        for at in islice(states[address].due(record, to), MOST + 1)
    )
    if len(due) > MOST:
        raise Invalid(f"More than {MOST} runs are due until {to.isoformat()}.", fix="Choose an earlier time.")
    runs, made = ScheduledRuns(paths, store), []
    for at, address in due:
        run = runs.fire(schedules[address], at)
        states[address] = fired(states[address], at, run)
        _keep(store, schedules[address], states[address])
        made.append(Fired(leaf(schedules[address]), at, run))
    for address, record in schedules.items():
        if states[address].until < to:
            _keep(store, record, replace(states[address], until=to))
    return made


def _keep(store: RecordStore, record: Record, firing: Firing) -> None:
    store.update_status(record.key, attributes={SCHEDULE_STATE: firing.kept()})


def _schedules(store: RecordStore) -> list[Record]:
    return _fitting(store.list(SCHEDULES))


def _fitting(records: Iterable[Record]) -> list[Record]:
    kind = SCHEDULES
    return [each for each in records if each.kind == kind and not each.deleting and "trigger" in each.body]
