"""Resources of which there is one: create, update, replace, adopt, repair."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.health import Health
from orchestrator.core.resource import Check, Lifecycle, Observed, Removal
from orchestrator.core.value import Reference, Secret, Template, Unknown
from orchestrator.report.reasons import change_reason
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
    change_of,
    files,
    pipeline,
    project,
    resource,
)


def machine(**said: Any) -> Any:
    return project(resource(CPU, **{"size": "D2", "nodes": 3, **said}))


def made(**said: Any) -> World:
    world = World()
    world.apply(machine(**said))
    return world


@pytest.mark.parametrize(
    ("why", "before", "outside", "after", "action", "reason", "drift"),
    [
        ("nothing happened", {}, {}, {}, "noop", "unchanged", False),
        ("the spec changed", {}, {}, {"nodes": 4}, "update", "changed: nodes", False),
        (
            "several fields",
            {},
            {},
            {"nodes": 4, "zones": ["1"], "idle": 1, "limits": {"a": 1}},
            "update",
            "changed: nodes, zones, idle and 1 more",
            False,
        ),
        ("a label", {}, {}, {"tags": {"team": "x"}}, "update", "metadata: tags.team", False),
        ("somebody else", {}, {"nodes": 5}, {}, "update", "drift: nodes 3 → 5", True),
        (
            "taken away by somebody else",
            {"zones": ["1"]},
            {"zones": None},
            {"zones": ["1"]},
            "update",
            'drift: zones ["1"] → (none)',
            True,
        ),
        ("a long value", {}, {"nodes": "x" * 50}, {}, "update", f"drift: nodes 3 → {'x' * 39}…", True),
        ("an immutable field", {}, {}, {"size": "D4"}, "replace", "immutable: size", False),
        (
            "the gravest comes first",
            {},
            {"limits": {"a": 2}},
            {"size": "D4", "nodes": 9, "tags": {"a": "b"}},
            "replace",
            "immutable: size; changed: nodes; metadata: tags.a",
            False,
        ),
        (
            "a secret that changed",
            {"password": Secret("S", "a")},
            {},
            {"password": Secret("S", "b")},
            "update",
            "changed: password",
            False,
        ),
        (
            "a secret that did not",
            {"password": Secret("S", "a")},
            {},
            {"password": Secret("S", "a")},
            "noop",
            "unchanged",
            False,
        ),
        (
            "protection is recorded",
            {},
            {},
            {"lifecycle": Lifecycle(protect=True)},
            "update",
            "lifecycle: protect",
            False,
        ),
        (
            "what becomes of it is recorded",
            {},
            {},
            {"lifecycle": Lifecycle(on_removal=Removal.KEEP)},
            "update",
            "lifecycle: on_removal",
            False,
        ),
    ],
)
def test_rules(why: str, before: Any, outside: Any, after: Any, action: str, reason: str, drift: bool) -> None:
    world = made(**before)
    world.outside(CPU, **outside)
    plan = world.apply(machine(**after))
    change = change_of(plan, CPU)
    assert (change.action.value, change_reason(change), change.drift) == (action, reason, drift), why
    assert actions(world.plan(machine(**after))) == {}


def test_what_failed_is_tried_again() -> None:
    world = World(health=lambda address: Health.DEGRADED)
    world.apply(machine())
    assert change_reason(change_of(world.plan(machine()), CPU)) == "last apply failed"
    world.objects.clear()
    change = change_of(world.plan(machine()), CPU)
    assert (change.action, change_reason(change), change.drift) == (Action.CREATE, "last apply failed", False)


def test_what_was_deleted_outside_is_created() -> None:
    world = made()
    world.objects.clear()
    change = change_of(world.plan(machine()), CPU)
    assert (change.action, change_reason(change), change.drift) == (Action.CREATE, "drift: deleted outside", True)


def test_a_mark_taken_away_is_put_back() -> None:
    world = made()
    world.mark(CPU, owner=None, fingerprint=None)
    change = change_of(world.apply(machine()), CPU)
    assert (change_reason(change), change.drift) == ("drift: ownership tag removed outside", True)
    assert actions(world.plan(machine())) == {}


def test_a_foreign_object_is_never_touched() -> None:
    world = made()
    world.mark(CPU, owner="lungs")
    with pytest.raises(SpecError) as raised:
        world.plan(machine(), adopt=True)
    (problem,) = raised.value.diagnostics
    assert problem.code == "foreign-owner"
    assert "'lungs'" in problem.detail
    assert "call it 'lungs' again" in problem.fix, "a project that was only renamed"
    assert problem.subject == machine().resources[CPU].span


def test_an_object_without_a_mark_is_adopted_only_on_demand() -> None:
    world = made()
    world.mark(CPU, owner=None, fingerprint=None)
    world.applied.clear()
    with pytest.raises(SpecError) as raised:
        world.plan(machine())
    assert [problem.code for problem in raised.value.diagnostics] == ["not-owned"]
    assert "--adopt" in raised.value.diagnostics[0].fix
    change = change_of(world.apply(machine(nodes=4), adopt=True), CPU)
    assert (change.action, change_reason(change), change.reuse) == (
        Action.UPDATE,
        "adopt: not created by this project; changed: nodes",
        False,
    )
    assert actions(world.plan(machine(nodes=4))) == {}


def test_adopting_never_deletes() -> None:
    world = made()
    world.mark(CPU, owner=None, fingerprint=None)
    world.applied.clear()
    with pytest.raises(SpecError) as raised:
        world.plan(machine(size="D4"), adopt=True)
    assert [problem.code for problem in raised.value.diagnostics] == ["adopt-would-replace"]


def test_what_only_stands_in_is_adopted_whatever_it_does_not_say() -> None:
    """Such as a datastore from birth, of which the embedded workspace knows the name only."""
    world = World()
    world.elsewhere[CPU] = Observed(CPU, "", properties={"name": "cpu"}, attributes={"stand_in": "a folder"})
    with pytest.raises(SpecError, match="not-owned"):
        world.plan(machine())
    change = change_of(world.plan(machine(), adopt=True), CPU)
    assert (change.action, change_reason(change)) == (
        Action.UPDATE,
        "adopt: not created by this project; changed: size, nodes",
    )
    world.elsewhere[CPU] = Observed(CPU, "", properties={"size": "D4"}, attributes={"stand_in": "a folder"})
    with pytest.raises(SpecError, match="adopt-would-replace"):
        world.plan(machine(), adopt=True)


def test_an_interrupted_create_is_recorded_without_doing_it_again() -> None:
    world = World()
    world.apply(machine(), stop_after=1, lose_record=True)
    change = change_of(world.plan(machine()), CPU)
    assert (change.action, change.reuse) == (Action.UPDATE, True)
    assert change_reason(change) == "adopt: owned by this project, but missing from the state"
    world.mark(CPU, owner=None, fingerprint=None)
    assert (
        change_reason(change_of(world.plan(machine()), CPU))
        == "adopt: owned by this project, but missing from the state"
    ), "the journal knows it"


@pytest.mark.parametrize("unfinished", [{"health": Health.PROGRESSING}, {"fingerprint": "1:other::"}])
def test_what_is_not_finished_is_updated_rather_than_recorded(unfinished: Any) -> None:
    world = World()
    world.apply(machine(), stop_after=1, lose_record=True)
    world.mark(CPU, **unfinished)
    assert not change_of(world.plan(machine()), CPU).reuse


def test_tests_that_were_not_asked_yet_are_asked_after_an_interruption() -> None:
    wanted = project(resource(HF, auth="key"), resource(BLUE, count=1, checks=(Check("one", body="{}"),)))
    world = World()
    world.apply(wanted, stop_after=2, lose_record=True)
    assert not change_of(world.plan(wanted), BLUE).reuse


def test_other_tests_are_an_update() -> None:
    world = World()
    door = resource(HF, auth="key")
    world.apply(project(door, resource(BLUE, count=1, checks=(Check("one", body="{}"),))))
    plan = world.apply(project(door, resource(BLUE, count=1, checks=(Check("one", body="[]"),))))
    assert change_reason(change_of(plan, BLUE)) == "metadata: tests"
    assert not change_of(plan, BLUE).reuse


def test_a_replaced_endpoint_takes_what_is_inside_with_it() -> None:
    world = World()
    world.apply(pipeline())
    resources = [d for a, d in pipeline().resources.items() if a != HF]
    wanted = project(*resources[:4], resource(HF, auth="token"), *resources[4:])
    plan = world.apply(wanted)
    assert actions(plan) == {str(HF): "replace", str(BLUE): "create", str(TRAFFIC): "create"}
    assert change_reason(change_of(plan, BLUE)) == f"upstream: {HF} is replaced"
    assert [o.revision for o in plan.targets[HF].owned] == [""]
    assert actions(world.plan(wanted)) == {}


def test_protected_resources_are_neither_replaced_nor_taken_along() -> None:
    world = World()
    kept = Lifecycle(protect=True)
    world.apply(project(resource(CPU, size="D2"), resource(HF, auth="key"), resource(BLUE, count=1)))
    wanted = project(
        resource(CPU, size="D4", lifecycle=kept), resource(HF, auth="token"), resource(BLUE, count=1, lifecycle=kept)
    )
    with pytest.raises(SpecError) as raised:
        world.plan(wanted)
    assert [(p.code, p.address) for p in raised.value.diagnostics] == [("protected", CPU), ("protected", BLUE)]
    assert "immutable: size" in raised.value.diagnostics[0].detail


def test_files_of_a_deployment_are_named() -> None:
    world = World()
    door = resource(HF, auth="key")
    world.apply(project(door, resource(BLUE, code=files(score_py="1", old_py="1", util_py="1"))))
    plan = world.apply(project(door, resource(BLUE, code=files(score_py="2", new_py="1", util_py="1"))))
    assert change_reason(change_of(plan, BLUE)) == "content: score.py, new.py (added), old.py (removed)"


def test_another_model_is_a_change_and_not_an_upstream() -> None:
    other = resource(MODEL._replace(name="other"), path=files(bin="2"))
    first = resource(MODEL, path=files(bin="1"))
    door = resource(HF, auth="key")
    world = World()
    world.apply(project(first, other, door, resource(BLUE, model=Reference(MODEL))))
    plan = world.plan(project(first, other, door, resource(BLUE, model=Reference(other.address))))
    assert change_reason(change_of(plan, BLUE)) == "changed: model"


def test_an_ignored_field_keeps_its_live_value_when_another_is_written() -> None:
    said = {
        "limits": {"days": 1, "hours": 2},
        "lifecycle": Lifecycle(ignore=("nodes", "limits.days", "no.where", "idle.x", "zones")),
    }
    world = made(**said)
    world.outside(CPU, nodes=7, limits={"days": 9, "hours": 2}, zones=["8"])
    plan = world.apply(machine(**said, tags={"team": "x"}))
    assert change_reason(change_of(plan, CPU)) == "metadata: tags.team"
    resolved = plan.targets[CPU].resolved
    assert (resolved["nodes"], resolved["limits"], resolved["zones"]) == (7, {"days": 9, "hours": 2}, ["8"])
    assert actions(world.plan(machine(**said, tags={"team": "x"}))) == {}


def test_a_datastore_that_cascades_without_another_text_is_an_upstream() -> None:
    door = resource(HF, auth="key")
    world = World()

    def wanted(nodes: int) -> Any:
        return project(resource(CPU, size="D2", nodes=nodes), door, resource(BLUE, model=Reference(CPU)))

    world.apply(wanted(1))
    plan = world.apply(wanted(2))
    assert change_reason(change_of(plan, BLUE)) == f"upstream: {CPU}"
    assert actions(world.plan(wanted(2))) == {}


def test_values_that_only_the_apply_can_know_are_unknown() -> None:
    uri = Reference(HF, "scoring_uri", cascades=False)
    wanted = project(
        resource(HF, auth="key"),
        resource(TRAIN, command="call", environment={"URL": uri, "ARGS": Template(("--to ", uri))}, table=[uri]),
    )
    world = World()
    first = world.plan(wanted)
    assert first.targets[TRAIN].resolved["environment"] == {"URL": Unknown(uri), "ARGS": Template(("--to ", uri))}
    assert first.targets[TRAIN].resolved["table"] == [Unknown(uri)]
    world.apply(project(resource(HF, auth="key")))
    known = world.plan(wanted).targets[TRAIN].resolved
    assert known["environment"] == {"URL": "http://hf", "ARGS": "--to http://hf"}


@pytest.mark.parametrize(
    ("target", "attribute", "expected"),
    [
        (CPU, "id", "azureml:cpu"),
        (CPU, "name", "cpu"),
        (MODEL, "id", "azureml:heart:1"),
        (MODEL, "version", "1"),
        (MODEL, "name", "heart"),
        (TRAIN, "id", "azureml:RUN"),
        (TRAIN, "name", "RUN"),
        (TRAIN, "outputs.best/part", "azureml://jobs/RUN/outputs/best/part"),
        (CPU, "paths/a/b", "azureml://datastores/cpu/paths/a/b"),
    ],
)
def test_references_are_pinned_to_what_the_plan_yields(target: Any, attribute: str, expected: str) -> None:
    upstream = [resource(CPU, size="D2"), resource(DATA, path="x"), resource(TRAIN, command="fit")]
    if target == MODEL:
        upstream.append(resource(MODEL, path="x"))
    plan = World().plan(
        project(*upstream, resource(HF, auth="key"), resource(BLUE, model=Reference(target, attribute)))
    )
    run = change_of(plan, TRAIN).after or ""
    assert plan.targets[BLUE].resolved["model"] == expected.replace("RUN", run)
