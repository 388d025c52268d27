"""What is done about runs, and when."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.jobs.manager import JobManager
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore

RUN = Record("jobs", "jobs.train", "run-1", body={"type": "command"}, health=Health.PROGRESSING, phase="queued")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    paths = WorkspacePaths(tmp_path)
    paths.root.mkdir(exist_ok=True)
    with closing(RecordStore(paths)) as store:
        store.insert(RUN)
        yield store


def test_a_run_whose_start_ends_while_the_records_are_read_is_not_started_again(
    store: RecordStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read says "queued" still; to start it once more would empty the folder of a run that has begun."""
    unused: Any = None
    manager = JobManager(WorkspacePaths(tmp_path), store, unused, unused, unused)
    may_start, started = threading.Event(), []

    def start(record: Record, folder: JobFolder) -> None:
        assert may_start.wait(10)
        started.append(record.revision)
        store.update_status(record.key, phase="running")

    read = manager._active

    def read_and_meanwhile_it_starts() -> list[Record]:
        records = read()
        may_start.set()
        manager._tasks[RUN.key].result(timeout=10)
        return records

    monkeypatch.setattr(manager, "_start", start)
    asyncio.run(manager.reconcile())
    monkeypatch.setattr(manager, "_active", read_and_meanwhile_it_starts)
    asyncio.run(manager.reconcile())
    manager._threads.shutdown(wait=True)
    assert started == ["run-1"]
