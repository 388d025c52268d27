"""A plan that is made once more under the lock: what may differ from what was agreed to."""

from __future__ import annotations

import pytest

from orchestrator.core.health import Health
from orchestrator.engine.agreement import still_agreed
from tests.unit.planning.test_story import TRAIN, pipeline
from tests.unit.planning.toys import World


def interrupted() -> World:
    """An apply that died while its run was under way."""
    world = World(health=lambda address: Health.PROGRESSING if address == TRAIN else Health.HEALTHY)
    world.apply(pipeline(), stop_after=3)
    return world


@pytest.mark.parametrize("fewer", [False, True])
def test_a_run_that_completes_meanwhile_is_what_was_agreed_to(fewer: bool) -> None:
    world = interrupted()
    agreed = world.plan(pipeline())
    world.mark(TRAIN, health=Health.HEALTHY)
    fresh = world.plan(pipeline())
    assert fresh.changes != agreed.changes
    assert still_agreed(fresh, agreed, fewer=fewer)


def test_a_run_that_fails_meanwhile_is_not_started_again_unasked() -> None:
    world = interrupted()
    agreed = world.plan(pipeline())
    world.mark(TRAIN, health=Health.DEGRADED)
    assert not still_agreed(world.plan(pipeline()), agreed, fewer=False)


def test_what_others_have_done_meanwhile_is_agreed_to_only_by_those_who_waited() -> None:
    agreed = World().plan(pipeline())
    world = World()
    world.apply(pipeline(), stop_after=1)
    fresh = world.plan(pipeline())
    assert still_agreed(fresh, agreed, fewer=True)
    assert not still_agreed(fresh, agreed, fewer=False)


def test_more_than_was_agreed_to_is_never_done() -> None:
    world = interrupted()
    agreed = world.plan(pipeline())
    assert not still_agreed(World().plan(pipeline("2")), agreed, fewer=True)
