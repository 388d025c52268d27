"""A plan told, and a plan kept."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orchestrator.core.change import Action
from orchestrator.core.health import Health
from orchestrator.core.reason import Cause, CulpritKind
from orchestrator.core.resource import Lifecycle
from orchestrator.core.value import Secret
from orchestrator.planning.explain import explain
from orchestrator.report.explain import link_reason, sentences
from orchestrator.report.plan_json import plan_to_json, saved_plan_problems
from orchestrator.report.reasons import change_note
from tests.unit.planning.toys import (
    BLUE,
    CPU,
    DATA,
    HF,
    MODEL,
    TRAFFIC,
    TRAIN,
    World,
    change_of,
    external,
    files,
    pipeline,
    project,
    resource,
)

SCHEMA = Path(__file__).parents[3] / "schemas" / "plan.schema.json"


@pytest.fixture
def world() -> World:
    made = World()
    made.apply(pipeline())
    return made


def test_the_chain_goes_back_to_the_file(world: World) -> None:
    told = explain(world.plan(pipeline("2")), BLUE)
    assert [(link.address, link.root) for link in told.chain] == [
        (BLUE, False),
        (MODEL, False),
        (TRAIN, False),
        (DATA, True),
    ]
    assert f"Root cause: {DATA}: content: heart.csv." in sentences(told)
    assert sentences(told)[0] == f"{BLUE} will be updated in place: upstream: {MODEL}."
    assert sentences(told)[1] == f"model: azureml:heart:1 → azureml:heart:2 (upstream: {MODEL})."
    assert told.consequences == ()


def test_consequences_are_everything_that_follows(world: World) -> None:
    told = explain(world.plan(pipeline("2")), DATA)
    assert told.consequences == (TRAIN, MODEL, BLUE)
    assert [link.root for link in told.chain] == [True]


def test_changed_files_are_told_by_their_digests_and_a_first_run_without_its_fields() -> None:
    made = World()
    told = explain(made.plan(project(resource(TRAIN, command="x", code=files(a_py="1")))), TRAIN)
    assert len(sentences(told)) == 1
    made.apply(project(resource(TRAIN, command="x", code=files(a_py="1"))))
    told = explain(made.plan(project(resource(TRAIN, command="x", code=files(a_py="2")))), TRAIN)
    assert re.fullmatch(r"code: files \w{1,12} → files \w{1,12} \(content\)\.", sentences(told)[1])


def test_what_does_not_change_is_explained_too(world: World) -> None:
    told = explain(world.plan(pipeline("2")), HF)
    assert sentences(told) == (f"{HF} will not change: spec, state and workspace match.",)
    with pytest.raises(KeyError):
        explain(world.plan(pipeline()), CPU._replace(name="none"))


def test_an_upstream_that_was_applied_before_is_still_the_cause(world: World) -> None:
    world.apply(pipeline("2"), stop_after=1)
    told = explain(world.plan(pipeline("2")), TRAIN)
    assert [(link.address, link_reason(link)) for link in told.chain][1] == (DATA, "changed by an earlier apply")
    assert "Last run took 48 s." in sentences(told)


def test_something_outside_the_spec_is_a_root_of_its_own(world: World) -> None:
    raw = external("azureml:raw")
    world = World()
    wanted = project(resource(MODEL, path=raw))
    from orchestrator.core.resource import Observed

    world.elsewhere[raw.target] = Observed(raw.target, "1", properties={})
    world.apply(wanted)
    world.elsewhere[raw.target] = Observed(raw.target, "2", properties={})
    told = explain(world.plan(wanted), MODEL)
    assert [(link.address, link.root) for link in told.chain] == [(MODEL, True)]
    assert "upstream: azureml:raw" in sentences(told)[0]


def test_fields_are_told_and_those_left_alone_as_well(world: World) -> None:
    world.outside(CPU, nodes=9)
    resources = dict(pipeline().resources)
    resources[CPU] = resource(
        CPU, size="D2", nodes=3, zones=["1"], principal="x", lifecycle=Lifecycle(ignore=("zones",))
    )
    told = explain(world.plan(project(*resources.values())), CPU)
    assert sentences(told)[1:] == (
        "nodes: 9 → 3 (drift).",
        'Ignored: zones: (none) → ["1"] (ignored: lifecycle.ignore).',
        "Ignored: principal: (none) → x (computed: made by the service).",
    )


@pytest.mark.parametrize(
    ("why", "options", "edit", "expected"),
    [
        (
            "orphan",
            {},
            "gone",
            f"{CPU} stays unchanged: removed from the spec; use --prune to delete it.",
        ),
        ("pruned", {"prune": True}, "gone", f"{CPU} will be deleted: removed from the spec."),
        ("recorded", {}, "protected", f"{CPU} will be recorded without running again: lifecycle: protect."),
        ("replaced", {}, "bigger", f"{CPU} will be deleted and created again: immutable: size."),
    ],
)
def test_decisions_in_words(world: World, why: str, options: Any, edit: str, expected: str) -> None:
    edits = {
        "gone": [],
        "protected": [resource(CPU, size="D2", nodes=3, lifecycle=Lifecycle(protect=True))],
        "bigger": [resource(CPU, size="D4", nodes=3)],
    }
    rest = [d for a, d in pipeline().resources.items() if a not in (CPU, TRAIN, MODEL, BLUE, TRAFFIC)]
    assert sentences(explain(world.plan(project(*edits[edit], *rest), **options), CPU))[0] == expected, why


def test_going_back_is_told_as_recording(world: World) -> None:
    revision = world.applied[DATA].revision
    world.apply(pipeline("2"))
    told = explain(world.plan(pipeline("1")), DATA)
    assert sentences(told)[0].startswith(f"{DATA} will be recorded as {revision} without running again")


def test_a_replaced_endpoint_is_the_cause_of_what_is_inside(world: World) -> None:
    resources = {a: resource(HF, auth="token") if a == HF else d for a, d in pipeline().resources.items()}
    told = explain(world.plan(project(*resources.values())), BLUE)
    assert [link.address for link in told.chain] == [BLUE, HF]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.4, "last run took less than a second"),
        (48.2, "last run took 48 s"),
        (125, "last run took 2 min 5 s"),
        (8000, "last run took 2 h 13 min"),
    ],
)
def test_how_long_the_last_run_took(world: World, seconds: float | None, text: str) -> None:
    from dataclasses import replace

    change = change_of(world.plan(pipeline("2")), TRAIN)
    assert change_note(replace(change, last_run_s=seconds)) == text


def document(world: World, wanted: Any, **options: Any) -> dict[str, Any]:
    """As it is after a journey through a file."""
    return dict(json.loads(json.dumps(plan_to_json(world.plan(wanted, **options)))))


@pytest.mark.parametrize("table", ["1", "2"])
def test_the_json_form_follows_its_schema(world: World, table: str) -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for plan in (document(world, pipeline(table)), document(World(), pipeline()), document(world, project())):
        validator.validate(plan)
    raw = external("azureml:raw")
    from orchestrator.core.resource import Observed

    world.elsewhere[raw.target] = Observed(
        raw.target, "1", properties={}, message="a stand-in", attributes={"stand_in": "x"}
    )
    warned = document(world, project(resource(MODEL._replace(name="x"), path=raw)))
    assert [warning["code"] for warning in warned["warnings"]] == ["stand-in"]
    validator.validate(warned)
    unplaced = document(world, pipeline("2"), select=("jobs.train",))
    validator.validate(unplaced)
    assert unplaced["warnings"][0]["address"] == str(DATA)


def test_a_secret_is_saved_by_name_only() -> None:
    plan = document(World(), project(resource(CPU, size="D2", password=Secret("ROOT", "hunter2"), limits={"a": [1]})))
    (change,) = plan["changes"]
    saved = {field["path"]: field["desired"] for field in change["fields"]}
    assert saved["password"] == {"$secret": "ROOT"}
    assert "hunter2" not in json.dumps(plan)


def test_the_same_facts_give_the_saved_plan_again(world: World) -> None:
    saved = document(world, pipeline("2"))
    assert saved_plan_problems(saved, world.plan(pipeline("2"))) == []
    assert saved_plan_problems(saved | {"origin": {"spec": []}}, world.plan(pipeline("2"))) == []


def test_a_saved_plan_is_compared_by_its_data_and_not_by_its_sentences(world: World) -> None:
    saved = document(world, pipeline("2"))
    parts = [*saved["changes"], *(field for change in saved["changes"] for field in change["fields"])]
    for part in parts:
        part["reason"] = "in the words of another version"
    assert saved_plan_problems(saved, world.plan(pipeline("2"))) == []
    causes = [part.pop("causes") for part in parts]
    assert saved_plan_problems(saved, world.plan(pipeline("2"))) == [], "plans from before causes were data"
    for part, cause in zip(parts, causes, strict=True):
        part["causes"] = cause
    saved["changes"][0]["causes"] = [{"cause": "drift", "culprits": []}]
    assert saved_plan_problems(saved, world.plan(pipeline("2"))) == [
        f"The workspace has changed: {saved['changes'][0]['address']}."
    ]


def test_the_schema_knows_every_cause() -> None:
    cause = json.loads(SCHEMA.read_text())["$defs"]["cause"]["properties"]
    assert cause["cause"]["enum"] == [each.value for each in Cause]
    assert cause["culprits"]["items"]["properties"]["kind"]["enum"] == [each.value for each in CulpritKind]


@pytest.mark.parametrize(
    ("why", "edit", "expected"),
    [
        ("another format", {"format": 2}, "Its format is 2"),
        ("no format", {"format": None}, "Its format is None"),
        ("no base", {"base": []}, "not a valid plan"),
        ("changes that are no list", {"changes": {}}, "not a valid plan"),
        ("changes of another form", {"changes": [{"address": 1}]}, "not a valid plan"),
        ("another project", {"project": "lungs"}, "another project"),
        ("another target", {"target": "prod"}, "another project or target"),
        ("another workspace", {"base": {"workspace": "x"}}, "another workspace"),
        ("another state", {"base": {"lineage": "x"}}, "recreated"),
        ("a state that moved on", {"base": {"serial": 9}}, "its serial was 9 and is 1"),
        ("another spec", {"base": {"spec_digest": "x"}}, "has changed"),
        ("a change taken out", {"changes": []}, "The workspace has changed"),
    ],
)
def test_a_saved_plan_that_no_longer_holds(world: World, why: str, edit: dict[str, Any], expected: str) -> None:
    saved = document(world, pipeline("2"))
    for name, value in edit.items():
        saved[name] = saved[name] | value if isinstance(value, dict) and value else value
    (problem,) = saved_plan_problems(saved, world.plan(pipeline("2")))
    assert expected in problem, why


def test_a_workspace_that_others_changed_is_noticed(world: World) -> None:
    saved = document(world, pipeline("2"))
    world.outside(CPU, nodes=9)
    assert saved_plan_problems(saved, world.plan(pipeline("2"))) == [f"The workspace has changed: {CPU}."]
    saved = document(world, pipeline("2"))
    saved["changes"].reverse()
    assert saved_plan_problems(saved, world.plan(pipeline("2"))) == ["Its changes are not in a valid order."]


def test_actions_are_saved_by_their_lower_case_names(world: World) -> None:
    world.mark(TRAIN, health=Health.DEGRADED)
    found = {change["action"] for change in document(world, pipeline("2"))["changes"]}
    assert found <= {action.value for action in Action}
