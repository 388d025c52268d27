"""Fires schedules when they are due.

It looks at every schedule in each round, so that nothing is kept in memory: killed at any moment, the successor sees from the records
what has been dealt with. Of firings that were missed while no supervisor ran, the last one is made up for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from orchestrator.core.errors import BackendError
from orchestrator.core.firings import ALERTS
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.monitoring import alerting
from orchestrator.workspace.records.record import SCHEDULE_STATE, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.schedules.runs import ScheduledRuns
from orchestrator.workspace.schedules.state import SCHEDULES, Firing, utc_now

ACTIVE: Final = "active"
PAUSED: Final = "paused"
ENDED: Final = "ended"

_log = logging.getLogger("orchestrator.schedules")


class ScheduleManager:
    """Keeps schedules.

    Args:
        paths, store: the workspace.
        clock: tells the time.
    """

    def __init__(self, paths: WorkspacePaths, store: RecordStore, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._runs = ScheduledRuns(paths, store)
        self._clock = clock

    async def reconcile(self) -> bool:
        """One look at all schedules. See `supervision.Manager`."""
        return await asyncio.to_thread(self.round)

    async def shutdown(self) -> None:
        """Nothing runs that is its own."""

    def round(self) -> bool:
        """The same, here and now. Returns whether a run was made."""
        fired = False
        for record in self._store.list(SCHEDULES):
            if record.deleting:
                self._store.delete(record.key)
                continue
            try:
                fired = self._look(record) or fired
            except BackendError as error:
                self._settle(record, Health.DEGRADED, f"{error.detail} {error.fix}".strip())
            except Exception as error:  # one schedule must not keep the others waiting
                _log.exception("%s cannot be looked at", record.address)
                self._settle(record, Health.DEGRADED, f"{type(error).__name__}: {error}")
        return fired

    def _look(self, record: Record) -> bool:
        now = self._clock()
        before = Firing.of(record, now)
        firing = before.at(record, now)
        self._runs.source(record)
        due = firing.missed(record, now)
        if due is not None:
            firing = fired(firing, due, self._runs.fire(record, due))
            _log.info("%s fired: %s", record.address, firing.last_run)
        if firing.kept() != record.attributes.get(SCHEDULE_STATE) or record.health is not Health.HEALTHY:
            phase = phase_of(firing, record, now)
            self._store.update_status(
                record.key,
                health=Health.HEALTHY,
                phase=phase,
                message=alerting.message(record.attributes.get(ALERTS)),
                attributes={SCHEDULE_STATE: firing.kept()},
                generation=record.generation,
            )
        return due is not None

    def _settle(self, record: Record, health: Health, message: str) -> None:
        if (record.health, record.message) != (health, message):
            self._store.update_status(record.key, health=health, message=message)


def fired(firing: Firing, at: datetime, run: str) -> Firing:
    """What is remembered after a firing."""
    return Firing(firing.created, max(firing.until, at), firing.trigger, firing.paused, at, run)


def phase_of(firing: Firing, record: Record, now: datetime) -> str:
    """Whether it fires, is paused, or has come to its end."""
    if firing.paused:
        return PAUSED
    return ACTIVE if firing.next(record, now) is not None else ENDED
