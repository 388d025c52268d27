"""With --format json stdout is one document, and its published schema describes it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from orchestrator.core.address import Address
from orchestrator.core.health import Health, Sync
from orchestrator.core.run import CheckResult, Outcome, RunReport, StepResult
from orchestrator.core.status import ResourceStatus
from orchestrator.report.run import run_json
from orchestrator.report.status import status_json
from tests.unit.cli.calling import SCHEMAS, SPEC, Shell


def schema(name: str) -> jsonschema.Draft202012Validator:
    document = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def fits(name: str, document: object) -> None:
    assert [error.message for error in schema(name).iter_errors(document)] == []


def test_a_project_s_whole_life_fits(demo: Shell) -> None:
    fits("diagnostics", demo("validate", "--format", "json").data)
    fits("status", demo("status", "--format", "json").data)
    fits("plan", demo("plan", "--format", "json").data)
    done = demo("apply", "-y", "--format", "json").data
    fits("apply", done)
    assert {outcome["outcome"] for outcome in done["outcomes"]} == {"created"}
    fits("apply", demo("apply", "-y", "--format", "json").data)
    found = demo("status", "--format", "json").data
    fits("status", found)
    assert {item["sync"] for item in found["resources"]} == {"synced"}
    demo.write("spec.yaml", SPEC.replace("  py: {image: host}", "  other: {image: host}"))
    fits("status", demo("status", "--format", "json").data)
    fits("plan", demo("plan", "--prune", "--format", "json").data)
    fits("apply", demo("destroy", "-y", "--format", "json").data)


def test_a_saved_plan_fits_too(demo: Shell) -> None:
    demo("plan", "-o", "plan.json")
    fits("plan", json.loads((demo.folder / "plan.json").read_text()))


WRONG = [
    ("validate", "project: demo\ndata: 3\n", "problems of the text"),
    ("plan", "project: demo\ndata: {a: {path: nowhere}}\n", "a missing file"),
    ("apply", "project: demo\ndata: {a: {path: 'https://e.org', tag: 1}}\n", "an unknown field"),
    ("status", "proj: demo\n", "no spec"),
    ("graph", "project: demo\ndata: {a: {path: '${data.a.path}'}}\n", "a circle"),
]


@pytest.mark.parametrize(("command", "text", "why"), WRONG, ids=[w[2] for w in WRONG])
def test_problems_are_one_document_for_every_command(amlctl: Shell, command: str, text: str, why: str) -> None:
    amlctl.write("spec.yaml", text)
    answer = amlctl(command, "--format", "json", code=1)
    fits("diagnostics", answer.data)
    assert answer.data["diagnostics"], why
    assert "problem" in answer.err, "people are told as well"


def test_other_failures_are_one_document_too(demo: Shell) -> None:
    demo("plan", "-o", "plan.json")
    demo.write("rows.csv", "x\n2\n")
    answer = demo("apply", "plan.json", "--format", "json", code=1)
    fits("diagnostics", answer.data)
    assert answer.data["error"]["code"] == "saved-plan-stale"


@pytest.mark.parametrize(
    ("arguments", "said", "why"),
    [
        (("plan", "--format", "json", "--nope"), "--nope", "an option that there is not"),
        (("plan", "--format=json", "--nope"), "--nope", "the format in one word"),
        (("plan", "--nope", "--format", "json"), "--nope", "the format comes after the mistake"),
        (("explain", "--format", "json"), "ADDRESS", "an argument is missing"),
        (("logs", "jobs.nope", "--format", "json"), "jobs.nope", "no such resource"),
        (("plam", "--format", "json"), "plan", "no such command"),
        (("plan", "--var", "x", "--format", "json"), "NAME=VALUE", "a value of the wrong form"),
        (("workspace", "reset", "--format", "json"), "--yes", "nobody can be asked"),
    ],
)
def test_a_wrong_command_line_is_one_document_too(demo: Shell, arguments: tuple[str, ...], said: str, why: str) -> None:
    answer = demo(*arguments, code=1)
    fits("diagnostics", answer.data)
    assert answer.data["error"]["code"] == "usage", why
    assert said in answer.data["error"]["detail"]
    assert said in answer.err, "people are told as well"


def test_without_a_spec_there_is_one_document_too(amlctl: Shell) -> None:
    assert "No spec was specified" in amlctl("plan", "--format", "json", code=1).data["error"]["detail"]


@pytest.mark.parametrize("arguments", [("plan", "--nope"), ("plan", "--nope", "--", "--format", "json")])
def test_text_is_for_people_only(demo: Shell, arguments: tuple[str, ...]) -> None:
    assert demo(*arguments, code=1).out == ""


@pytest.mark.parametrize("health", list(Health))
@pytest.mark.parametrize("sync", list(Sync))
def test_every_state_of_a_resource_fits(health: Health, sync: Sync) -> None:
    status = ResourceStatus(
        address=Address("jobs", "j"), health=health, sync=sync, revision="j-1", message="why", urls={"log": "file:///x"}
    )
    fits("status", status_json([status]))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_fits(outcome: Outcome) -> None:
    answer = CheckResult(
        name="one", url="http://127.0.0.1/score", deployment="blue", status=0, body="", problem="no answer"
    )
    result = StepResult(Address("jobs", "j"), outcome, revision="j-1", duration_s=1.5, error="why", answers=(answer,))
    fits("apply", run_json(RunReport((result,), interrupted=True, serial=3)))
