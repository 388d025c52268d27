"""What the client cannot read - of others, of a type that it does not know, half made - is told by its name, and ends no plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from orchestrator.core.project import LoadOptions, Project, WorkspaceChoice
from orchestrator.engine import Workspace, load_project, plan_project
from orchestrator.planning.options import PlanOptions
from tests.contract.azure.test_engine import SPEC, apply
from tests.contract.azure.test_engine import workspace as workspace
from tests.contract.azure.wire import Wire

STORE: Final = """
datastores:
  mine: {type: azure_blob, account_name: acc, container_name: c}
"""
CONNECTION: Final = """
connections:
  con: {type: git, target: "https://example.org"}
"""

OTHERS: Final[dict[str, dict[str, Any]]] = {
    "/datastores/cluster": {
        "datastoreType": "Hdfs",
        "nameNodeAddress": "y",
        "credentials": {"credentialsType": "None"},
    },
    "/datastores/bare": {"datastoreType": "Tape"},
    "/computes/half": {"computeType": "AmlCompute", "provisioningState": "Failed"},
    "/connections/odd": {"category": "Brand", "authType": "New", "target": "x"},
}
SILENT: Final[dict[str, dict[str, Any]]] = {
    "/computes/quantum": {"computeType": "Quantum"},
    "/onlineendpoints/odd": {"authMode": "Key", "provisioningState": "Failed"},
}


def loaded(folder: Path, choice: WorkspaceChoice, text: str) -> Project:
    file = folder / "spec.yaml"
    file.write_text(text)
    return replace(load_project([file], LoadOptions()), workspace=choice)


@pytest.fixture
def project(tmp_path: Path, choice: WorkspaceChoice) -> Project:
    return loaded(tmp_path, choice, SPEC + STORE)


def put(wire: Wire, path: str, properties: dict[str, Any]) -> None:
    wire.resources[path] = {"id": path, "name": path.rpartition("/")[2], "location": "l", "properties": properties}


def test_what_others_have_is_named_in_a_warning_and_left_alone(
    project: Project, workspace: Workspace, wire: Wire, tmp_path: Path
) -> None:
    apply(project, workspace)
    project = loaded(tmp_path, project.workspace, SPEC + STORE + CONNECTION)  # so that connections are looked at
    for path, properties in {**OTHERS, **SILENT}.items():
        put(wire, path, properties)
    for options in (PlanOptions(), PlanOptions(prune=True), PlanOptions(adopt=True)):
        plan = plan_project(project, workspace, options).plan
        assert [str(change.address) for change in plan.effective] == ["connections.con"]
        told = [warning.detail for warning in plan.warnings if warning.code == "unreadable-object"]
        assert len(told) == len(OTHERS)
        assert all(any(f".{path.rpartition('/')[2]} " in detail for detail in told) for path in OTHERS), told


def test_what_is_ours_and_half_made_is_written_again(project: Project, workspace: Workspace, wire: Wire) -> None:
    apply(project, workspace)
    del wire.resources["/computes/cpu"]["properties"]["properties"]
    plan = plan_project(project, workspace, PlanOptions()).plan
    assert "compute.cpu" in {str(change.address) for change in plan.effective}
    assert [warning.code for warning in plan.warnings] == ["unreadable-object"]
