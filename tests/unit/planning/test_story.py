"""A pipeline over its life: every edit has exactly the consequences it should, each with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.change import Action
from orchestrator.core.health import Health
from orchestrator.core.resource import Lifecycle, Rerun
from orchestrator.report.reasons import change_note, change_reason
from tests.unit.planning.toys import (
    BLUE,
    CPU,
    DATA,
    HF,
    MODEL,
    TRAIN,
    World,
    actions,
    change_of,
    pipeline,
    reasons,
)  # fmt: skip


@pytest.fixture
def world() -> World:
    made = World()
    made.apply(pipeline())
    return made


def test_everything_is_created_in_an_empty_workspace() -> None:
    plan = World().plan(pipeline())
    assert set(reasons(plan).values()) == {"new"}
    assert plan.summary() == {
        "create": 6, "update": 0, "revise": 0, "run": 1, "replace": 0, "delete": 0, "forget": 0, "unchanged": 0, "orphaned": 0,
    }  # fmt: skip
    assert change_of(plan, MODEL).after == "1"
    assert (change_of(plan, TRAIN).after or "").startswith("train-")


def test_a_second_plan_is_empty(world: World) -> None:
    assert actions(world.plan(pipeline())) == {}


def test_a_changed_file_cascades_and_every_link_names_its_nearest_cause(world: World) -> None:
    plan = world.plan(pipeline("2"))
    assert actions(plan) == {str(DATA): "revise", str(TRAIN): "run", str(MODEL): "revise", str(BLUE): "update"}
    assert reasons(plan) == {
        str(DATA): "content: heart.csv",
        str(TRAIN): f"upstream: {DATA}",
        str(MODEL): f"upstream: {TRAIN}",
        str(BLUE): f"upstream: {MODEL}",
    }
    assert change_of(plan, MODEL).before == "1"
    assert change_of(plan, MODEL).after == "2"
    assert change_note(change_of(plan, TRAIN)) == "last run took 48 s"


def test_going_back_reuses_the_old_versions_and_the_old_run(world: World) -> None:
    first = {address: applied.revision for address, applied in world.applied.items()}
    world.apply(pipeline("2"))
    back = world.apply(pipeline("1"))
    assert actions(back) == dict.fromkeys(map(str, (DATA, TRAIN, MODEL, BLUE)), "update")
    assert [change_of(back, address).reuse for address in (DATA, TRAIN, MODEL, BLUE)] == [True, True, True, False]
    assert change_reason(change_of(back, MODEL)) == "reuse: version 1 has this content"
    assert {address: applied.revision for address, applied in world.applied.items()} == first
    assert actions(world.plan(pipeline("1"))) == {}


def test_a_label_is_one_update_and_no_run(world: World) -> None:
    plan = world.apply(pipeline(tags={"team": "hearts"}))
    assert actions(plan) == {str(TRAIN): "update"}
    assert change_reason(change_of(plan, TRAIN)) == "metadata: tags.team"
    assert change_of(plan, TRAIN).after == world.applied[TRAIN].revision
    assert actions(world.plan(pipeline(tags={"team": "hearts"}))) == {}


def test_old_content_under_new_labels_is_used_again_and_relabelled(world: World) -> None:
    world.apply(pipeline(command="other"))
    plan = world.apply(pipeline(tags={"team": "hearts"}))
    assert actions(plan)[str(TRAIN)] == "update"
    assert not change_of(plan, TRAIN).reuse
    assert actions(world.plan(pipeline(tags={"team": "hearts"}))) == {}


def test_a_failed_run_is_tried_again_under_the_next_name() -> None:
    world = World(health=lambda address: Health.DEGRADED if address == TRAIN else Health.HEALTHY)
    first = world.apply(pipeline(), stop_after=3)
    again = world.plan(pipeline())
    name = change_of(first, TRAIN).after
    assert change_reason(change_of(again, TRAIN)) == f"retry: attempt 2 after {name} failed"
    assert change_of(again, TRAIN).after == f"{name}-2"
    world.apply(pipeline(), stop_after=1)
    assert change_of(world.plan(pipeline()), TRAIN).after == f"{name}-3"
    world.health = lambda address: Health.HEALTHY
    world.apply(pipeline())
    assert actions(world.plan(pipeline())) == {}


@pytest.mark.parametrize("health", [Health.PROGRESSING, Health.UNKNOWN])
def test_a_run_under_way_is_awaited_not_started_again(world: World, health: Health) -> None:
    world.mark(TRAIN, health=health)
    change = change_of(world.plan(pipeline()), TRAIN)
    assert (change.action, change.after) == (Action.RUN, world.applied[TRAIN].revision)
    assert change_reason(change) == f"in flight: adopt {world.applied[TRAIN].revision}"


def test_a_run_that_completed_after_its_apply_gave_up_is_recorded() -> None:
    world = World(health=lambda address: Health.PROGRESSING if address == TRAIN else Health.HEALTHY)
    world.apply(pipeline(), stop_after=3)
    world.mark(TRAIN, health=Health.HEALTHY)
    change = change_of(world.plan(pipeline()), TRAIN)
    assert (change.action, change.reuse) == (Action.UPDATE, True)


def test_manual_jobs_run_once_and_then_only_when_selected_by_name(world: World) -> None:
    manual = Lifecycle(rerun=Rerun.MANUAL)
    first = World()
    assert change_of(first.apply(pipeline(lifecycle=manual)), TRAIN).action is Action.RUN
    held = world.plan(pipeline("2", lifecycle=manual))
    assert actions(held) == {str(DATA): "revise"}
    assert change_reason(change_of(held, TRAIN)) == f"manual: select it by name to run it again (upstream: {DATA})"
    asked = world.plan(pipeline("2", lifecycle=manual), select=("data.heart+",))
    assert change_of(asked, TRAIN).action is Action.NOOP, "to be downstream of what is selected is no wish to run it"
    by_name = world.plan(pipeline("2", lifecycle=manual), select=("+jobs.train",))
    assert change_of(by_name, TRAIN).action is Action.RUN


def test_a_job_that_always_runs_takes_what_follows_along(world: World) -> None:
    always = pipeline(lifecycle=Lifecycle(rerun=Rerun.ALWAYS))
    plan = world.apply(always)
    assert change_reason(change_of(plan, TRAIN)) == "always: lifecycle.rerun"
    assert actions(plan) == {str(TRAIN): "run", str(MODEL): "revise", str(BLUE): "update"}
    assert change_of(world.plan(always), TRAIN).after == f"{change_of(plan, TRAIN).after}"[:-1] + "3"
    world.mark(TRAIN, health=Health.PROGRESSING)
    assert change_reason(change_of(world.plan(always), TRAIN)).startswith("in flight")
    assert change_reason(change_of(World().plan(always), TRAIN)) == "new"


def test_a_job_that_always_runs_is_left_as_it_is_unless_selected(world: World) -> None:
    always = pipeline(lifecycle=Lifecycle(rerun=Rerun.ALWAYS))
    world.apply(always)
    plan = world.plan(always, select=("models.heart",))
    assert actions(plan) == {}
    assert [warning.address for warning in plan.warnings] == [TRAIN]


def test_a_run_deleted_outside_runs_again(world: World) -> None:
    del world.objects[TRAIN]
    change = change_of(world.plan(pipeline()), TRAIN)
    assert (change.action, change.drift) == (Action.RUN, True)
    assert change_reason(change) == f"drift: run {world.applied[TRAIN].revision} deleted outside"


def test_runs_of_other_projects_only_take_names(world: World) -> None:
    world.mark(TRAIN, owner="lungs")
    change = change_of(world.plan(pipeline()), TRAIN)
    assert (change.action, change.after) == (Action.RUN, f"{world.applied[TRAIN].revision}-2")


def test_an_endpoint_does_not_cascade_and_traffic_stays(world: World) -> None:
    plan = world.plan(pipeline("2"))
    assert change_of(plan, HF).action is Action.NOOP
    assert change_of(plan, CPU).action is Action.NOOP


def test_planning_is_pure(world: World) -> None:
    assert world.plan(pipeline("2")) == world.plan(pipeline("2"))


def test_a_version_archived_outside_comes_back(world: World) -> None:
    world.mark(DATA, archived=True)
    plan = world.apply(pipeline())
    change = change_of(plan, DATA)
    assert (change.action, change.drift) == (Action.CREATE, True)
    assert change_reason(change) == f"drift: version {world.applied[DATA].revision} archived outside"
    assert actions(world.plan(pipeline())) == {}


def test_a_numbered_version_deleted_outside_is_published_under_a_number_never_used(world: World) -> None:
    world.objects[MODEL] = ()
    plan = world.apply(pipeline())
    assert change_of(plan, MODEL).after == "2"
    assert change_of(plan, BLUE).action is Action.UPDATE
    assert actions(world.plan(pipeline())) == {}


def test_after_a_destroy_everything_comes_back(world: World) -> None:
    world.apply(pipeline("2"))
    gone = world.apply(pipeline("2"), destroy=True)
    assert set(actions(gone).values()) == {"delete"}
    assert world.applied == {}
    assert [o for live in world.objects.values() for o in live if not o.archived] == []
    assert actions(world.plan(pipeline("2"), destroy=True)) == {}
    world.apply(pipeline("2"))
    assert actions(world.plan(pipeline("2"))) == {}


def test_a_lost_state_is_rebuilt_without_doing_anything_again(world: World) -> None:
    before = {address: [o.revision for o in live] for address, live in world.objects.items()}
    world.applied.clear()
    world.lineage = ""
    plan = world.apply(pipeline())
    assert {change_reason(change).split(":")[0] for change in plan.effective} == {"adopt"}
    assert all(change.reuse for change in plan.effective)
    assert {address: [o.revision for o in live] for address, live in world.objects.items()} == before
    assert actions(world.plan(pipeline())) == {}


def test_a_run_that_left_nothing_behind_is_tried_again_under_its_name(world: World) -> None:
    world.applied[TRAIN] = replace(world.applied[TRAIN], tainted=True)
    del world.objects[TRAIN]
    change = change_of(world.plan(pipeline()), TRAIN)
    assert (change_reason(change), change.after) == ("last apply failed", world.applied[TRAIN].revision)
