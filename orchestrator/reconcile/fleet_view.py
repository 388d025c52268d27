"""The loop's counters for others: a board to look at, a desk to ask at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.core.ports import Clock
from orchestrator.reconcile.keeper import Keeper
from orchestrator.reconcile.managed import LONGEST_WAIT_S, Fleet, Managed
from orchestrator.reconcile.record import to_document
from orchestrator.reconcile.stages import StandingBy, Workers


class LiveFleetStatus:
    """Implements `ports.FleetStatus`."""

    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self._fleet = fleet
        self._clock = clock

    def alive(self) -> bool:
        """See `ports.FleetStatus`."""
        return self._clock.monotonic() - self._fleet.last_round < 3 * LONGEST_WAIT_S

    def ready(self) -> bool:
        """See `ports.FleetStatus`."""
        with self._fleet.lock:
            return all(name in self._fleet.ends for name in self._fleet.projects)

    def projects(self) -> Sequence[str]:
        """See `ports.FleetStatus`."""
        return tuple(self._fleet.projects)

    def status(self, project: str) -> Mapping[str, Any] | None:
        """See `ports.FleetStatus`."""
        document = self.documents().get(project)
        return {key: value for key, value in document.items() if key != "history"} if document is not None else None

    def history(self, project: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """See `ports.FleetStatus`."""
        document = self.documents().get(project)
        return document["history"][:limit] if document is not None else ()

    def documents(self) -> dict[str, dict[str, Any]]:
        """Project to what is kept of it with the state, and what goes on with it in this loop."""
        with self._fleet.lock:
            return {name: {**to_document(p.known.record), **self._live(p)} for name, p in self._fleet.projects.items()}

    def _live(self, project: Managed) -> dict[str, Any]:
        wait = project.schedule.due_at - self._clock.monotonic()
        return {
            "project": project.name,
            "running": project.control is not None,
            "standing_by_for": project.standby,
            "next_pass_in_s": None if wait == float("inf") else round(max(0.0, wait), 1),
        }


class LiveControls:
    """Implements `ports.Controls`.

    What is asked for holds at once. It outlives this process once the record is kept; while the disk is full it is kept by the next pass
    that can, and the event ``record.unsaved`` tells so.
    """

    def __init__(self, fleet: Fleet, keeper: Keeper, workers: Workers, clock: Clock) -> None:
        self._fleet = fleet
        self._keeper = keeper
        self._workers = workers
        self._clock = clock

    def trigger(self, project: str) -> None:
        """See `ports.Controls`."""
        with self._fleet.lock:
            managed = self._fleet.projects[project]
            managed.cause, managed.asked = "trigger", True
            managed.due_at = self._clock.monotonic()
        self._workers.wake()

    def suspend(self, project: str) -> None:
        """See `ports.Controls`."""
        self._rest(project, suspended=True)

    def resume(self, project: str) -> None:
        """See `ports.Controls`."""
        self._rest(project, suspended=False)
        self.trigger(project)

    def _rest(self, project: str, *, suspended: bool) -> None:
        with self._fleet.lock:
            managed = self._fleet.projects[project]
            if managed.standby:
                raise StandingBy(managed.standby)
            managed.suspended = suspended
            managed.known = replace(managed.known, record=replace(managed.known.record, suspended=suspended))
        self._keeper.save(managed)
