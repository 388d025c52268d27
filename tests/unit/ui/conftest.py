"""A project with every sort of page, without any process: what lives in the workspace is played."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from orchestrator.core.address import Address
from orchestrator.core.figures import Figures, Point
from orchestrator.core.firings import FIRED_BY, FIRED_FOR, STATE
from orchestrator.core.health import Health
from orchestrator.core.metering import Reading
from orchestrator.core.plan import Plan
from orchestrator.core.ports import ScoringAnswer, ScoringRequest, SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.core.resource import Observed
from orchestrator.core.run import RunReport
from orchestrator.core.tracked import RunFile, Tracked
from orchestrator.engine import RunOptions, load_project, open_workspace
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from orchestrator.report.statuses import statuses
from orchestrator.ui.app import application
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.source import look

TOKEN = "a-token"
HOST = "http://127.0.0.1:8643"
SPEC = """project: demo
description: "rows & <b>columns</b>"
compute:
  cpu: {type: amlcompute, size: Standard_DS2_v2}
data:
  rows: {type: uri_file, path: rows.csv, description: "<img src=x onerror=alert(1)>"}
environments:
  py: {image: "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"}
jobs:
  train:
    type: command
    command: python train.py
    environment: azureml:py@latest
    compute: azureml:cpu
    inputs: {rows: {type: uri_file, path: azureml:rows@latest}}
    outputs: {model: {type: uri_folder}}
  flow:
    type: pipeline
    jobs:
      prep: {type: command, command: "true", environment: azureml:py@latest, outputs: {out: {type: uri_folder}}}
      fit:
        type: command
        command: "true"
        environment: azureml:py@latest
        inputs: {rows: "${{parent.jobs.prep.outputs.out}}"}
models:
  scorer: {type: custom_model, path: azureml://jobs/train/outputs/model}
schedules:
  nightly:
    create_job: azureml:train
    trigger: {type: cron, expression: "0 3 * * *", start_time: "2026-01-01T00:00:00", time_zone: "W. Europe Standard Time"}
"""
TRAIN = Address("jobs", "train")
FLOW = Address("jobs", "flow")
SCORER = Address("models", "scorer")
CURVES = {
    "source": "test_data", "rows": 60, "confusion": {"labels": ["no", "yes"], "matrix": [[40, 3], [5, 12]]},
    "roc": [{"label": "yes", "points": [[0, 0], [0.1, 0.7], [1, 1]]}], "importance": [{"feature": "age", "importance": 0.2}],
    "residuals": {"edges": [-1.0, 0.0, 1.0], "counts": [3, 4]}, "predicted_true": [[1, 1.2], [2, 1.8]],
}  # fmt: skip
NIGHTLY = Address("schedules", "nightly")
ENDPOINT = """project: served
online_endpoints:
  hfe:
    auth_mode: key
    deployments:
      blue: {model: {type: mlflow_model, path: model}, instance_type: Standard_DS3_v2, instance_count: 1}
      green: {model: {type: mlflow_model, path: model}, instance_type: Standard_DS3_v2, instance_count: 1}
    traffic: {blue: 90, green: 10}
    tests: [{name: one, request: {json: {rows: [1]}}}]
"""
HF = Address("online_endpoints", "hfe")
EVIL = "<script>alert('&')</script>"


class Played:
    """A `Source` whose answers are given."""

    def __init__(self, snapshot: Snapshot, folder: Path) -> None:
        self.now = snapshot
        self.folder = folder
        self.lines = ["epoch 1", f"loss 0.5 {EVIL}"]
        self.report: RunReport | None = None
        self.asked: list[ScoringRequest] = []
        self.agreed: list[bool] = []
        self.trouble: Exception | None = None
        self.counted: list[Reading] = []

    def snapshot(self) -> Snapshot:
        if self.trouble is not None:
            raise self.trouble
        return self.now

    def tracked(self) -> Tracked:
        return Runs(self.folder)

    def readings(self, endpoint: Address) -> Sequence[Reading]:
        return self.counted

    def log(self, address: Address, revision: str | None) -> list[str]:
        return self.lines

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        self.asked.append(request)
        return ScoringAnswer("http://127.0.0.1/score", 200, f'{{"result": "{EVIL}"}}')

    def apply(self, run: RunOptions, confirm: Callable[[Plan], bool]) -> RunReport | None:
        assert self.now.plan is not None
        self.agreed.append(confirm(self.now.plan))
        return self.report


class Runs:
    """What the played run has logged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def figures(self, run: Observed) -> Figures | None:
        points = tuple(Point(step, 1 / (step + 1), 1_700_000_000_000 + step) for step in range(5))
        return Figures(
            run_id=run.revision, name=EVIL, status="FINISHED", started=1_700_000_000_000, ended=1_700_000_061_000,
            parameters={"lr": "0.1", EVIL: EVIL}, metrics={"loss": points, EVIL: points[:1]},
        )  # fmt: skip

    def children(self, run: Observed) -> Sequence[Figures]:
        if run.address == FLOW:
            return [
                Figures(run_id="flow_prep", name="prep", status="FINISHED", step="prep", reused_from=f"older{EVIL}")
            ]
        return [
            Figures(run_id=f"trial{number}", name=f"trial {number}", status="FINISHED",
                    parameters={"depth": str(number), "kernel": EVIL if number else "rbf"},
                    metrics={"AUC": (Point(0, 0.5 + number / 10),)})
            for number in range(3)
        ]  # fmt: skip

    def files(self, run: Observed) -> Sequence[RunFile]:
        return [RunFile("outputs/model.txt", 5), RunFile("outputs/rai/dashboard.html", 9)]

    def file(self, run: Observed, name: str) -> Path | None:
        made = {
            "outputs/model.txt": "rows.csv",
            "outputs/rai/dashboard.html": "rows.html",
            "outputs/curves.json": "curves.json",
            "outputs/monitor.json": "monitor.json",
        }
        return self._folder / made[name] if name in made else None


def with_objects(snapshot: Snapshot, objects: Mapping[Address, tuple[Observed, ...]]) -> Snapshot:
    """The same project, with other things in its workspace."""
    observation = replace(snapshot.observation, objects=objects)
    plan = make_plan(snapshot.project, snapshot.state, observation, snapshot.kinds, PlanOptions())
    return replace(snapshot, observation=observation, plan=plan, statuses=statuses(plan, observation))


@pytest.fixture(scope="package")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A look at the project before anything was applied."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "rows.csv").write_text("x,y\n1,<i>2</i>\n3,4\n")
    (folder / "rows.html").write_text("<script>parent.alert(1)</script>")
    (folder / "curves.json").write_text(json.dumps(CURVES))
    (folder / "spec.yaml").write_text(SPEC)
    project = load_project([folder / "spec.yaml"], LoadOptions())
    with open_workspace(project, discover(), SystemClock()) as workspace:
        return look(project, workspace)


@pytest.fixture(scope="package")
def ran(looked: Snapshot) -> Snapshot:
    """The same after two runs of its job."""
    runs = tuple(
        Observed(
            TRAIN, revision, properties={"type": "command", "command": "python train.py"}, owner="demo", health=health,
            message=message, order=order, attributes={"duration_s": 61.5},
        )
        for order, revision, health, message in (
            (1, "train-1", Health.DEGRADED, f"exit code 1 {EVIL}"), (2, "train-2", Health.HEALTHY, ""),
        )
    )  # fmt: skip
    flow = Observed(FLOW, "flow-1", properties={"type": "pipeline"}, owner="demo", order=3)
    fired = Observed(
        Address("jobs", "nightly-1"), "nightly-1", properties={"command": "python train.py"}, order=4,
        attributes={FIRED_BY: "nightly", FIRED_FOR: "2026-01-01T02:00:00+00:00", "metrics": {"loss": 0.25}},
    )  # fmt: skip
    state = {
        "created": "2026-01-01T00:00:00+00:00",
        "until": "2026-01-01T02:00:00+00:00",
        "last": "2026-01-01T02:00:00+00:00",
    }
    trigger = looked.project.resources[NIGHTLY].properties["trigger"]
    nightly = Observed(NIGHTLY, "", properties={"trigger": trigger}, owner="demo", attributes={STATE: state})
    scorer = Observed(SCORER, "1", properties={"path": "azureml://jobs/train-2/outputs/model"}, owner="demo")
    return replace(
        with_objects(looked, {SCORER: (scorer,), TRAIN: runs, FLOW: (flow,), NIGHTLY: (nightly,)}), fired=(fired,)
    )


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("served")
    (folder / "model").mkdir()
    (folder / "model" / "MLmodel").write_text("flavors: {python_function: {loader_module: x}}\n")
    (folder / "spec.yaml").write_text(ENDPOINT)
    project = load_project([folder / "spec.yaml"], LoadOptions())
    with open_workspace(project, discover(), SystemClock()) as workspace:
        seen = look(project, workspace)
    endpoint = Observed(
        HF, "", properties={"auth_mode": "key"}, owner="served", attributes={"scoring_uri": "http://127.0.0.1:9/a'b"}
    )
    traffic = Address("online_endpoints", "hfe", "traffic")
    shares = Observed(
        traffic, "", properties={"traffic": {"blue": 90, "green": 10}, "mirror_traffic": {"green": 5}}, owner="served"
    )
    return with_objects(seen, {HF: (endpoint,), traffic: (shares,)})


@pytest.fixture
def source(ran: Snapshot) -> Played:
    return Played(ran, ran.project.root)


def browser_of(source: Played, *, allow_apply: bool = False) -> TestClient:
    """A browser that has opened the printed address."""
    client = TestClient(application(source, TOKEN, allow_apply=allow_apply), HOST, raise_server_exceptions=True)
    assert client.get(f"/?token={TOKEN}").status_code == 200
    return client


@pytest.fixture
def browser(source: Played) -> TestClient:
    return browser_of(source)
