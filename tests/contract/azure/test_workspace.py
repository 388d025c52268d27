"""A workspace that the spec makes as well: planned before it is there, made once, labelled, kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import Invalid
from orchestrator.core.project import LoadOptions, WorkspaceChoice
from orchestrator.core.run import Outcome
from orchestrator.engine import load_project
from orchestrator.workspace.arm.service import ArmService
from orchestrator.workspace.arm.storage import account_path, container_of
from tests.contract.azure.birth import BODY, Birth, Life
from tests.contract.azure.wire import SUBSCRIPTION as WIRED
from tests.contract.azure.wire import Wire
from tests.contract.served import served_choice

pytestmark = pytest.mark.filterwarnings("ignore")


def test_it_is_planned_before_it_is_there_made_first_and_kept(life: Life, birth: Birth, wire: Wire) -> None:
    assert life.plan() == {"workspace.heart": Action.CREATE, "compute.cpu": Action.CREATE}
    assert not birth.there
    assert life.apply() == {"workspace.heart": Outcome.CREATED, "compute.cpu": Outcome.CREATED}
    ((_, given),) = birth.deployments
    assert (given["workspaceName"], given["location"]) == ("heart", "West Europe")
    assert {"team": "core", "cost": "7", "amlctl.project": "demo"}.items() <= given["tagValues"].items()
    birth.labels["location"] = "westeurope"
    assert life.plan() == {}

    life.say({**BODY, "tags": {"cost": "8"}, "display_name": "Hearts"})
    assert life.plan() == {"workspace.heart": Action.UPDATE}
    life.apply()
    assert birth.labels["tags"]["cost"] == "8"
    assert birth.labels["properties"]["friendlyName"] == "Hearts"
    assert life.plan() == {}

    assert life.apply(destroy=True) == {"workspace.heart": Outcome.FORGOTTEN, "compute.cpu": Outcome.DELETED}
    assert birth.there
    assert not wire.calls("DELETE", "") or all("/computes/" in call for call in wire.calls("DELETE"))
    assert life.plan(destroy=True) == {}


def test_a_lost_answer_makes_nothing_twice(life: Life, birth: Birth) -> None:
    birth.lose = 1
    life.apply()
    assert len({json.dumps(given, sort_keys=True) for _, given in birth.deployments}) == 1
    assert len({path for path, _ in birth.deployments}) == 1
    assert life.plan() == {}


def test_what_lies_beside_it_has_the_same_names_each_time(life: Life, birth: Birth) -> None:
    life.apply()
    birth.there = False
    life.apply()
    (first, one), (second, two) = birth.deployments
    assert first == second
    names = ("storageAccountName", "keyVaultName", "applicationInsightsName", "logAnalyticsName")
    assert [one[name] for name in names] == [two[name] for name in names]
    assert len({one[name] for name in names}) == 4


def test_it_is_not_moved(life: Life, birth: Birth) -> None:
    life.apply()
    life.say({**BODY, "location": "northeurope"})
    with pytest.raises(SpecError, match="protected"):
        life.plan()


def test_without_the_right_the_refusal_names_it_and_nothing_else_is_tried(life: Life, birth: Birth, wire: Wire) -> None:
    birth.deny = "Microsoft.Resources/deployments/write"
    results = {str(result.address): result for result in life.run().results}
    assert results["workspace.heart"].outcome is Outcome.FAILED
    assert birth.deny in results["workspace.heart"].error
    assert "'Contributor'" in results["workspace.heart"].error
    assert wire.calls("PUT", "/computes/") == []


def test_a_group_that_is_not_there_is_told(life: Life, birth: Birth) -> None:
    birth.group = False
    with pytest.raises(Invalid) as caught:
        life.plan()
    assert "resource group" in caught.value.fix


def test_one_made_by_others_is_not_taken_over_unasked(life: Life, birth: Birth, wire: Wire) -> None:
    birth.there = True
    birth.labels = {"tags": {"theirs": "1"}, "properties": {}, "location": "westeurope"}
    with pytest.raises(SpecError, match="not-owned"):
        life.plan()
    assert life.plan(adopt=True)["workspace.heart"] is Action.UPDATE


def test_it_goes_only_if_said_explicitly(life: Life, birth: Birth) -> None:
    life.say({**BODY, "lifecycle": {"on_removal": "delete"}})
    life.apply()
    with pytest.raises(SpecError, match="protected"):
        life.plan(destroy=True)
    life.say({**BODY, "lifecycle": {"on_removal": "delete", "protect": False}})
    assert life.plan(destroy=True) == {"workspace.heart": Action.DELETE, "compute.cpu": Action.DELETE}


@pytest.mark.parametrize(
    ("settings", "code", "why"),
    [
        ({"create": True}, "missing-setting", "the state cannot be kept in the workspace itself"),
        ({"location": "westeurope"}, "setting-without-effect", "nothing is made"),
        ({"create": "yes", "state": {"container_url": "https://c"}}, "invalid-setting", "neither true nor false"),
        ({"create": True, "state": {"container_url": "https://c"}, "location": 3}, "wrong-type", "a region is text"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, settings: dict[str, Any], code: str, why: str) -> None:
    names = {"subscription_id": WIRED, "resource_group": "rg", "workspace_name": "heart"}
    (tmp_path / "spec.yaml").write_text(json.dumps({"project": "demo", "workspace": {"azure": {**names, **settings}}}))
    with pytest.raises(SpecError) as caught:
        load_project([tmp_path / "spec.yaml"], LoadOptions())
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code], why


@pytest.mark.slow
def test_a_served_workspace_is_adopted_and_labelled(tmp_path: Path, service: ArmService) -> None:
    container = f"{service.url}/{account_path()}/{container_of('workspaceblobstore')}"
    life = Life(tmp_path, WorkspaceChoice("azure", {**served_choice().settings, "state": {"container_url": container}}))
    life.say({"create": True, "description": "ours"})
    assert life.plan(adopt=True) == {"workspace.local": Action.UPDATE, "compute.cpu": Action.CREATE}
    life.apply(adopt=True)
    assert life.plan() == {}
    life.say({"create": True, "description": "ours still"})
    assert life.apply() == {"workspace.local": Outcome.UPDATED}
    assert life.plan() == {}
