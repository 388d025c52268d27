"""Runners that are forked are like those that were started by themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.workspace.jobs.folder import Ending, JobFolder, RunExit, RunOrder
from orchestrator.workspace.jobs.starter import Starter
from orchestrator.workspace.processes import process_table
from orchestrator.workspace.processes.process import alive, members, terminate
from tests.waiting import wait_for

ORDER = RunOrder("run", "command", {"type": "command"}, sys.executable, command="true")


@pytest.fixture
def starter() -> Iterator[Starter]:
    starter = Starter()
    yield starter
    starter.stop()


def job(tmp_path: Path, name: str, command: str) -> JobFolder:
    folder = JobFolder(tmp_path / "jobs" / name)
    for part in (folder.code, folder.logs, folder.outputs):
        part.mkdir(parents=True)
    replace(ORDER, command=command).write(folder)
    return folder


def ended(folder: JobFolder) -> RunExit:
    return wait_for(lambda: RunExit.read(folder))  # type: ignore[no-any-return]


def test_runs_end_as_they_would_alone(starter: Starter, tmp_path: Path) -> None:
    table = {"true": (0, Ending.COMPLETED), "exit 3": (3, Ending.FAILED), "kill -9 $$": (-9, Ending.FAILED)}
    for number, (command, expected) in enumerate(table.items()):
        folder = job(tmp_path, str(number), f"readlink /proc/self/fd/0; sleep 600 & {command}")
        runner = starter.start(folder.path, folder.path / "runner.log")
        found = ended(folder)
        assert (found.code, found.ending) == expected, command
        wait_for(lambda runner=runner: not alive(runner) and not members(runner))
        assert folder.log.read_text().strip() == "/dev/null"
        assert (folder.path / "runner.log").read_text() == ""
        assert folder.runner() == runner and runner.pid != os.getpid()


def test_a_run_outlives_the_starter_and_the_next_one_gets_another(starter: Starter, tmp_path: Path) -> None:
    first, second = (job(tmp_path, name, f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done") for name in "ab")
    runner = starter.start(first.path, first.path / "runner.log")
    process = starter._process
    assert process is not None and os.getsid(runner.pid) == runner.pid != os.getsid(process.pid)
    process.kill()
    other = starter.start(second.path, second.path / "runner.log")
    starter.stop()
    assert alive(runner) and alive(other)
    (tmp_path / "go").write_text("")
    assert [ended(folder).ending for folder in (first, second)] == [Ending.COMPLETED, Ending.COMPLETED]
    wait_for(lambda: not alive(runner) and not alive(other))
    process.wait(10)


def test_the_starter_ends_with_whoever_asked_for_it(starter: Starter, tmp_path: Path) -> None:
    folder = job(tmp_path, "a", "true")
    starter.start(folder.path, folder.path / "runner.log")
    process = starter._process
    assert process is not None and process.stdin is not None
    ended(folder)
    process.stdin.close()
    assert process.wait(10) == 0


def test_where_nothing_can_be_forked_a_runner_is_started(
    starter: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_table, "LINUX", False)
    monkeypatch.setattr("orchestrator.workspace.processes.process_table.born", lambda pid: "now")
    folder = job(tmp_path, "a", "true")
    runner = starter.start(folder.path, folder.path / "runner.log")
    monkeypatch.undo()
    try:
        assert starter._process is None and ended(folder).ending is Ending.COMPLETED
    finally:
        terminate(runner, 1.0)
