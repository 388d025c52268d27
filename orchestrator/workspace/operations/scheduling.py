"""Schedules as callers see them: how far they are, a clock to turn, and a firing by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.core.errors import NotFound
from orchestrator.workspace.operations.records import Records
from orchestrator.workspace.schedules.state import SCHEDULES

if TYPE_CHECKING:
    from orchestrator.workspace.records.record import Record
    from orchestrator.workspace.schedules.clock import Fired, ScheduleFacts
    from orchestrator.workspace.schedules.runs import Source


class Scheduling(Records):
    """Records, and what is due by them."""

    def schedules(self, now: datetime | None = None) -> Sequence[ScheduleFacts]:
        """All schedules, by name, with their last and next firings. Starts and makes nothing.

        Args:
            now: the time, in UTC; the clock's if left out.
        """
        from orchestrator.workspace.schedules.clock import facts

        return facts(self._store.list(SCHEDULES), now or datetime.now(UTC))

    def tick(self, to: datetime) -> Sequence[Fired]:
        """Fire what is due until a time, as if it were that late, and have the runs run.

        Raises:
            Invalid, NotFound: see `schedules.clock.tick`.
        """
        from orchestrator.workspace.schedules.clock import tick

        fired = tick(self._paths, self._store, datetime.now(UTC), to)
        if fired:
            self.wake()
        return fired

    def trigger(self, schedule: str) -> str:
        """Fire a schedule once, now, whether or not it is paused. Returns the name of the run.

        Raises:
            NotFound: there is no such schedule, or the job that it names is not there.
            Invalid: it has no job that could be run here.
        """
        from orchestrator.workspace.schedules.runs import ScheduledRuns

        record = self._store.get(SCHEDULES, f"{SCHEDULES}.{schedule}", "")
        if record is None or record.deleting:
            raise NotFound(f"The schedule '{schedule}' is not in the workspace.", fix="Apply it first.")
        run = ScheduledRuns(self._paths, self._store).fire_by_hand(record, datetime.now(UTC))
        self.wake()
        return run

    def scheduled(self, schedule: Record) -> Source:
        """The job that a schedule runs; raises as `trigger`."""
        from orchestrator.workspace.schedules.runs import ScheduledRuns

        return ScheduledRuns(self._paths, self._store).source(schedule)
