"""The MLOps project: development for real, from training to a monitor that finds drift and a gate that refuses a worse model."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import ROOT, Project
from tests.waiting import wait_for

MLOPS = ROOT / "specs" / "mlops"
ENDPOINT = "online_endpoints.pumps-dev"


@pytest.fixture(scope="module")
def mlops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, applied once; the tests of this module follow each other."""
    project = Project.copy_of(MLOPS, tmp_path_factory.mktemp("mlops") / "mlops")
    outcomes = project.apply()
    assert outcomes["jobs.train"]["outcome"] == "ran"
    yield project
    project.close()


def ended(project: Project, run: str) -> Path:
    """The folder of a run, once it has ended well."""
    folder = project.workspace / "jobs" / run
    wait_for((folder / "exit.json").exists, f"the end of {run}")
    assert json.loads((folder / "exit.json").read_text())["ending"] == "completed", project.run(
        "logs", project.spec, f"jobs.{run}", code=None
    ).stdout
    return folder


def test_the_model_that_passed_serves_online_and_in_batches(mlops: Project) -> None:
    assert mlops.plan() == {}
    (decision,) = mlops.workspace.glob("jobs/train-????????????/outputs/decision/decision.json")
    assert json.loads(decision.read_text())["in_use"] is None
    scored = mlops.run("invoke", mlops.spec, "batch_endpoints.pumps-batch", "--input", "data/holdout.csv")
    assert len(Path(scored.stdout.strip()).read_text().splitlines()) == 200


def test_warmer_pumps_raise_an_alert_that_has_the_model_trained_again(mlops: Project) -> None:
    mlops.run("invoke", mlops.spec, ENDPOINT, "--request-file", "requests/warmer.json")
    watching = mlops.run("trigger", mlops.spec, "schedules.watch-pumps").stdout.strip()
    found = json.loads((ended(mlops, watching) / "outputs" / "monitor.json").read_text())
    assert [text.split(" is ")[0] for text in found["alerts"]] == [
        "inputs: normalized_wasserstein_distance of temperature"
    ]
    assert f"1 alert of {watching}" in mlops.status()["schedules.watch-pumps"]["message"]
    again = ended(mlops, watching.replace("watch-", "retrain-"))
    gate = json.loads((again / "outputs" / "decision" / "decision.json").read_text())
    assert gate["in_use"] == "models:/pumps/1" and gate["accuracy"] == gate["accuracy_in_use"]
    assert (again / "user_logs" / "std_log.txt").read_text().count("reused from") == 2


def test_the_gate_refuses_a_worse_model_and_the_endpoint_keeps_the_old_one(mlops: Project) -> None:
    subprocess.run([sys.executable, "make_data.py", "noisy", "--noise", "0.5"], cwd=mlops.folder, check=True)
    worse = ("--var", "data_path=./noisy")
    outcomes = mlops.apply(*worse, code=3)
    assert "The new model is worse" in outcomes["jobs.train"]["error"]
    left = {address for address, outcome in outcomes.items() if outcome["outcome"] == "skipped"}
    assert {"models.pumps", f"{ENDPOINT}.deployments.blue"} <= left
    assert mlops.run("invoke", mlops.spec, ENDPOINT, "--request-file", "requests/usual.json").stdout.startswith("[")
    assert "jobs.train" not in mlops.plan(), "with the old data there is nothing to train"
