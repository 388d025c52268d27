"""Keeps runs in line with their records: queued, prepared, running, ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from orchestrator.core.errors import BackendError
from orchestrator.core.health import Health
from orchestrator.workspace.environments.environments import Environments
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.folder.trees import remove_tree
from orchestrator.workspace.jobs.children import Children, takes_place
from orchestrator.workspace.jobs.folder import Ending, JobFolder, RunExit
from orchestrator.workspace.jobs.preparation import ATTEMPT, Preparation
from orchestrator.workspace.jobs.room import Room
from orchestrator.workspace.jobs.settlement import Settlement
from orchestrator.workspace.jobs.starter import Starter
from orchestrator.workspace.processes.process import ProcessIdentity, alive, terminate
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import CANCEL_REQUESTED, MLFLOW_RUN, PROCESS, Record, RecordKey
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.server import TrackingServer

KIND: Final = record_kinds.JOBS
QUEUED, PREPARING, RUNNING = "queued", "preparing", "running"

MAX_ATTEMPTS: Final = 3
"""So many times a run is begun whose process was taken from it: by a killed machine, or for want of memory. What ended by
itself, with whatever code, is the job's own doing and is not begun again."""

VANISHED: Final = "Interrupted: its process ended without a result."

STOP_GRACE_S: Final = 8.0
"""A runner gets this long to end its job and write that down; longer than its own grace for the job, seconds."""

_log = logging.getLogger("orchestrator.jobs")


class JobManager:
    """Runs jobs. Everything it must not forget is in the records and in the runs' folders.

    Args:
        paths: the workspace.
        max_parallel: bound on runs at a time; None means the number of processors, at least two.
    """

    def __init__(
        self,
        paths: WorkspacePaths,
        store: RecordStore,
        content: ContentStore,
        environments: Environments,
        tracking: TrackingServer,
        max_parallel: int | None = None,
    ) -> None:
        self._paths = paths
        self._store = store
        self._tracking = tracking
        self._environments = environments
        self._stopping = False
        self._preparation = Preparation(paths, store, content, environments, tracking)
        self._settlement = Settlement(paths, store, tracking)
        self._children = Children(paths, store)
        self._max_parallel = max_parallel or max(2, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(self._max_parallel + 2, thread_name_prefix="job")
        self._starter = Starter()
        self._tasks: dict[RecordKey, Future[None]] = {}
        self._seen: int | None = None
        self._known: list[RecordKey] = []

    async def reconcile(self) -> bool:
        """One look at all runs. See `supervision.Manager`."""
        return await asyncio.to_thread(self._round)

    async def shutdown(self) -> None:
        """Stop all runs. Those that ran are marked interrupted; queued ones stay queued."""
        await asyncio.to_thread(self._stop_all)

    def _round(self) -> bool:
        # Before the records are read: what a task that is over has written is then in them.
        self._tasks = {key: task for key, task in self._tasks.items() if not task.done()}
        active = self._active()
        self._children.end_without_parent(active)
        going = [record for record in active if record.phase in (PREPARING, RUNNING) and takes_place(record)]
        room = Room(self._store, self._max_parallel, going)
        for record in active:
            free = not _waits(record) or not takes_place(record)
            if record.key not in self._tasks and (free or room.take(record)):
                self._look_safely(record)
        return bool(active or self._tasks)

    def _active(self) -> list[Record]:
        """Runs that something is to be done about. Thousands of ended ones are read only after others wrote something."""
        version = self._store.data_version()
        if version == self._seen:
            found = [record for key in self._known if (record := self._store.get(*key)) is not None]
        else:
            found = list(self._store.list(KIND))
        active = [record for record in found if record.deleting or record.health is Health.PROGRESSING]
        self._seen, self._known = version, [record.key for record in active]
        return active

    def _look_safely(self, record: Record) -> None:
        try:
            self._look(record)
        except Exception as error:  # one record must not keep the others waiting
            _log.exception("%s cannot be looked at", record.revision)
            self._store.update_status(record.key, health=Health.DEGRADED, phase=Ending.FAILED, message=str(error))

    def _look(self, record: Record) -> None:
        folder = JobFolder(self._paths.job(record.revision))
        if record.deleting:
            self._submit(record, lambda: self._remove(record, folder))
        elif record.phase == RUNNING or (record.phase == PREPARING and _began(folder)):
            self._watch(record, folder)
        elif CANCEL_REQUESTED in record.attributes:
            self._settlement.settle(record, folder, RunExit(None, Ending.CANCELLED, "Cancelled before it ran.", 0, 0))
        else:
            self._store.update_status(record.key, phase=PREPARING)
            self._submit(record, lambda: self._start(record, folder))

    def _watch(self, record: Record, folder: JobFolder) -> None:
        runner = folder.runner() or _identity(record.attributes.get(PROCESS))
        if folder.exit.exists():
            ended = RunExit.read(folder) or RunExit(None, Ending.FAILED, "Its exit file is damaged.", 0, 0)
            self._submit(record, lambda: self._end(record, folder, ended))
        elif runner is not None and alive(runner):
            if record.phase != RUNNING:
                self._store.update_status(record.key, phase=RUNNING, attributes={PROCESS: str(runner)})
            if CANCEL_REQUESTED in record.attributes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(runner.pid, signal.SIGTERM)
        elif not folder.exit.exists():  # asked again: it may have ended in this very moment
            self._submit(record, lambda: self._interrupted(record, folder, runner))

    def _start(self, record: Record, folder: JobFolder) -> None:
        def tell(line: str) -> None:
            self._store.update_status(record.key, message=line)

        self._stop(record, folder)
        self._preparation.prepare(record, tell)
        current = self._store.get(*record.key)
        if current is None or current.deleting or CANCEL_REQUESTED in current.attributes:
            folder.order.unlink()
            self._store.update_status(record.key, phase=QUEUED)
            return
        runner = self._starter.start(folder.path, folder.system_log)
        self._store.update_status(record.key, phase=RUNNING, message="", attributes={PROCESS: str(runner)})
        _log.info("%s runs as process %s", record.revision, runner)

    def _interrupted(self, record: Record, folder: JobFolder, runner: ProcessIdentity | None) -> None:
        if runner is not None:
            terminate(runner, STOP_GRACE_S)
        why = RunExit.read(folder) or RunExit(None, Ending.FAILED, VANISHED, 0, 0)
        if CANCEL_REQUESTED in record.attributes:
            why = RunExit(None, Ending.CANCELLED, "Cancelled.", 0, 0)
        self._end(record, folder, why)

    def _end(self, record: Record, folder: JobFolder, ended: RunExit) -> None:
        """Settle a run, or begin it again if its process was taken from it."""
        made = int(record.attributes.get(ATTEMPT) or 1)
        if not _taken(ended) or CANCEL_REQUESTED in record.attributes or made >= MAX_ATTEMPTS:
            self._settlement.settle(record, folder, ended)
            return
        _log.warning("%s is begun again: %s", record.revision, ended.reason)
        # Last the record: whoever dies before that comes here once more.
        for file in (folder.exit, folder.process):
            file.unlink(missing_ok=True)
        message = f"attempt {made + 1} of {MAX_ATTEMPTS}: {ended.reason}"
        self._store.update_status(
            record.key, phase=QUEUED, message=message, attributes={ATTEMPT: made + 1, PROCESS: None}
        )

    def _remove(self, record: Record, folder: JobFolder) -> None:
        self._stop(record, folder)
        if folder.path.exists():
            remove_tree(folder.path)
        if self._children.delete(record):
            self._seen = None  # our own writing is not noticed as others' is
        run_id = record.attributes.get(MLFLOW_RUN)
        if run_id and self._tracking.uri:
            try:
                self._tracking.client().delete_run(str(run_id))
            except BackendError as error:
                _log.warning("the tracked run of %s stays: %s", record.revision, error)
        self._store.delete(record.key)

    def _stop(self, record: Record, folder: JobFolder) -> None:
        runner = folder.runner() or _identity(record.attributes.get(PROCESS))
        if runner is not None and not terminate(runner, STOP_GRACE_S):
            _log.error("processes of %s do not end", record.revision)

    def _stop_all(self) -> None:
        self._stopping = True
        self._environments.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._starter.stop()
        running = [r for r in self._store.list(KIND) if r.phase in (PREPARING, RUNNING) and not r.deleting]
        with ThreadPoolExecutor(max(1, len(running)), thread_name_prefix="stop") as pool:
            list(pool.map(self._take_down, running))

    def _take_down(self, record: Record) -> None:
        folder = JobFolder(self._paths.job(record.revision))
        if record.health is not Health.PROGRESSING:
            return
        if record.phase == PREPARING and folder.runner() is None:
            self._store.update_status(record.key, phase=QUEUED)
            return
        ended = RunExit.read(folder)
        self._stop(record, folder)
        self._settlement.settle(
            record, folder, ended or RunExit(None, Ending.FAILED, "Interrupted: the workspace went down.", 0, 0)
        )

    def _submit(self, record: Record, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BackendError as error:
                self._give_up(record, f"{error.detail} {error.fix}".strip())
            except Exception as error:
                _log.exception("%s cannot be brought on", record.revision)
                self._give_up(record, f"{type(error).__name__}: {error}")

        self._tasks[record.key] = self._threads.submit(guarded)

    def _give_up(self, record: Record, reason: str) -> None:
        if record.deleting:
            self._store.update_status(record.key, message=reason)
            return
        if self._stopping:
            self._store.update_status(record.key, phase=QUEUED, message="")
            return
        folder = JobFolder(self._paths.job(record.revision))
        self._settlement.settle(record, folder, RunExit(None, Ending.FAILED, reason, 0, 0))


def _taken(ended: RunExit) -> bool:
    """Whether a run's process was taken from it: it vanished, or was killed in a way that no program chooses for itself."""
    killed = ended.code == -signal.SIGKILL and ended.reason == f"Ended by signal {signal.SIGKILL.name}."
    return ended.ending is Ending.FAILED and (ended.reason == VANISHED or killed)


def _began(folder: JobFolder) -> bool:
    """Whether a supervisor that was killed while it prepared the run had got as far as starting it."""
    return folder.order.exists() and (folder.runner() is not None or folder.exit.exists())


def _waits(record: Record) -> bool:
    """Whether a run needs a free place before anything can be done about it."""
    settled_anyway = record.deleting or CANCEL_REQUESTED in record.attributes
    return record.phase not in (PREPARING, RUNNING) and not settled_anyway


def _identity(text: object) -> ProcessIdentity | None:
    return ProcessIdentity.parse(text) if isinstance(text, str) else None
