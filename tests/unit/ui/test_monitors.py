"""What monitors have found is on the pages of what they look at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.firings import FIRED_BY, FIRED_FOR
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.core.resource import Observed
from orchestrator.engine import load_project, open_workspace
from orchestrator.kinds import discover
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.monitors import report_of
from orchestrator.ui.source import look
from tests.unit.ui.conftest import EVIL, Played, browser_of

SPEC = """project: watched
data:
  training: {type: uri_file, path: rows.csv}
  other: {type: uri_file, path: rows.csv}
online_endpoints:
  hfe:
    auth_mode: key
    deployments:
      blue:
        model: {type: mlflow_model, path: model}
        instance_type: Standard_DS3_v2
        instance_count: 1
        data_collector: {collections: {model_inputs: {enabled: true}}}
    traffic: {blue: 100}
schedules:
  watch:
    trigger: {type: cron, expression: "0 6 * * *"}
    create_monitor:
      compute: {instance_type: standard_e4s_v3, runtime_version: "3.4"}
      monitoring_target: {ml_task: regression, endpoint_deployment_id: azureml:hfe:blue}
      monitoring_signals:
        inputs:
          type: data_drift
          reference_data: {input_data: {type: uri_file, path: azureml:training@latest}, data_context: training}
          metric_thresholds: {numerical: {normalized_wasserstein_distance: 0.3}}
"""
METRICS = [
    {"signal": "inputs", "feature": "rooms", "metric": "distance", "value": 0.1, "threshold": 0.3, "breached": False},
    {"signal": "inputs", "feature": EVIL, "metric": "distance", "value": 0.7, "threshold": 0.3, "breached": True},
    {"signal": "inputs", "feature": "empty", "metric": "distance", "value": None, "threshold": 0.3, "breached": False},
]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "rows.csv").write_text("x\n1\n")
    (folder / "model").mkdir()
    (folder / "model" / "MLmodel").write_text("flavors: {python_function: {loader_module: x}}\n")
    (folder / "monitor.json").write_text(json.dumps({"alerts": [f"drift {EVIL}"], "metrics": METRICS}))
    (folder / "spec.yaml").write_text(SPEC)
    project = load_project([folder / "spec.yaml"], LoadOptions())
    with open_workspace(project, discover(), SystemClock()) as workspace:
        return look(project, workspace)


def fired(*values: float) -> tuple[Observed, ...]:
    return tuple(
        Observed(
            Address("jobs", f"watch-{number}"), f"watch-{number}", properties={}, order=number,
            attributes={FIRED_BY: "watch", FIRED_FOR: "2026-01-01T06:00:00+00:00", "metrics": {f"inputs/{EVIL}/distance": value}},
        )
        for number, value in enumerate(values, 1)
    )  # fmt: skip


def page(snapshot: Snapshot, address: str) -> str:
    text = browser_of(Played(snapshot, snapshot.project.root)).get(f"/resource/{address}").text
    assert EVIL not in text
    return text


def test_data_deployments_and_endpoints_show_their_monitors(watched: Snapshot) -> None:
    now = replace(watched, fired=fired(0.2, 0.5, 0.7))
    for address in (
        "data.training",
        "online_endpoints.hfe",
        "online_endpoints.hfe.deployments.blue",
        "schedules.watch",
    ):
        text = page(now, address)
        assert "1 of 3 beyond the threshold" in text and "watch-3" in text, address
        assert text.count("<polyline") == 1, "over the firings"
    assert "Monitor <a" not in page(now, "data.other")
    run = browser_of(Played(now, now.project.root)).get("/run/jobs.watch-3?name=watch-3").text
    assert "Drift and quality" in run and run.index("0.7") < run.index("rooms"), "breaches first"


def test_a_monitor_that_has_not_fired_says_so(watched: Snapshot) -> None:
    assert "It has not fired yet." in page(watched, "data.training")


def test_reports_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    told: list[Any] = [[], {}, {"metrics": 1}, {"metrics": [{}]}, {"metrics": [{"threshold": "x"}]}]
    for number, each in enumerate(told):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(each))
        assert report_of(path) is None
    assert report_of(None) is None and report_of(tmp_path / "none") is None
