"""What runs logged, read from MLflow's database, without MLflow and without its server.

Source: mlflow/store/tracking/dbmodels/models.py of 3.17, tables ``runs``, ``metrics``, ``params`` and ``tags``.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.figures import Figures, Point
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import MLFLOW_RUN, PARAMETERS, PARENT, STEP, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.run_files import all_files
from orchestrator.workspace.tracking.tracked_files import BUSY_S

_RUN: Final = """
SELECT run_uuid, name, status, start_time, end_time,
(SELECT name FROM experiments WHERE experiments.experiment_id = runs.experiment_id)
FROM runs WHERE lifecycle_stage = 'active' AND """
_ONE: Final = f"{_RUN} run_uuid = ?"
_CHILDREN: Final = f"""{_RUN} run_uuid IN (SELECT run_uuid FROM tags WHERE key = 'mlflow.parentRunId' AND value = ?)
ORDER BY start_time, rowid LIMIT ?"""  # noqa: S608
_TOP: Final = f"""{_RUN} run_uuid NOT IN (SELECT run_uuid FROM tags WHERE key = 'mlflow.parentRunId')
ORDER BY start_time, rowid LIMIT ?"""  # noqa: S608
_METRICS: Final = (
    "SELECT key, step, value, timestamp, is_nan FROM metrics WHERE run_uuid = ? ORDER BY key, step, timestamp"
)
_PARAMETERS: Final = "SELECT key, value FROM params WHERE run_uuid = ? ORDER BY key"
_TAGS: Final = "SELECT key, value FROM tags WHERE run_uuid = ?"

MOST_CHILDREN: Final = 1000
"""A search with more trials shows its first ones."""


@dataclass(frozen=True, slots=True)
class TrackedRuns:
    """What runs of one workspace logged and made. Reading changes and starts nothing."""

    paths: WorkspacePaths
    store: RecordStore

    def files(self, run: Record) -> Iterator[tuple[str, Path]]:
        """Path below the run's name, and file; of all its outputs and logs."""
        return all_files(self.paths, run)

    def figures(self, run: Record) -> Figures | None:
        """Parameters and metrics of one run; None if it has logged nothing."""
        return next(iter(self._read(_ONE, _run_id(run))), None)

    def children(self, run: Record) -> Sequence[Figures]:
        """The same of the runs that a run has started, oldest first: those that have a job of their own, and those that it only logged."""
        logged = {each.run_id: each for each in self._read(_CHILDREN, _run_id(run), MOST_CHILDREN)}
        jobs = [
            record
            for record in self.store.list(run.kind)
            if record.attributes.get(PARENT) == run.revision and not record.deleting
        ][:MOST_CHILDREN]
        return [*(_child(record, logged.pop(_run_id(record), None)) for record in jobs), *logged.values()]

    def logged(self, kind: str, run_id: str) -> Figures | None:
        """A run that no job made, such as a notebook's, by its id in MLflow; None if there is none.

        Args:
            kind: of the records that are jobs.
        """
        if any(_run_id(record) == run_id for record in self.store.list(kind)):
            return None
        return next(iter(self._read(_ONE, run_id)), None)

    def all_logged(self, kind: str) -> Sequence[Figures]:
        """All runs that no job and no other run made, oldest first."""
        jobs = {_run_id(record) for record in self.store.list(kind)}
        return [run for run in self._read(_TOP, MOST_CHILDREN) if run.run_id not in jobs]

    def logged_children(self, run_id: str) -> Sequence[Figures]:
        """What a run without a job has started, oldest first."""
        return self._read(_CHILDREN, run_id, MOST_CHILDREN)

    def _read(self, query: str, *values: Any) -> Sequence[Figures]:
        database = self.paths.tracking / "mlflow.db"
        if not database.is_file():
            return ()
        try:
            with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", BUSY_S, uri=True)) as connection:
                return [_figures(connection, row) for row in connection.execute(query, values).fetchall()]
        except sqlite3.Error:  # being made, or being migrated by its server
            return ()


def _run_id(run: Record) -> str:
    """The run in MLflow of a job: until it has one, nothing is logged under the job's name either."""
    return str(run.attributes.get(MLFLOW_RUN) or run.revision)


def _child(record: Record, logged: Figures | None) -> Figures:
    """A child as its job's record and MLflow know it."""
    step: Mapping[str, Any] = record.attributes.get(STEP) or {}
    chosen = {str(name): str(value) for name, value in (record.attributes.get(PARAMETERS) or {}).items()}
    known = logged or Figures(run_id=_run_id(record), name=str(record.body.get("display_name") or record.revision))
    parameters = {name: value for name, value in known.parameters.items() if name not in chosen}
    return replace(
        known,
        status=_status(record),
        parameters={**chosen, **parameters},
        job=record.revision,
        step=str(step.get("name") or ""),
        reused_from=str(step.get("reused_from") or ""),
    )


def _status(record: Record) -> str:
    if record.health is Health.PROGRESSING:
        return "SCHEDULED" if record.phase == "queued" else "RUNNING"
    if record.health is Health.HEALTHY:
        return "FINISHED"
    return "KILLED" if record.phase == "cancelled" else "FAILED"


def _figures(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Figures:
    run_id, name, status, started, ended, experiment = row
    metrics: dict[str, list[Point]] = {}
    for key, step, value, at, is_nan in connection.execute(_METRICS, (run_id,)):
        metrics.setdefault(key, []).append(Point(int(step or 0), math.nan if is_nan else float(value), int(at or 0)))
    return Figures(
        run_id=run_id,
        name=name or run_id,
        status=status or "",
        started=int(started or 0),
        ended=int(ended or 0),
        parameters=dict(connection.execute(_PARAMETERS, (run_id,))),
        metrics={key: tuple(points) for key, points in metrics.items()},
        tags=dict(connection.execute(_TAGS, (run_id,))),
        experiment=experiment or "",
    )
