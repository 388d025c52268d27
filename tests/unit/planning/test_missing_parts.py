"""Traffic of a plain document to deployments that the spec does not make: they are looked for in the workspace."""

from __future__ import annotations

import pytest

from orchestrator.core.change import Action
from orchestrator.core.diagnostic import Severity, SpecError
from tests.unit.planning.toys import BLUE, HF, TRAFFIC, World, actions, project, resource

DOOR = resource(HF, auth="key")
SHARES = resource(TRAFFIC, traffic={"blue": 100})


def test_what_is_live_is_taken_without_a_word() -> None:
    world = World()
    world.apply(project(DOOR, resource(BLUE, count=1)))
    plan = world.plan(project(DOOR, SHARES))
    assert actions(plan) == {str(TRAFFIC): Action.CREATE.value}
    assert [each for each in plan.warnings if each.code == "unknown-resource"] == []


def test_what_a_live_traffic_names_is_live() -> None:
    world = World()
    world.apply(project(DOOR, SHARES, resource(BLUE, count=1)))
    world.applied.pop(BLUE), world.objects.pop(BLUE)
    assert world.plan(project(DOOR, SHARES)).warnings == ()


def test_what_may_be_live_is_a_warning_and_what_cannot_be_is_an_error() -> None:
    world = World()
    with pytest.raises(SpecError) as raised:
        world.plan(project(DOOR, SHARES))
    (problem,) = raised.value.diagnostics
    assert (problem.code, problem.address) == ("unknown-resource", TRAFFIC)
    assert "nor is it in the workspace" in problem.detail
    assert "document of 'blue'" in problem.fix
    world.apply(project(DOOR))
    (warning,) = world.plan(project(DOOR, SHARES)).warnings
    assert (warning.severity, warning.address) == (Severity.WARNING, TRAFFIC)


def test_what_the_plan_takes_away_is_an_error() -> None:
    world = World()
    world.apply(project(DOOR, resource(BLUE, count=1)))
    with pytest.raises(SpecError, match="this plan would delete"):
        world.plan(project(DOOR, SHARES), prune=True)
