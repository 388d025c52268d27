"""The datastores that every workspace is born with, written in a spec: adopted like anything that bears no mark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, WorkspaceChoice
from orchestrator.engine import RunOptions, apply_project, load_project, open_workspace, plan_project
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions

KEYED = {"credentials": {"account_key": "${secret.k}"}}
FORMS: list[dict[str, Any]] = [
    {"type": "azure_blob", "account_name": "acme", "container_name": "c"},
    {"type": "AZURE_BLOB", "account_name": "acme", "container_name": "c", "endpoint": "e.net", "protocol": "https"},
    {"type": "azure_blob", "account_name": "acme", "container_name": "c", "description": "d", "tags": {"v": 1}},
    {"type": "azure_blob", "account_name": "acme", "container_name": "c", **KEYED},
    {"type": "azure_file", "account_name": "acme", "file_share_name": "s", **KEYED},
    {"type": "azure_data_lake_gen2", "account_name": "acme", "filesystem": "f"},
]


def run(folder: Path, stores: dict[str, Any], *, apply: bool = False, **options: Any) -> dict[str, Action]:
    """Plan, and apply if wanted; what the plan was."""
    file = folder / "spec.yaml"
    text = {"project": "demo", "secrets": {"k": {"env": "A_KEY"}}, "datastores": stores}
    file.write_text(yaml.safe_dump(text))
    choice = WorkspaceChoice("local", {"path": str(folder / "ws")})
    project = replace(load_project([file], LoadOptions(environ={"A_KEY": "c2VjcmV0"})), workspace=choice)
    with open_workspace(project, discover(), SystemClock()) as workspace:
        plan = plan_project(project, workspace, PlanOptions(**options)).plan
        if apply:
            _, report = apply_project(project, workspace, PlanOptions(**options), RunOptions(), lambda plan: True)
            assert report is not None
            assert not report.failed, [result.error for result in report.results]
    return {str(change.address): change.action for change in plan.effective}


@pytest.mark.parametrize("name", DEFAULT_DATASTORES)
@pytest.mark.parametrize("body", FORMS, ids=[str(place) for place in range(len(FORMS))])
def test_it_is_adopted_on_demand_and_then_at_rest(tmp_path: Path, name: str, body: dict[str, Any]) -> None:
    wanted = {name: body}
    with pytest.raises(SpecError, match="not-owned") as caught:
        run(tmp_path, wanted)
    assert f"--adopt --select datastores.{name}`" in caught.value.diagnostics[0].fix
    assert run(tmp_path, wanted, apply=True, adopt=True) == {f"datastores.{name}": Action.UPDATE}
    assert run(tmp_path, wanted) == {}
    described = {name: {**body, "description": "another"}}
    assert run(tmp_path, described, apply=True) == {f"datastores.{name}": Action.UPDATE}
    assert run(tmp_path, described) == {}


def test_all_four_at_once_beside_one_of_ours_and_back(tmp_path: Path) -> None:
    stores = dict.fromkeys((*DEFAULT_DATASTORES, "raw"), FORMS[0])
    done = run(tmp_path, stores, apply=True, adopt=True)
    assert done == {**{f"datastores.{n}": Action.UPDATE for n in DEFAULT_DATASTORES}, "datastores.raw": Action.CREATE}
    assert run(tmp_path, stores) == {}
    run(tmp_path, {}, apply=True, prune=True)
    assert run(tmp_path, stores, apply=True) == done, "what was taken over once is still ours"


def test_another_place_is_refused_once_adopted(tmp_path: Path) -> None:
    """It would be to delete what the workspace needs."""
    name = DEFAULT_DATASTORES[0]
    run(tmp_path, {name: FORMS[0]}, apply=True, adopt=True)
    with pytest.raises(SpecError, match="adopt-would-replace"):
        run(tmp_path, {name: {**FORMS[0], "account_name": "other"}})


@pytest.mark.parametrize("lifecycle", [{}, {"on_removal": "delete"}, {"on_removal": "keep"}])
@pytest.mark.parametrize("way", [{"destroy": True}, {"prune": True}])
def test_it_is_never_deleted(tmp_path: Path, lifecycle: dict[str, Any], way: dict[str, Any]) -> None:
    name = DEFAULT_DATASTORES[0]
    stores = {name: {**FORMS[0], "lifecycle": lifecycle}, "raw": FORMS[0]}
    run(tmp_path, stores, apply=True, adopt=True)
    left = {} if "prune" in way else stores
    done = {f"datastores.{name}": Action.FORGET, "datastores.raw": Action.DELETE}
    assert run(tmp_path, left, apply=True, **way) == done
    assert run(tmp_path, left, **way) == {}
