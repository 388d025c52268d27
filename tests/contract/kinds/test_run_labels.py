"""Labels of a run that leave the spec. Run history keeps what is not mentioned, so what goes has to be named."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.change import Action
from orchestrator.core.run import Outcome
from tests.contract.kinds.azure_world import AzureWorld
from tests.contract.kinds.conftest import AZURE
from tests.contract.kinds.life import Life
from tests.unit.kinds.cases import Case
from tests.wire.faults import Drop

pytestmark = AZURE.marks
JOB = Case(
    kind="jobs",
    files={},
    around={},
    parent=None,
    name="train",
    variant="command",
    minimal={},
    full={
        "command": "echo",
        "environment": {"image": "example/base"},
        "description": "trains",
        "tags": {"team": "a", "cost": "7"},
    },
)


@pytest.fixture
def life(azure: AzureWorld, tmp_path: Path) -> Life:
    life = Life(JOB, azure, tmp_path)
    life.apply()
    return life


@pytest.mark.parametrize(
    ("patch", "tags"),
    [({"tags": {"cost": None}}, {"team": "a"}), ({"tags": None}, {}), ({"tags": {"team": None, "who": "b"}}, None)],
    ids=["one tag", "all tags", "one for another"],
)
@pytest.mark.parametrize("lost", ["", "/tags$", "/runs/[^/]+$"], ids=["", "removal lost", "change lost"])
def test_a_tag_that_left_the_spec_leaves_the_run(
    life: Life, azure: AzureWorld, patch: dict[str, object], tags: dict[str, str] | None, lost: str
) -> None:
    azure.target["retries"] = 0
    (before,) = life.live(life.address)
    fault = azure.meter.add(Drop(effect=True), "PATCH", lost) if lost else None
    life.edit(patch)
    (change,) = life.changes().values()
    assert change.action is Action.UPDATE
    assert life.apply()[life.address].outcome is Outcome.UPDATED
    assert fault is None or fault.struck == 1
    (after,) = life.live(life.address)
    assert after.revision == before.revision
    wanted = {"cost": "7", "who": "b"} if tags is None else tags
    assert own(after.properties["tags"]) == wanted
    assert after.owner == "contract"


def test_tags_of_the_service_and_of_others_stay(life: Life, azure: AzureWorld) -> None:
    azure.meddle(life.address, {"tags": {"best_child": "run-7"}})
    life.settled()
    life.edit({"tags": {"cost": None}})
    life.apply()
    (after,) = life.live(life.address)
    assert own(after.properties["tags"]) == {"team": "a", "best_child": "run-7"}


def test_a_description_that_left_the_spec_is_emptied(life: Life) -> None:
    life.edit({"description": None})
    life.apply()
    (after,) = life.live(life.address)
    assert not after.properties.get("description")


def own(tags: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if not name.startswith("amlctl.")}
