"""What was adopted is released when it goes, not deleted: others made it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.address import Address
from orchestrator.core.project import Project
from orchestrator.core.resource import Lifecycle, Removal
from tests.unit.planning.toys import (
    BLUE,
    CPU,
    DATA,
    HF,
    KINDS,
    PLAIN,
    TRAFFIC,
    World,
    actions,
    project,
    reasons,
    resource,
)

STAYS = "adopted, not created by this project, so it is kept"


def whole(*, lifecycle: Lifecycle = PLAIN) -> Project:
    return project(
        resource(CPU, size="D2", lifecycle=lifecycle),
        resource(DATA, path="a.csv", lifecycle=lifecycle),
        resource(HF, auth="key", lifecycle=lifecycle),
        resource(BLUE, count=1, lifecycle=lifecycle),
        resource(TRAFFIC, traffic={"blue": 100}, after=(BLUE,), lifecycle=lifecycle),
    )


def adopted(wanted: Project, *others: Address) -> World:
    """A workspace in which others made some of what is wanted, and everything was applied."""
    world = World()
    world.apply(wanted)
    for address in others:
        world.mark(address, owner=None, fingerprint=None)
        del world.applied[address]
    world.apply(wanted, adopt=True)
    assert actions(world.plan(wanted)) == {}
    return world


@pytest.mark.parametrize("lost", [False, True], ids=["recorded", "told by marks"])
@pytest.mark.parametrize("address", [CPU, DATA, HF])
def test_it_is_released_and_what_is_ours_goes(address: Address, lost: bool) -> None:
    world = adopted(whole(), address)
    if lost:
        world.mark(address, adopted=True)
        assert world.objects[address][-1].adopted
        world.applied.pop(address)
        world.apply(whole())
    plan = world.plan(whole(), destroy=True)
    assert actions(plan)[str(address)] == "forget"
    assert reasons(plan)[str(address)] == f"destroy; {STAYS}"
    assert {name for name, done in actions(plan).items() if done == "forget"} == {str(address)}
    world.apply(whole(), destroy=True)
    assert [o.archived for o in world.objects[address]] == [False]
    assert actions(world.plan(whole(), destroy=True)) == {}


def test_an_edit_does_not_make_it_ours_and_a_replacement_does() -> None:
    world = adopted(whole(), CPU)
    edited = project(resource(CPU, size="D2", nodes=7))
    world.apply(edited)
    assert actions(world.plan(project(), prune=True))[str(CPU)] == "forget"
    replaced = project(resource(CPU, size="D9", nodes=7))
    assert actions(world.apply(replaced))[str(CPU)] == "replace"
    assert actions(world.plan(project(), prune=True))[str(CPU)] == "delete"


def test_a_version_of_ours_beside_it_goes_alone() -> None:
    world = adopted(whole(), DATA)
    newer = project(resource(DATA, path="b.csv"))
    old = world.objects[DATA][0].revision
    world.apply(newer)
    plan = world.apply(project(), prune=True)
    assert reasons(plan)[str(DATA)] == f"removed from the spec; archived; {old} {STAYS}"
    assert {o.revision: o.archived for o in world.objects[DATA]}[old] is False
    assert sum(o.archived for o in world.objects[DATA]) == 1


@pytest.mark.parametrize("removal", [Removal.DELETE, Removal.ARCHIVE])
def test_the_spec_may_say_that_it_goes(removal: Removal) -> None:
    wanted = whole(lifecycle=Lifecycle(on_removal=removal))
    world = adopted(wanted, CPU)
    assert actions(world.plan(wanted, destroy=True))[str(CPU)] == "delete"


def test_a_part_goes_with_its_endpoint() -> None:
    world = adopted(whole(), BLUE)
    assert actions(world.plan(whole(), destroy=True))[str(BLUE)] == "delete"
    without = project(resource(HF, auth="key"))
    assert actions(world.plan(without, prune=True))[str(BLUE)] == "forget"


def test_traffic_stays_with_the_deployments_that_it_goes_to() -> None:
    world = adopted(whole(), HF, BLUE, TRAFFIC)
    released = dict.fromkeys(map(str, (HF, BLUE, TRAFFIC)), "forget")
    assert actions(world.plan(whole(), destroy=True)).items() >= released.items()
    world = adopted(whole(), HF, TRAFFIC)
    done = actions(world.plan(whole(), destroy=True))
    assert [done[str(a)] for a in (HF, BLUE, TRAFFIC)] == ["forget", "delete", "delete"]


def test_what_every_workspace_has_is_never_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "compute", replace(KINDS["compute"], inborn=(CPU.name,)))
    wanted = whole(lifecycle=Lifecycle(on_removal=Removal.DELETE))
    world = adopted(wanted)
    plan = world.plan(wanted, destroy=True)
    assert actions(plan)[str(CPU)] == "forget"
    assert reasons(plan)[str(CPU)] == "destroy; every workspace contains it, so it is kept"
