"""What a printed plan says of jobs: settings without effect, and assets that come from jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import JOB_PROPERTY, Record
from orchestrator.workspace.records.store import RecordStore
from tests.unit.cli.calling import Shell

COMMAND: dict[str, Any] = {"command": "echo hello", "environment": "azureml:py@latest"}
TABLE: dict[str, Any] = {
    "type": "automl",
    "task": "forecasting",
    "primary_metric": "normalized_root_mean_squared_error",
    "target_column_name": "y",
    "training_data": {"type": "mltable", "path": "table"},
    "forecasting": {"time_column_name": "day", "forecast_horizon": 2},
    "limits": {"max_trials": 1, "timeout_minutes": 15},
}


def shell_with(amlctl: Shell, jobs: dict[str, Any], **more: Any) -> Shell:
    amlctl.write("table/MLTable", "type: mltable\npaths: [{file: ./rows.csv}]\ntransformations: [read_delimited: {}]\n")
    amlctl.write("table/rows.csv", "day,y\n" + "".join(f"2024-01-{day:02},{day}\n" for day in range(1, 31)))
    spec = {"project": "demo", "environments": {"py": {"image": "host"}}, "jobs": jobs, **more}
    amlctl.write("spec.yaml", json.dumps(spec))
    return amlctl


@pytest.mark.parametrize(
    ("job", "name"),
    [
        ({**COMMAND, "services": {"shell": {"type": "ssh"}}}, "services"),
        ({**COMMAND, "identity": {"type": "managed"}}, "identity"),
        ({**COMMAND, "resources": {"shm_size": "2g"}}, "resources.shm_size"),
        ({**TABLE, "training": {"enable_model_explainability": True}}, "training.enable_model_explainability"),
        ({**TABLE, "training": {"enable_stack_ensemble": True}}, "training.enable_stack_ensemble"),
        ({**TABLE, "training": {"enable_vote_ensemble": True}}, "training.enable_vote_ensemble"),
        ({**TABLE, "training": {"enable_onnx_compatible_models": True}}, "training.enable_onnx_compatible_models"),
        (
            {**TABLE, "forecasting": {**TABLE["forecasting"], "country_or_region_for_holidays": "US"}},
            "forecasting.country_or_region_for_holidays",
        ),
    ],
)
def test_a_printed_plan_says_once_that_a_setting_has_no_effect(amlctl: Shell, job: dict[str, Any], name: str) -> None:
    shell = shell_with(amlctl, {"one": job})
    answer = shell("plan", code=None)
    lines = [line for line in (answer.out + answer.err).splitlines() if f"{name} has no effect here" in line]
    assert len(lines) == 1, answer.out + answer.err


def test_a_plan_says_that_an_asset_comes_from_the_job(amlctl: Shell) -> None:
    prep = {**COMMAND, "outputs": {"x": {"type": "uri_folder", "name": "clean", "version": 1}}}
    use = {**COMMAND, "inputs": {"i": {"type": "uri_folder", "path": "azureml:clean:1"}}}
    shell = shell_with(amlctl, {"use": use, "prep": prep})
    assert "azureml:clean:1 comes from jobs.prep" in shell("plan", code=None).out
    changes = {change["address"]: change for change in shell("plan", "--format", "json", code=None).data["changes"]}
    assert "azureml://jobs/prep-" in json.dumps(changes["jobs.use"])


@pytest.mark.parametrize(
    ("made_by", "refused"),
    [("", True), ("somebody-1", True), ("prep-1", False)],
    ids=["not by a run", "by another job", "by a run of this job"],
)
@pytest.mark.parametrize(("kind", "section"), [("uri_folder", "data"), ("custom_model", "models")])
def test_a_version_that_is_something_else_is_refused_by_the_plan(
    amlctl: Shell, made_by: str, refused: bool, kind: str, section: str
) -> None:
    prep = {**COMMAND, "outputs": {"x": {"type": kind, "name": "clean", "version": "1"}}}
    shell = shell_with(amlctl, {"prep": prep})
    store = RecordStore(WorkspacePaths(shell.folder / ".amlctl"))
    store.insert(Record("jobs", "jobs.prep", "prep-1", health=Health.HEALTHY, phase="completed"))
    store.insert(Record("jobs", "jobs.other", "somebody-1", health=Health.HEALTHY, phase="completed"))
    store.insert(Record(section, f"{section}.clean", "1", body={"properties": {JOB_PROPERTY: made_by}}))
    store.close()
    answer = shell("plan", code=None)
    assert ("clean:1, which exists in the workspace" in answer.out + answer.err) is refused


def test_a_version_that_the_spec_declares_is_refused_by_the_plan(amlctl: Shell) -> None:
    prep = {**COMMAND, "outputs": {"x": {"name": "clean", "version": "1"}}}
    shell = shell_with(amlctl, {"prep": prep}, data={"clean": {"type": "uri_folder", "path": "table", "version": "1"}})
    answer = shell("plan", code=None)
    assert "clean:1, which the spec declares as data.clean" in answer.out + answer.err
