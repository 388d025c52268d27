"""A deployment that answers requests is not deleted by a workspace; every plan shifts its traffic first, or says why it cannot."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import Invalid
from orchestrator.core.resource import Removal
from orchestrator.report.reasons import change_reason
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from tests.contract.kinds.life import Life
from tests.contract.kinds.worlds import EmbeddedWorld, World
from tests.unit.kinds.cases import all_cases

CASE = next(case for case in all_cases() if case.kind == "online_endpoints.traffic")
ENDPOINT = Address("online_endpoints", "door")
TRAFFIC = Address("online_endpoints", "door", "traffic")
BLUE, GREEN = (Address("online_endpoints", "door", f"deployments.{name}") for name in ("blue", "green"))
SERVER = {
    "environment": "azureml:packages@latest",
    "code_configuration": {"code": "serve", "scoring_script": "score.py"},
    "instance_type": "Standard_DS3_v2",
}


class Story(Life):
    """An endpoint with some of its parts."""

    def say(self, *names: str, traffic: dict[str, int] | None = None, **blue: Any) -> None:
        deployments = {name: {**SERVER, **(blue if name == "blue" else {})} for name in names}
        door = {"auth_mode": "key", "deployments": deployments} | ({"traffic": traffic} if traffic else {})
        self._write({**CASE.around, "online_endpoints": {"door": door}})

    def all_gone(self) -> None:
        self._write(dict(CASE.around))

    def actions(self, **options: Any) -> dict[Address, Action]:
        return {address: change.action for address, change in self.changes(**options).items()}

    def works(self, **options: Any) -> None:
        report = self.do(**options)
        assert report is not None
        assert not report.failed, [result.error for result in report.results]
        assert self.changes(**options) == {}

    def others_shift(self, shares: dict[str, int]) -> None:
        """Somebody else says who answers."""
        assert isinstance(self.world, EmbeddedWorld)
        with closing(RecordStore(WorkspacePaths(self.world.root))) as store:
            store.insert(Record(TRAFFIC.kind, str(TRAFFIC), body={"traffic": shares}))


@pytest.fixture
def story(world: World, tmp_path: Path) -> Story:
    return Story(CASE, world, tmp_path)


def test_what_answers_is_refused_until_its_share_is_none(story: Story) -> None:
    story.say("blue", "green", traffic={"blue": 60, "green": 40})
    story.works()
    with story._open(story.project()) as workspace, pytest.raises(Invalid, match="60 percent"):
        workspace.backend.delete(BLUE, "", Removal.DELETE)
    story.say("green", traffic={"green": 100})
    story.works(prune=True)
    assert story.live(BLUE) == []


def test_one_that_is_replaced_loses_its_traffic_meanwhile(story: Story) -> None:
    story.say("blue", "green", traffic={"blue": 90, "green": 10})
    story.works()
    story.say("blue", "green", traffic={"blue": 90, "green": 10}, egress_public_network_access="disabled")
    assert story.actions() == {BLUE: Action.REPLACE, TRAFFIC: Action.REPLACE}
    assert change_reason(story.changes()[TRAFFIC]) == f"upstream: {BLUE} is replaced"
    story.works()
    story.say("blue", "green", traffic={"green": 100})
    story.works()
    story.say("blue", "green", traffic={"green": 100}, egress_public_network_access="enabled")
    assert story.actions() == {BLUE: Action.REPLACE}, "it answers nobody"


def test_shares_that_others_gave_go_with_the_endpoint(story: Story) -> None:
    story.say("blue")
    story.works()
    story.others_shift({"blue": 100})
    story.say("green")
    with pytest.raises(SpecError, match="still-answering"):
        story.plan(prune=True)
    story.say("blue")
    assert story.actions(destroy=True)[TRAFFIC] is Action.DELETE
    story.all_gone()
    story.works(prune=True)
    assert [live.address for live in story.live() if live.address.name == "door"] == []
