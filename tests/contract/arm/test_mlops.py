"""The MLOps project on Azure's wire: every stage is planned, and what watches it is written by the real client."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator import api
from orchestrator.core.change import Action
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from tests.waiting import wait_for
from tests.wire.faults import FaultyService

WATCH = """
name: watch
trigger: {type: recurrence, frequency: day, interval: 1, start_time: "2090-01-01T00:00:00"}
create_monitor:
  compute: {instance_type: standard_e4s_v3, runtime_version: "3.4"}
  monitoring_signals:
    drift:
      type: data_drift
      production_data:
        input_data: {type: uri_folder, path: "azureml://datastores/workspaceblobstore/paths/after"}
        data_context: model_inputs
      reference_data:
        input_data: {type: uri_folder, path: "azureml://datastores/workspaceblobstore/paths/before"}
        data_context: training
      metric_thresholds: {numerical: {normalized_wasserstein_distance: 0.2}}
      alert_enabled: true
"""
MLOPS = Path(__file__).parents[3] / "specs" / "mlops"


@pytest.mark.parametrize("manners", [{"any_workspace": True}], ids=["any"])
def test_staging_and_production_are_planned(
    service: FaultyService, connect: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect()
    shutil.copytree(MLOPS, tmp_path / "mlops", ignore=shutil.ignore_patterns(".amlctl*"))
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", "00000000-0000-0000-0000-000000000000")
    for target, instances in (("staging", 1), ("prod", 3)):
        plan = api.plan(tmp_path / "mlops" / "spec.yaml", target=target)
        assert {change.action for change in plan.changes} == {Action.CREATE, Action.RUN}
        assert {"jobs.train", "models.pumps", "schedules.watch-pumps", f"batch_endpoints.pumps-batch-{target}"} <= {
            str(change.address) for change in plan.changes
        }
        resources = api.validate(tmp_path / "mlops" / "spec.yaml", target=target).resources
        blue = next(resource for address, resource in resources.items() if address.leaf == "blue")
        assert blue.properties["instance_count"] == instances


def test_the_client_writes_a_monitor_and_fires_it(
    service: FaultyService, connect: Callable[..., Any], tmp_path: Path
) -> None:
    from azure.ai.ml.entities._load_functions import load_schedule

    place = tmp_path / ".amlctl" / "datastores" / "workspaceblobstore"
    for name, first in (("before", 0), ("after", 50)):
        (place / name).mkdir(parents=True, exist_ok=True)
        (place / name / "t.csv").write_text("\n".join(["x", *(f"{first + row}.5" for row in range(40))]))
    (tmp_path / "watch.yaml").write_text(WATCH)
    client = connect()
    made = client.schedules.begin_create_or_update(load_schedule(tmp_path / "watch.yaml")).result()
    assert made.name == "watch" and list(made.create_monitor.monitoring_signals) == ["drift"]
    record = RecordStore(WorkspacePaths(tmp_path / ".amlctl")).get("schedules", "schedules.watch", "")
    assert record is not None
    signal = record.body["create_monitor"]["monitoring_signals"]["drift"]
    assert signal["reference_data"]["input_data"]["path"] == "azureml://datastores/workspaceblobstore/paths/before"
    assert signal["metric_thresholds"] == {"numerical": {"normalized_wasserstein_distance": 0.2}}
    assert [one.name for one in client.schedules.list()] == ["watch"]
    run = client.schedules.trigger("watch").job_name
    wait_for(lambda: client.jobs.get(run).status in ("Completed", "Failed"), f"the end of {run}")
    assert client.jobs.get(run).status == "Completed"
    client.jobs.download(run, download_path=tmp_path, all=True)
    found = next((tmp_path / "artifacts").rglob("monitor.json"))
    assert json.loads(found.read_text())["alerts"] == [
        "drift: normalized_wasserstein_distance of x is 4.277, more than 0.2"
    ]
