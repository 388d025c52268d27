"""Role assignments from the spec through the real client's pipeline to a server that behaves, and to one that does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.assignments import ROLES
from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import Conflict, Denied
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.run import Outcome, RunReport
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
from orchestrator.report.reasons import change_reason
from orchestrator.workspace.arm.roles import KIND
from tests.contract.azure.requests import request
from tests.contract.azure.wire import Answer, Exchange, Wire
from tests.contract.served import served_choice
from tests.wire.faults import Drop, FaultyService, Refuse

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

ALICE, TEAM = "7d1f3a52-0c1e-4a53-9c62-5d4f8f1f2a10", "0f4c5b1e-7a91-4d0b-8a55-2f6b3d1c9e77"
TRAINERS = Address("roles", "trainers")
BODY = {"principal_id": ALICE, "role": "Reader"}
PATH = "/providers/microsoft.authorization/roleassignments"


class Life:
    """A project of roles in a served workspace."""

    def __init__(self, folder: Path, service: FaultyService) -> None:
        self._file = folder / "spec.yaml"
        self._service = service

    def say(self, **roles: dict[str, str]) -> None:
        self._file.write_text(json.dumps({"project": "demo", "roles": roles}))

    def project(self) -> Project:
        return replace(load_project([self._file], LoadOptions()), workspace=served_choice())

    def open(self) -> Any:
        return open_workspace(self.project(), discover(), SystemClock())

    def plan(self, **options: Any) -> dict[str, tuple[Action, str]]:
        with self.open() as workspace:
            changes = plan_project(self.project(), workspace, PlanOptions(**options)).plan.effective
        return {str(change.address): (change.action, change_reason(change)) for change in changes}

    def apply(self, **options: Any) -> dict[str, Outcome]:
        with self.open() as workspace:
            report = self.applied(workspace, **options)
        assert not report.failed, [(str(r.address), r.error) for r in report.results if r.error]
        return {str(result.address): result.outcome for result in report.results}

    def applied(self, workspace: Workspace, **options: Any) -> RunReport:
        _, report = apply_project(self.project(), workspace, PlanOptions(**options), RunOptions(), lambda plan: True)
        assert report is not None
        return report

    def live(self) -> dict[str, str]:
        """Role of each principal, as the server has recorded it."""
        names = {identifier: name for name, identifier in ROLES.items()}
        records = [record for record in self._service.records.list(KIND) if not record.deleting]
        found = [(r.body["principalId"], names[r.body["roleDefinitionId"].rsplit("/", 1)[-1]]) for r in records]
        assert len(dict(found)) == len(found)
        return dict(found)


@pytest.fixture
def life(tmp_path: Path, service: FaultyService) -> Life:
    return Life(tmp_path, service)


def test_roles_are_given_labelled_replaced_and_taken_away(life: Life) -> None:
    life.say(trainers={**BODY, "description": "those who train"}, ops={"principal_id": TEAM, "role": "Contributor"})
    assert {address: action for address, (action, _) in life.plan().items()} == {
        "roles.trainers": Action.CREATE,
        "roles.ops": Action.CREATE,
    }
    life.apply()
    assert life.live() == {ALICE: "Reader", TEAM: "Contributor"}
    assert life.plan() == {}

    life.say(trainers={**BODY, "description": "those who look"}, ops={"principal_id": TEAM, "role": "Contributor"})
    assert life.apply() == {"roles.trainers": Outcome.UPDATED}
    assert life.plan() == {}

    life.say(trainers={**BODY, "role": "AzureML Data Scientist"}, ops={"principal_id": TEAM, "role": "Contributor"})
    assert life.plan()["roles.trainers"][0] is Action.REPLACE
    life.apply()
    assert life.live() == {ALICE: "AzureML Data Scientist", TEAM: "Contributor"}

    life.say(trainers={**BODY, "role": "AzureML Data Scientist"})
    assert life.apply(prune=True) == {"roles.ops": Outcome.DELETED}
    assert life.live() == {ALICE: "AzureML Data Scientist"}
    life.apply(destroy=True)
    assert life.live() == {}
    assert life.plan(destroy=True) == {}


def test_what_others_took_away_or_wrote_over_is_mended(life: Life, service: FaultyService) -> None:
    life.say(trainers={**BODY, "description": "those who train"})
    life.apply()
    (record,) = service.records.list(KIND)
    service.records.delete(record.key)
    assert life.plan() == {"roles.trainers": (Action.CREATE, "drift: deleted outside")}
    life.apply()
    (record,) = service.records.list(KIND)
    service.records.update_body(
        replace(record, body={**record.body, "description": "written over", "principalType": "User"}), same_work=True
    )
    assert "roles.trainers" in life.plan()
    life.apply()
    assert life.plan() == {}
    assert life.live() == {ALICE: "Reader"}


def test_a_lost_answer_makes_no_second_assignment(life: Life, service: FaultyService) -> None:
    life.say(trainers=BODY)
    rule = service.faults.add(Drop(effect=True), "PUT", "roleAssignments", times=1)
    life.apply()
    assert rule.struck == 1
    assert life.live() == {ALICE: "Reader"}
    assert life.plan() == {}


def test_a_lost_state_is_made_again(life: Life) -> None:
    life.say(trainers=BODY)
    life.apply()
    with life.open() as workspace:
        store: Any = workspace.store
        empty = b'{"format":1,"lineage":"","serial":0,"applied":{},"journal":[]}'
        store._objects.overwrite(store._name("state.json"), empty)
        assert [str(address) for address in rebuild_state(life.project(), workspace, RunOptions())] == [
            "roles.trainers"
        ]
    assert life.plan() == {}


def test_without_the_right_the_refusal_names_it(life: Life, service: FaultyService) -> None:
    life.say(trainers=BODY)
    action = "Microsoft.Authorization/roleAssignments/write"
    text = f"The client 'c' does not have authorization to perform action '{action}' over scope 's'."
    service.faults.add(Refuse(403, "AuthorizationFailed", text), "PUT", "roleAssignments")
    assert life.plan() != {}, "planning needs no right to write"
    with life.open() as workspace:
        (result,) = life.applied(workspace).results
    assert result.outcome is Outcome.FAILED
    assert action in result.error
    assert "'Owner'" in f"{result.error} {result}"
    assert life.live() == {}


def test_one_gift_stands_in_the_spec_once(life: Life) -> None:
    life.say(trainers=BODY, lookers={**BODY, "principal_id": ALICE.upper()})
    with pytest.raises(SpecError, match=r"roles\.lookers assigns the same role to the same principal"):
        life.plan()


def test_a_role_that_others_gave_is_left_alone(backend: AzureBackend, wire: Wire) -> None:
    def taken(exchange: Exchange) -> Answer | None:
        if exchange.method == "PUT":
            body = {"error": {"code": "RoleAssignmentExists", "message": "The role assignment already exists."}}
            return Answer(409, body)
        return Answer(body={"value": []}) if exchange.path == PATH else None

    wire.rules.append(taken)
    with pytest.raises(Conflict, match="assigned outside this project") as caught:
        backend.create(request(TRAINERS, BODY))
    assert caught.value.fix


def test_what_the_group_hands_down_is_not_of_the_workspace(backend: AzureBackend, wire: Wire) -> None:
    def page(exchange: Exchange) -> Answer | None:
        if exchange.path != PATH:
            return None
        scope = "/subscriptions/s/resourceGroups/rg"
        above = {
            "name": "a",
            "properties": {"scope": scope, "principalId": ALICE, "description": "[amlctl.project=demo]"},
        }
        if exchange.query.get("$skiptoken"):
            return Answer(body={"value": [above]})
        assert exchange.query["$filter"] == "atScope()"
        return Answer(body={"value": [above], "nextLink": f"{wire.url}{exchange.written}?$skiptoken=2"})

    wire.rules.append(page)
    assert backend.list("roles") == []
    assert len(wire.calls("GET", "roleassignments")) == 2


def test_nobody_may_look(backend: AzureBackend, wire: Wire) -> None:
    message = "… does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/read' over …"
    wire.rules.append(
        lambda e: (
            Answer(403, {"error": {"code": "AuthorizationFailed", "message": message}}) if PATH in e.path else None
        )
    )
    with pytest.raises(Denied) as caught:
        backend.list("roles")
    assert "'Reader'" in caught.value.fix
