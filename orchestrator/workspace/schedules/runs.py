"""Runs that come of schedules: a record of a job for each firing, made from what the schedule says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.firings import FIRED_BY, FIRED_FOR
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.job_types.command import EXECUTION as COMMAND
from orchestrator.workspace.monitoring.making import monitor_job
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import FILES, SETTINGS, Record, RecordKey
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.schedules.reuse import always_runs, from_earlier, with_digest

JOBS: Final = record_kinds.JOBS

CREATE_JOB: Final = "create_job"
CREATE_MONITOR: Final = "create_monitor"
_JOB: Final = "job"
_NOT_CONTENT: Final = frozenset({"name", "$schema", "id", "creation_context", _JOB})
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The job that a schedule runs.

    Attributes:
        body, variant: of the job.
        secrets: the record whose secrets stand in it, and where a place in that body is in the job's.
        kept: attributes that the run needs as well.
    """

    body: Mapping[str, Any]
    variant: str
    secrets: RecordKey
    moved: Callable[[_Path], _Path | None]
    kept: Mapping[str, Any]


def run_name(schedule: str, at: datetime) -> str:
    """The name of the run of a firing. Source: Azure ML documentation, schedules: SCHEDULE-YYYYMMDDThhmmssZ."""
    return f"{schedule}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


class ScheduledRuns:
    """Makes runs of schedules.

    Args:
        paths, store: the workspace.
    """

    def __init__(self, paths: WorkspacePaths, store: RecordStore) -> None:
        self._paths = paths
        self._store = store
        self._secrets = SecretFiles(paths)

    def fire(self, schedule: Record, at: datetime) -> str:
        """Make the run of a firing, unless it is there: names come from the time, so nothing fires twice.

        Returns:
            Its name.

        Raises:
            NotFound: the job that the schedule names is not there.
            Invalid: the schedule has none.
        """
        name = run_name(leaf(schedule), at)
        if self._store.find(JOBS, name) is None:
            with contextlib.suppress(Conflict):
                self._make(schedule, name, at, reused=not always_runs(schedule))
        return name

    def fire_by_hand(self, schedule: Record, now: datetime) -> str:
        """Make a run now, beside those of the trigger; it does not take an earlier result. Returns its name; raises as `fire`."""
        base = name = run_name(leaf(schedule), now)
        number = 1
        while self._store.find(JOBS, name) is not None:
            number += 1
            name = f"{base}-{number}"
        self._make(schedule, name, now, reused=False)
        return name

    def _make(self, schedule: Record, name: str, at: datetime, *, reused: bool) -> None:
        source = self.source(schedule, at)
        body = {key: value for key, value in source.body.items() if key not in _NOT_CONTENT}
        record = Record(
            JOBS,
            f"{JOBS}.{name}",
            name,
            body={**body, "display_name": name},
            attributes={**source.kept, FIRED_BY: leaf(schedule), FIRED_FOR: at.isoformat()},
            health=Health.PROGRESSING,
            phase="queued",
            variant=source.variant,
        )
        self._secrets.hand_on(source.secrets, record.key, source.moved)
        if source.variant == COMMAND.key:
            record = with_digest(self._paths, self._store, record)
            record = (from_earlier(self._paths, self._store, record) if reused else None) or record
        self._store.insert(record)

    def source(self, schedule: Record, at: datetime | None = None) -> Source:
        """What a schedule runs; raises as `fire`.

        Args:
            at: the moment for which it fires; now if left out.
        """
        if isinstance(schedule.body.get(CREATE_MONITOR), Mapping):
            body = monitor_job(self._store, schedule, at or datetime.now(UTC))
            return Source(body, COMMAND.key, schedule.key, _nowhere, _kept(schedule))
        job = schedule.body.get(CREATE_JOB)
        if isinstance(job, str):
            return self._named(job, {})
        if not isinstance(job, Mapping):
            raise Invalid(f"{schedule.address} has no job that could be run here.")
        if isinstance(job.get(_JOB), str):
            return self._named(job[_JOB], {key: value for key, value in job.items() if key not in ("type", _JOB)})
        return Source(job, job_variant(job), schedule.key, _inside, _kept(schedule))

    def _named(self, reference: str, changes: Mapping[str, Any]) -> Source:
        name = reference.removeprefix("azureml:").rpartition("/")[2]
        found = self._store.find(JOBS, name) or self._store.latest(JOBS, f"{JOBS}.{name}")
        if found is None:
            raise NotFound(f"The job '{name}' is not in the workspace.", fix="Apply it first.")
        return Source(_changed(found.body, changes), found.variant, found.key, lambda path: path, _kept(found))


def leaf(schedule: Record) -> str:
    """The name of a schedule."""
    return schedule.address.partition(".")[2]


def job_variant(job: Mapping[str, Any]) -> str:
    """The variant of a job's body that a schedule holds: with its task, where it has one. Without a type it is a command's."""
    kind = str(job.get("type") or COMMAND.key)
    return f"{kind}.{job['task']}" if isinstance(job.get("task"), str) else kind


def _kept(record: Record) -> dict[str, Any]:
    return {name: record.attributes[name] for name in (*SETTINGS, FILES) if name in record.attributes}


def _nowhere(path: _Path) -> None:
    """The run of a monitor has none of its secrets."""


def _inside(path: _Path) -> _Path:
    return path[1:] if path[:1] == (CREATE_JOB,) else path


def _changed(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A body with what is otherwise: mappings member by member, the rest as a whole."""
    merged = dict(body)
    for name, value in changes.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = {**before, **value} if both else value  # type: ignore[dict-item]
    return merged
