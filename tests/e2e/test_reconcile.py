"""The loop as processes: exit codes, signals, death and succession. The project has no jobs, so nothing but the loop takes time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import ProcessIdentity
from orchestrator.workspace.supervision.control import ControlAddress, ControlFiles

pytestmark = pytest.mark.slow

SPEC = """\
project: small
compute:
  cpu: {type: amlcompute, size: Standard_DS3_v2, max_instances: 2}
  gpu: {type: amlcompute, size: Standard_NC6, max_instances: 1}
"""
AMLCTL = [sys.executable, "-m", "orchestrator"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path


def amlctl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*AMLCTL, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


class Running:
    """A loop as a process, and what it tells."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [*AMLCTL, "reconcile", "--interval", "2", "--log-format", "json", *arguments]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        self.events: list[dict[str, Any]] = []
        self._told = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._told:
                self.events.append(json.loads(line))
                self._told.notify_all()

    def wait_for(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        with self._told:
            assert self._told.wait_for(lambda: any(map(holds, self.events)), timeout=60), self.events
            return next(event for event in self.events if holds(event))

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join(60)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Running]:
    loop = Running(folder, *arguments)
    try:
        yield loop
    finally:
        loop.end(signal.SIGKILL)


def ended(outcome: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: event["event"] == "pass.end" and event["outcome"] == outcome


def test_once_says_by_its_exit_code_what_happened(folder: Path) -> None:
    assert amlctl(folder, "reconcile", "--once", "--observe").returncode == 2
    assert amlctl(folder, "reconcile", "--once").returncode == 2
    assert amlctl(folder, "reconcile", "--once").returncode == 0
    (folder / "spec.yaml").write_text(SPEC.replace("max_instances: 2", "max_instances: two"))
    failed = amlctl(folder, "reconcile", "--once", "--format", "json", "--quiet")
    assert failed.returncode == 1
    (project,) = json.loads(failed.stdout)["projects"].values()
    stalled = next(one for one in project["conditions"] if one["type"] == "Stalled")
    assert stalled["status"]
    assert stalled["message"].startswith("spec.yaml:3:")


def test_status_shows_what_the_loop_says(folder: Path) -> None:
    amlctl(folder, "reconcile", "--once", "--quiet")
    shown = amlctl(folder, "status").stdout
    assert "reconcile loop, small" in shown
    assert "Ready        True   UpToDate" in shown
    told = json.loads(amlctl(folder, "status", "--format", "json").stdout)["reconcile"]
    assert told["history"][0]["done"] == {"compute.cpu": "created", "compute.gpu": "created"}
    assert "UpToDate" in amlctl(folder, "reconcile", "--status").stdout


def test_status_shows_what_the_loop_says_although_the_spec_is_broken(folder: Path) -> None:
    amlctl(folder, "reconcile", "--once", "--quiet")
    (folder / "spec.yaml").write_text(SPEC.replace("compute:", "compote:"))
    amlctl(folder, "reconcile", "--once", "--quiet")
    shown = amlctl(folder, "status")
    assert shown.returncode == 1
    assert "Stalled      True   InvalidSpec  spec.yaml:2:1" in shown.stdout
    assert "compote" in shown.stderr
    told = json.loads(amlctl(folder, "status", "--format", "json").stdout)
    assert "reconcile" not in told, "one document, about the problems"


def test_the_second_signal_ends_a_loop_whose_workspace_does_not_answer(folder: Path) -> None:
    (folder / "a.csv").write_text("x\n1\n")
    job = """\
jobs:
  wait: {type: command, command: "sleep 600", compute: azureml:cpu, environment: {image: "python:3.11"}}
"""
    (folder / "spec.yaml").write_text(SPEC + job)
    root = folder / ".amlctl"
    with running(folder) as loop:
        loop.wait_for(lambda event: event["event"] == "pass.apply")
        files = ControlFiles(WorkspacePaths(root))
        until = time.monotonic() + 60
        while (address := ControlAddress.read(files)) is None or not files.guard_lock.exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        stopped = [ProcessIdentity.parse(files.guard_lock.read_text()).pid, address.process.pid]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            loop.process.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert loop.process.poll() is None, "the first one lets running steps end"
            began = time.monotonic()
            loop.end(signal.SIGTERM)
            assert time.monotonic() - began < 30
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
            amlctl(folder, "workspace", "down")


def test_a_signal_ends_the_loop_well(folder: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with running(folder) as loop:
            loop.wait_for(lambda event: event["event"] == "pass.end")
            assert loop.end(number) == 0


def test_the_second_loop_takes_over_from_a_killed_one(folder: Path) -> None:
    with running(folder) as first:
        first.wait_for(ended("changed"))
        with running(folder) as second:
            second.wait_for(lambda event: event["event"] == "standing by")
            (folder / "spec.yaml").write_text(SPEC.replace("max_instances: 2", "max_instances: 3"))
            first.wait_for(lambda event: ended("changed")(event) and event["changed"] == 1)
            assert not any(event["event"] == "pass.end" for event in second.events)
            os.kill(first.process.pid, signal.SIGKILL)
            (folder / "spec.yaml").write_text(SPEC.replace("max_instances: 2", "max_instances: 4"))
            assert second.wait_for(ended("changed"))["changed"] == 1
    told = json.loads(amlctl(folder, "status", "--format", "json").stdout)["reconcile"]
    assert told["counts"]["changed"] == 3, json.dumps(
        [[e["cause"], e["outcome"], e["done"], e["times"], e["healed"]] for e in told["history"]]
    )


def test_killed_again_and_again_while_the_spec_changes(folder: Path) -> None:
    for number in range(3, 9):
        (folder / "spec.yaml").write_text(SPEC.replace("max_instances: 2", f"max_instances: {number}"))
        with running(folder) as loop:
            loop.wait_for(lambda event: event["event"] in ("pass.apply", "pass.end"))
            loop.end(signal.SIGKILL)
    assert amlctl(folder, "reconcile", "--once").returncode in (0, 2)
    assert amlctl(folder, "plan", "--detailed-exitcode").returncode == 0
