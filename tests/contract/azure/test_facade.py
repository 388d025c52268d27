"""The Azure backend on the embedded workspace behind its Azure Resource Manager wire: files, state and all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.change import Action
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.engine import (
    RunOptions,
    Workspace,
    apply_project,
    load_project,
    open_workspace,
    plan_project,
    rebuild_state,
)
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.workspace.arm.service import ArmService
from tests.contract.served import served_choice

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SPEC = """
project: demo
compute:
  cpu: {type: amlcompute, size: Standard_DS3_v2, min_instances: 0, max_instances: 2}
environments:
  py: {image: "python:3.11"}
data:
  rows: {type: uri_folder, path: ./rows}
jobs:
  count:
    type: command
    command: wc -l ${{inputs.rows}}/a.csv > ${{outputs.model}}/count.txt
    code: ./src
    environment: azureml:py@latest
    compute: azureml:cpu
    inputs: {rows: {type: uri_folder, path: azureml:rows@latest}}
    outputs: {model: {type: custom_model}}
models:
  count: {type: custom_model, path: azureml://jobs/count/outputs/model}
"""


@pytest.fixture
def project(tmp_path: Path, service: ArmService) -> Project:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "a.csv").write_text("1\n2\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("print(1)\n")
    (tmp_path / "spec.yaml").write_text(SPEC)
    return reload(tmp_path)


def reload(folder: Path) -> Project:
    project = load_project([folder / "spec.yaml"], LoadOptions())
    return replace(project, workspace=served_choice())


@pytest.fixture
def workspace(project: Project) -> Iterator[Workspace]:
    with open_workspace(project, discover(), SystemClock()) as workspace:
        yield workspace


def apply(project: Project, workspace: Workspace) -> None:
    _, report = apply_project(project, workspace, PlanOptions(), RunOptions(parallelism=4), lambda plan: True)
    assert report is not None
    assert not report.failed, [(str(r.address), r.error) for r in report.results if r.error]


def test_files_go_up_a_job_runs_and_nothing_is_left_to_do(
    project: Project, workspace: Workspace, tmp_path: Path
) -> None:
    apply(project, workspace)
    assert not plan_project(project, workspace, PlanOptions()).plan.effective
    (tmp_path / "rows" / "a.csv").write_text("1\n2\n3\n")
    changed = plan_project(reload(tmp_path), workspace, PlanOptions()).plan.effective
    assert {str(c.address): c.action for c in changed} == {
        "data.rows": Action.REVISE,
        "jobs.count": Action.RUN,
        "models.count": Action.REVISE,
    }


def test_a_lost_state_is_made_again(project: Project, workspace: Workspace) -> None:
    apply(project, workspace)
    lost = replace(project, name=project.name)
    store = workspace.store
    store._objects.overwrite(
        store._name("state.json"), b'{"format":1,"lineage":"","serial":0,"applied":{},"journal":[]}'
    )  # type: ignore[attr-defined]
    assert plan_project(lost, workspace, PlanOptions()).plan.effective
    rebuild_state(lost, workspace, RunOptions())
    assert not plan_project(lost, workspace, PlanOptions()).plan.effective
