"""How many runs may go on at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.room import Room
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore


def job(compute: str | None) -> Record:
    return Record("jobs", "jobs.j", "r", body={"compute": compute} if compute else {})


@pytest.mark.parametrize(
    ("total", "running", "waiting", "taken", "why"),
    [
        (2, [], [None, None, None], [True, True, False], "the machine's own bound"),
        (9, [], ["azureml:one", "one"], [True, False], "a compute with one machine, however it is spelt"),
        (9, ["azureml:one"], ["azureml:one", "azureml:two"], [False, True], "what runs counts"),
        (9, [], ["azureml:none", "azureml:none"], [True, False], "no machine at rest still means one at work"),
        (9, [], ["azureml:undeclared"] * 3, [True] * 3, "an undeclared compute has no bound of its own"),
        (9, [], ["azureml:free"] * 3, [True] * 3, "neither has one that says nothing"),
    ],
)
def test_places(
    tmp_path: Path, total: int, running: list[str], waiting: list[str | None], taken: list[bool], why: str
) -> None:
    store = RecordStore(WorkspacePaths(tmp_path / "ws"))
    for name, bound in (("one", 1), ("two", 2), ("none", 0), ("free", None)):
        store.insert(Record("compute", f"compute.{name}", body={"max_instances": bound} if bound is not None else {}))
    room = Room(store, total, [job(compute) for compute in running])
    assert [room.take(job(compute)) for compute in waiting] == taken, why
    store.close()
