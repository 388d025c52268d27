"""Plan, apply, plan again, through the real client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.backends.azure.blobs import BlobObjects
from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import Locked, StateError
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, Project, WorkspaceChoice
from orchestrator.core.run import RunReport
from orchestrator.engine import (
    RunOptions,
    Workspace,
    apply_project,
    holder,
    load_project,
    open_workspace,
    plan_project,
    rebuild_state,
)
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.report.reasons import change_reason
from tests.contract.azure.blob_wire import BlobWire
from tests.contract.azure.wire import Wire

SPEC = """
project: demo
compute:
  cpu: {type: amlcompute, size: Standard_DS3_v2, min_instances: 0, max_instances: 2, tags: {team: core}}
environments:
  py: {image: "python:3.11"}
data:
  rows: {type: uri_file, path: "https://example.org/rows.csv"}
jobs:
  train:
    type: command
    command: echo ${{inputs.rows}} ${{outputs.model}}
    environment: azureml:py@latest
    compute: azureml:cpu
    inputs: {rows: {type: uri_file, path: azureml:rows@latest}}
    outputs: {model: {type: mlflow_model}}
models:
  heart: {type: mlflow_model, path: azureml://jobs/train/outputs/model}
online_endpoints:
  heart:
    auth_mode: key
    deployments:
      blue: {model: azureml:heart@latest, instance_type: Standard_DS3_v2, instance_count: 1}
    traffic: {blue: 100}
"""


@pytest.fixture
def project(tmp_path: Path, choice: WorkspaceChoice) -> Project:
    """The spec, with a workspace on the wire."""
    file = tmp_path / "spec.yaml"
    file.write_text(SPEC)
    return replace(load_project([file], LoadOptions()), workspace=choice)


@pytest.fixture
def workspace(project: Project, wire: Wire, blobs: BlobWire) -> Iterator[Workspace]:
    wire.finishing = True
    with open_workspace(project, discover(), SystemClock()) as workspace:
        yield workspace


def apply(project: Project, workspace: Workspace) -> RunReport:
    _, report = apply_project(project, workspace, PlanOptions(), RunOptions(parallelism=4), lambda plan: True)
    assert report is not None
    assert not report.failed, [(r.address, r.error) for r in report.results if r.error]
    return report


def effective(project: Project, workspace: Workspace) -> list[tuple[str, Action, str]]:
    plan = plan_project(project, workspace, PlanOptions()).plan
    return [(str(change.address), change.action, change_reason(change)) for change in plan.effective]


def test_what_was_applied_needs_no_change(project: Project, workspace: Workspace, wire: Wire) -> None:
    report = apply(project, workspace)
    assert len(report.results) == 8
    assert effective(project, workspace) == []
    writes = len(wire.calls("PUT"))
    plan_project(project, workspace, PlanOptions())
    assert len([call for call in wire.calls("PUT") if "/blobs/" not in call]) <= writes


def test_drift_made_by_others_is_seen(project: Project, workspace: Workspace, wire: Wire) -> None:
    apply(project, workspace)
    wire.resources["/computes/cpu"]["properties"]["properties"]["scaleSettings"]["maxNodeCount"] = 9
    wire.resources["/onlineendpoints/heart"]["properties"]["traffic"] = {"blue": 0}
    changes = effective(project, workspace)
    assert [address for address, _, _ in changes] == ["compute.cpu", "online_endpoints.heart.traffic"]
    apply(project, workspace)
    assert effective(project, workspace) == []


def test_a_lost_state_is_made_again_from_marks(project: Project, workspace: Workspace, blobs: BlobWire) -> None:
    apply(project, workspace)
    blobs.blobs.clear()
    assert effective(project, workspace) != []
    rebuilt = rebuild_state(project, workspace, RunOptions())
    assert len(rebuilt) == 8
    assert effective(project, workspace) == []
    with pytest.raises(StateError, match="nothing was rebuilt"):
        rebuild_state(project, workspace, RunOptions())


def test_somebody_who_may_not_read_the_state_plans_from_tags(
    project: Project, workspace: Workspace, blobs: BlobWire
) -> None:
    apply(project, workspace)
    blobs.denied = True
    plan = plan_project(project, workspace, PlanOptions()).plan
    assert not plan.effective
    (warning,) = [warning for warning in plan.warnings if warning.code == "state-denied"]
    assert "Storage Blob Data Contributor" in warning.fix


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AuthorizationFailure", "network rules"),
        ("AuthorizationPermissionMismatch", "Storage Blob Data Contributor"),
        ("AuthorizationResourceTypeMismatch", "Storage Blob Data Contributor"),
    ],
)
def test_a_firewall_and_a_missing_role_are_told_apart(
    project: Project, workspace: Workspace, blobs: BlobWire, code: str, advice: str
) -> None:
    blobs.denied, blobs.code = True, code
    with pytest.raises(StateError) as caught:
        workspace.store.load()
    assert caught.value.code == "state-denied" and advice in caught.value.fix


@pytest.mark.parametrize("keyless", [True, False])
def test_where_keys_are_forbidden_the_identity_is_used(
    project: Project, wire: Wire, blobs: BlobWire, monkeypatch: pytest.MonkeyPatch, *, keyless: bool
) -> None:
    """The datastore has a key; the account may take identities only."""
    blobs.keyless = keyless
    monkeypatch.setattr(BlobObjects, "_default_datastore", lambda objects: (f"{wire.url}/blobs", "c", "a2V5"))
    own = {name: value for name, value in project.workspace.settings.items() if name != "state"}
    keyed = replace(project, workspace=replace(project.workspace, settings=own))
    with open_workspace(keyed, discover(), SystemClock()) as workspace:
        assert workspace.store.load().applied == {}
        with workspace.store.lock(holder("apply"), wait_s=0):
            pass
    assert blobs.blobs and blobs.refused == (1 if keyless else 0), "a key is tried once, and an identity from then on"


def test_an_edit_is_no_drift_where_the_state_cannot_be_read(
    project: Project, workspace: Workspace, blobs: BlobWire, tmp_path: Path
) -> None:
    """The marks of what is there say what was applied; what differs from them was edited in the spec."""
    apply(project, workspace)
    blobs.denied = True
    spec = next(tmp_path.glob("*.yaml"))
    spec.write_text(spec.read_text().replace("max_instances: 2", "max_instances: 3"))
    edited = replace(load_project([spec], LoadOptions()), workspace=project.workspace)
    changes = plan_project(edited, workspace, PlanOptions()).plan.effective
    assert [str(change.address) for change in changes] == ["compute.cpu"]
    assert not changes[0].drift, change_reason(changes[0])


def test_two_applies_do_not_overlap_and_a_dead_holder_lets_go(
    project: Project, workspace: Workspace, blobs: BlobWire
) -> None:
    with (
        workspace.store.lock(holder("apply"), wait_s=0),
        pytest.raises(Locked, match="runs 'apply'"),
        workspace.store.lock(holder("destroy"), wait_s=0),
    ):
        pass
    lock = workspace.store.lock(holder("apply"), wait_s=0)
    lock.__enter__()
    blobs.expire()
    with workspace.store.lock(holder("destroy"), wait_s=0):
        pass
    lock.__exit__(None, None, None)


def test_assets_of_registries_are_taken_to_be_there(
    tmp_path: Path, choice: WorkspaceChoice, wire: Wire, blobs: BlobWire
) -> None:
    file = tmp_path / "spec.yaml"
    environment = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    file.write_text(f"project: demo\njobs:\n  train: {{command: 'true', environment: '{environment}'}}\n")
    project = replace(load_project([file], LoadOptions()), workspace=choice)
    with open_workspace(project, discover(), SystemClock()) as workspace:
        (change,) = plan_project(project, workspace, PlanOptions()).plan.effective
    assert change.action is Action.RUN
    assert not wire.calls("GET", "sklearn")


def test_what_is_in_neither_is_named(tmp_path: Path, choice: WorkspaceChoice, wire: Wire, blobs: BlobWire) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("project: demo\njobs:\n  train: {command: 'true', environment: 'azureml:py@latest'}\n")
    project = replace(load_project([file], LoadOptions()), workspace=choice)
    with (
        open_workspace(project, discover(), SystemClock()) as workspace,
        pytest.raises(SpecError, match="azureml:py@latest is neither in the spec nor in the workspace ws in rg"),
    ):
        plan_project(project, workspace, PlanOptions())


def test_a_plan_lists_each_kind_once_and_each_asset_by_name(project: Project, workspace: Workspace, wire: Wire) -> None:
    apply(project, workspace)
    wire.exchanges.clear()
    plan_project(project, workspace, PlanOptions())
    calls = sorted(call for call in wire.calls() if "/token" not in call and "/blobs/" not in call)
    assert len(wire.calls("GET", "/blobs/")) == 1, "the state is read once"
    assert [call for call in calls if not call.startswith("GET /onlineendpoints")] == [
        "GET /computes",
        "GET /data/rows/versions",
        "GET /environments/py/versions",
        "GET /jobs",
        "GET /jobs",
        "GET /models/heart/versions",
    ]
    endpoints = [call for call in calls if call.startswith("GET /onlineendpoints")]
    assert set(endpoints) == {"GET /onlineendpoints", "GET /onlineendpoints/heart/deployments"}
    assert len(endpoints) <= 6
