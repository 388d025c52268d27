"""What a plan says of the steps of a pipeline that an apply will not run again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.local.reuse import reuse_notes
from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.core.resource import Desired
from orchestrator.core.value import LocalFiles, Reference
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import FILES, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.service import Workspace

COMPONENT = {"type": "command", "command": "fit", "environment": {"image": "x"}, "inputs": {"r": {"type": "number"}}}
RECORDED: Mapping[str, Any] = {
    "type": "pipeline",
    "inputs": {"data": "azureml:raw:1", "rate": 0.5},
    "jobs": {
        "prep": {
            "type": "command",
            "component": {"command": "prep", "code": "content://aa", "environment": {"image": "x"}},
            "inputs": {"d": "${{parent.inputs.data}}"},
        },
        "train": {
            "component": "azureml:fit:1",
            "inputs": {"d": "${{parent.jobs.prep.outputs.o}}", "r": "${{parent.inputs.rate}}"},
        },
        "score": {
            "command": "score",
            "environment": {"image": "x"},
            "inputs": {"m": "${{parent.jobs.train.outputs.m}}"},
        },
        "other": {"command": "other", "environment": {"image": "x"}, "tags": {"a": "b"}},
    },
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    store = RecordStore(WorkspacePaths(tmp_path))
    attributes = {FILES: {"aa": "planned"}}
    store.insert(Record("jobs", "jobs.pipe", "run", body=RECORDED, attributes=attributes, variant="pipeline"))
    store.insert(Record("components", "components.fit", "1", body=COMPONENT))
    store.insert(Record("data", "data.raw", "1", body={"type": "uri_file", "path": "p"}))
    return Workspace(tmp_path)


def wanted(code: str = "planned", **nodes: Mapping[str, Any]) -> dict[str, Any]:
    """The body as the spec has it, with changes of single steps."""
    jobs = {name: {**node, **nodes.get(name, {})} for name, node in RECORDED["jobs"].items()}
    component = {**RECORDED["jobs"]["prep"]["component"], "code": LocalFiles(Path("/src"), code, "src")}
    jobs["prep"] = {**jobs["prep"], "component": component}
    jobs["train"] = {**jobs["train"], "component": Reference(Address("components", "fit"))}
    return {**RECORDED, "jobs": jobs, "inputs": {"data": Reference(Address("data", "raw")), "rate": 0.5}}


def said(workspace: Workspace, body: Mapping[str, Any], fit: Mapping[str, Any] = COMPONENT, raw: str = "p") -> str:
    """The steps that are reused, as the plan tells them."""
    desired = Desired(address=Address("jobs", "pipe"), properties=body, content="", variant="pipeline")
    component = Desired(address=Address("components", "fit"), properties=fit, content="", variant="command")
    data = Desired(address=Address("data", "raw"), properties={"type": "uri_file", "path": raw}, content="")
    resources = {one.address: one for one in (desired, component, data)}
    found = [refusal.reason for refusal in reuse_notes(desired, resources, workspace) if not refusal.stops]
    assert len(found) <= 1
    return found[0].partition("(")[2].partition(")")[0] if found else ""


def test_steps_that_are_as_they_were_are_told(workspace: Workspace) -> None:
    table = [
        (wanted(), {}, ""),
        (wanted(code="other"), {}, "other"),
        (wanted(score={"command": "new"}), {}, "prep, train, other"),
        (
            wanted(score={"command": "new"}, prep={"compute": "azureml:x", "display_name": "P"}),
            {},
            "prep, train, other",
        ),
        (wanted(train={"inputs": {"d": "${{parent.jobs.prep.outputs.o}}", "r": 7}}), {}, "prep, other"),
        ({**wanted(), "inputs": {"data": Reference(Address("data", "raw")), "rate": 0.7}}, {}, "prep, other"),
        (wanted(), {"fit": {**COMPONENT, "command": "fit better"}}, "prep, other"),
        (wanted(), {"fit": {**COMPONENT, "description": "words", "tags": {"a": "b"}}}, ""),
        (wanted(other={"is_deterministic": False}), {}, "prep, train, score"),
        (wanted(), {"fit": {**COMPONENT, "is_deterministic": False}}, "prep, other"),
        (wanted(), {"raw": "elsewhere"}, "other"),
        ({**wanted(score={"command": "new"}), "settings": {"force_rerun": True}}, {}, ""),
    ]
    for number, (body, others, expected) in enumerate(table):
        assert said(workspace, body, **others) == expected, number  # type: ignore[arg-type]


def test_nothing_is_told_of_a_pipeline_that_has_not_completed(workspace: Workspace) -> None:
    record = workspace.latest("jobs", "jobs.pipe")
    assert record is not None
    store = RecordStore(WorkspacePaths(workspace.root))
    store.update_status(record.key, health=Health.DEGRADED)
    assert said(workspace, wanted(score={"command": "new"})) == ""


def test_what_conditions_and_loops_decide_on_changes_with_them(workspace: Workspace) -> None:
    flow = {
        "gate": {"type": "if_else", "condition": "${{parent.jobs.prep.outputs.good}}", "true_block": "${{parent.jobs.other}}"},
        "until": {"type": "do_while", "body": "${{parent.jobs.score}}", "mapping": {}, "limits": {"max_iteration_count": 3}},
    }  # fmt: skip
    recorded = {**RECORDED, "jobs": {**RECORDED["jobs"], **flow}}
    RecordStore(WorkspacePaths(workspace.root)).insert(
        Record("jobs", "jobs.pipe", "later", body=recorded, attributes={FILES: {"aa": "planned"}}, variant="pipeline")
    )

    def with_flow(*changed: str, **nodes: Mapping[str, Any]) -> dict[str, Any]:
        body = wanted(**nodes)
        jobs = {
            name: {**node, "limits": {"max_iteration_count": 9}} if name in changed else node
            for name, node in flow.items()
        }
        return {**body, "jobs": {**body["jobs"], **jobs}}

    assert said(workspace, with_flow()) == "", "conditions and loops are no steps that run"
    assert said(workspace, with_flow("until")) == "prep, train, other"
    assert said(workspace, with_flow(train={"inputs": {}})) == "prep, other"
    assert said(workspace, with_flow("gate")) == "prep, train, score"
