"""Documents as users have them go to Azure through the real client: planned, applied, at rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.engine import RunOptions, apply_project, load_project, open_workspace
from orchestrator.planning.options import PlanOptions
from orchestrator.report.reasons import change_reason
from tests.contract.azure.wild import AROUND, documents, write
from tests.contract.kinds.azure_world import AzureWorld
from tests.contract.kinds.life import DONE, KINDS

pytest.importorskip("azure.ai.ml")


def test_documents_of_users_are_applied_once_and_come_to_rest(azure: AzureWorld, tmp_path: Path) -> None:
    folder = tmp_path / "wild"
    folder.mkdir()
    write(folder)
    spec = folder / "spec.yaml"
    spec.write_text(yaml.safe_dump({**AROUND, "include": sorted(documents())}, sort_keys=False))
    project = load_project([spec], LoadOptions(environ={"KEY": "hush-key"}))
    project = replace(project, workspace=azure.choice)
    with open_workspace(project, KINDS, SystemClock()) as workspace:
        _, report = apply_project(project, workspace, PlanOptions(), RunOptions(), lambda plan: True)
        assert report is not None
        troubles = {str(r.address): r.error for r in report.results if r.outcome not in DONE}
        assert troubles == {}
    with open_workspace(project, KINDS, SystemClock()) as workspace:
        left, again = apply_project(project, workspace, PlanOptions(), RunOptions(), lambda plan: True)
    assert {str(change.address): change_reason(change) for change in left.effective} == {}
    assert again is None
