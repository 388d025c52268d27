"""Whatever happens to a spec, a state and a workspace: one apply later the plan is empty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.health import Health
from orchestrator.core.project import Project
from orchestrator.core.resource import Check, Desired, Lifecycle, Removal
from orchestrator.core.value import Reference, Secret, Template
from tests.unit.planning.toys import (
    BLUE,
    CPU,
    DATA,
    HF,
    MODEL,
    TRAFFIC,
    TRAIN,
    World,
    actions,
    files,
    project,
    resource,
)  # fmt: skip

SCORING = Reference(HF, "scoring_uri", cascades=False)
tags = st.none() | st.dictionaries(st.sampled_from(["team", "cost"]), st.sampled_from(["a", "b"]), max_size=2)
lifecycles = st.builds(
    Lifecycle,
    ignore=st.sampled_from([(), ("nodes",), ("limits.days", "tags.team")]),
    on_removal=st.sampled_from([None, Removal.DELETE, Removal.KEEP]),
)
digests = st.sampled_from(["1", "2", "3"])


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Some of the pipeline, with any content; what something depends on is there."""
    found: list[Desired] = []

    def add(address: Any, chance: bool, **said: Any) -> bool:
        if chance:
            found.append(resource(address, lifecycle=draw(lifecycles), **said))
        return chance

    some = st.booleans()
    add(
        CPU,
        draw(some),
        size=draw(st.sampled_from(["D2", "d2", "D4"])),
        nodes=draw(st.integers(0, 2)),
        idle=draw(st.sampled_from([None, 60])),
        password=draw(st.sampled_from([None, Secret("S", "one"), Secret("S", "two")])),
        users=draw(st.sampled_from([None, [{"id": "x"}, {"id": "y"}], [{"id": "y"}, {"id": "x", "role": "r"}]])),
        zones=draw(st.sampled_from([None, ["1"], ["1", "2"]])),
        limits=draw(st.sampled_from([None, {"days": 1}, {"days": 2, "hours": {"min": 1}}])),
        tags=draw(tags),
    )
    hf = add(HF, draw(some), auth=draw(st.sampled_from(["key", "token"])), tags=draw(tags))
    data = add(
        DATA,
        draw(some),
        path=files(heart_csv=draw(digests)),
        mode=draw(st.sampled_from([None, "mount"])),
        description=draw(st.sampled_from([None, "hearts"])),
    )
    url = Template(("--url ", SCORING, " ", Secret("S", draw(digests))))
    train = add(
        TRAIN,
        draw(some),
        command="fit",
        code=files(train_py=draw(digests)),
        table=Reference(DATA) if data else None,
        environment={"URL": url, "KIND": "x"} if hf else None,
        tags=draw(tags),
    )
    model = add(MODEL, train, path=Reference(TRAIN, "outputs.best"), tags=draw(tags)) if train else False
    checks = draw(st.sampled_from([(), (Check("one", body="{}"),), (Check("one", body="[1]"),)]))
    blue = hf and add(BLUE, model and draw(some), model=Reference(MODEL), code=files(score_py="1"), checks=checks)
    if hf:
        add(TRAFFIC, draw(some), traffic={"blue": 100} if blue else {}, after=(BLUE,) if blue else ())
    return project(*found)


accidents = st.sampled_from(
    ["nothing", "edit", "untag", "delete", "archive", "lose the state", "die", "die before recording", "fail"]
)


def happen(world: World, accident: str, wanted: Project, which: int) -> None:
    """Something goes wrong between two applies, or in the middle of one."""
    give_way(world, wanted)
    live = sorted(address for address, found in world.objects.items() if any(not o.archived for o in found))
    if accident.startswith("die"):
        world.apply(wanted, adopt=True, prune=True, stop_after=which, lose_record=accident != "die")
    elif accident == "fail":
        world.health = lambda address: Health.DEGRADED if address in (TRAIN, BLUE, CPU) else Health.HEALTHY
        world.apply(wanted, adopt=True, prune=True, stop_after=which)
        world.health = lambda address: Health.HEALTHY
    elif accident == "lose the state":
        world.applied.clear()
        world.unfinished.clear()
        world.lineage = ""
    elif live:
        _outside(world, accident, live[which % len(live)])


def _outside(world: World, accident: str, address: Any) -> None:
    if accident == "edit":
        world.outside(address, nodes=9, tags={"team": "other"}, limits=None)
    elif accident == "untag":
        world.mark(address, owner=None, fingerprint=None)
    elif accident == "delete":
        world.objects = {k: v for k, v in world.objects.items() if k != address and k.parent != address}
    elif accident == "archive" and address.kind in ("data", "models", "jobs"):
        world.mark(address, archived=True)


def give_way(world: World, wanted: Project) -> None:
    """A person deletes what is in the way and cannot be adopted."""
    try:
        world.plan(wanted, adopt=True, prune=True)
    except SpecError as error:
        for problem in error.diagnostics:
            assert problem.code in ("adopt-would-replace", "still-answering")
            assert problem.address is not None
            del world.objects[problem.address]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(projects(), accidents, st.integers(0, 6)), min_size=1, max_size=5))
def test_any_history_ends_in_an_empty_second_plan(history: list[tuple[Project, str, int]]) -> None:
    world = World()
    for wanted, accident, which in history:
        happen(world, accident, wanted, which)
        give_way(world, wanted)
        before = replace(world)
        assert world.plan(wanted, adopt=True, prune=True) == before.plan(wanted, adopt=True, prune=True)
        world.apply(wanted, adopt=True, prune=True)
        assert actions(world.plan(wanted, prune=True)) == {}
        assert world.applied.keys() == wanted.resources.keys()
    world.apply(wanted, destroy=True)
    assert world.applied == {}
    assert actions(world.plan(wanted, destroy=True)) == {}


@settings(max_examples=30, deadline=None)
@given(projects())
def test_nothing_is_run_or_published_twice_when_an_apply_dies(wanted: Project) -> None:
    whole = World()
    whole.apply(wanted)
    for point in range(len(wanted.resources) + 1):
        world = World()
        world.apply(wanted, stop_after=point, lose_record=True)
        world.apply(wanted, adopt=True)
        assert {a: [o.revision for o in found] for a, found in world.objects.items()} == {
            a: [o.revision for o in found] for a, found in whole.objects.items()
        }
