"""Sweeps on a real supervisor: trials are runs, side by side, and the death of whoever watches them costs nothing."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.processes.process import members
from orchestrator.workspace.records.record import CANCEL_REQUESTED, PARENT, Record
from orchestrator.workspace.sweep.controller import TABLE
from tests.e2e.test_jobs import Workspace
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

LOG = (
    "import mlflow, os, sys, pathlib\n"
    "x = float(sys.argv[1])\n"
    "mlflow.log_metric('loss', (x - 2) ** 2)\n"
    "pathlib.Path(sys.argv[2], 'x.txt').write_text(os.environ['AZUREML_SWEEP_x'])\n"
)


class Sweeps(Workspace):
    """A workspace that runs sweeps."""

    def start(self, run: str, **changes: Any) -> None:
        body = {
            "type": "sweep",
            "trial": {
                "command": f'python -c "{LOG}" ${{{{search_space.x}}}} ${{{{outputs.model}}}}',
                "environment": {"image": "some/image"},
            },
            "search_space": {"x": {"type": "choice", "values": [1, 2, 3, 4]}},
            "sampling_algorithm": "grid",
            "objective": {"goal": "minimize", "primary_metric": "loss"},
            "limits": {"max_total_trials": 4, "max_concurrent_trials": 2},
            "outputs": {"model": {"type": "uri_folder", "name": "tuned"}},
            **changes,
        }
        self.store.insert(
            Record("jobs", "jobs.work", run, body=body, health=Health.PROGRESSING, phase="queued", variant="sweep")
        )
        self.client.ensure()
        self.client.nudge()

    def children(self, run: str) -> list[Record]:
        return [record for record in self.store.list("jobs") if record.attributes.get(PARENT) == run]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Sweeps]:
    workspace = Sweeps(tmp_path / "ws")
    yield workspace
    workspace.client.shutdown()
    workspace.store.close()


def test_a_sweep_finds_its_best_trial_though_its_supervisor_and_its_own_process_are_killed(workspace: Sweeps) -> None:
    workspace.start("tune")
    wait_for(lambda: any(child.health is Health.HEALTHY for child in workspace.children("tune")))
    ran = {
        child.revision: child.attributes["duration_s"]
        for child in workspace.children("tune")
        if "duration_s" in child.attributes
    }
    os.kill(workspace.supervisor_pid(), signal.SIGKILL)
    runner = workspace.folder("tune").runner()
    assert runner is not None
    os.kill(runner.pid, signal.SIGKILL)
    record = workspace.ended("tune")
    assert record.health is Health.HEALTHY, record.message
    children = workspace.children("tune")
    assert [child.phase for child in children] == ["completed"] * 4
    assert all(child.attributes["duration_s"] == ran[child.revision] for child in children if child.revision in ran)
    result = record.attributes["sweep"]
    assert (result["best_child"], result["value"], result["parameters"]) == ("tune_1", 0.0, {"x": "2"})
    assert record.attributes["metrics"] == {"loss": 0.0}
    assert (Path(record.attributes["outputs"]["model"]) / "x.txt").read_text() == "2"
    [asset] = workspace.store.versions("data", "data.tuned")
    assert asset.body["properties"]["azureml.jobName"] == "tune"
    rows = list(csv.DictReader((workspace.folder("tune").logs / TABLE).read_text().splitlines()))
    assert [(row["x"], row["loss"], row["best"]) for row in rows] == [
        ("1", "1.0", ""), ("2", "0.0", "yes"), ("3", "1.0", ""), ("4", "4.0", "")
    ]  # fmt: skip
    assert "<- best" in workspace.folder("tune").log.read_text()


def test_cancelling_a_sweep_ends_its_trials_and_deleting_it_removes_them(workspace: Sweeps) -> None:
    trial = {"command": "touch here; sleep 600 # ${{search_space.x}}", "environment": {"image": "some/image"}}
    workspace.start("tune", trial=trial, outputs={})
    wait_for(lambda: len(workspace.children("tune")) == 2)
    for child in ("tune_0", "tune_1"):
        workspace.wait_for_file(child, "here")
    runners = [workspace.folder(child).runner() for child in ("tune", "tune_0", "tune_1")]
    workspace.store.update_status(workspace.record("tune").key, attributes={CANCEL_REQUESTED: True})
    workspace.client.nudge()
    assert workspace.ended("tune").phase == "cancelled"
    wait_for(lambda: all(child.phase == "cancelled" for child in workspace.children("tune")))
    assert len(workspace.children("tune")) == 2, "no more are started"
    assert not any(members(runner) for runner in runners if runner is not None)
    workspace.store.mark_deleting(workspace.record("tune").key)
    workspace.client.nudge()
    wait_for(lambda: not workspace.store.list("jobs"))
    assert json.dumps([str(path) for path in workspace.paths.jobs.glob("*")]) == "[]"
