"""JSON Schemas: current, valid, and of one mind with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from orchestrator.kinds import discover
from orchestrator.spec.schema import FOLDER, documents, kind_schema, main, spec_schema, stale
from tests.unit.kinds.cases import Case, all_cases

KINDS = discover()
SPEC = jsonschema.Draft202012Validator(spec_schema(KINDS))
ROOT = Path(__file__).resolve().parents[3]


def test_the_committed_schemas_are_current() -> None:
    assert stale(KINDS, FOLDER) == []


@pytest.mark.parametrize("name", list(documents(KINDS)))
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(documents(KINDS)[name]))


@pytest.mark.parametrize("case", list(all_cases()), ids=str)
def test_what_the_loader_takes_the_schema_takes(case: Case) -> None:
    body = jsonschema.Draft202012Validator(kind_schema(KINDS[case.kind]))
    for written in (case.minimal, case.full):
        assert [error.message for error in SPEC.iter_errors({"project": "demo", **case.spec(written)})] == []
        if case.kind != "online_endpoints.traffic":
            assert [error.message for error in body.iter_errors(written)] == []


WRITTEN = sorted([*ROOT.glob("specs/*/spec.yaml"), *ROOT.glob("examples/*/*.yaml")])
SPECS = [path for path in WRITTEN if "project" in yaml.safe_load(path.read_text())]
"""Not the settings of the loop, which are no spec."""


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_our_own_specs_fit(path: Path) -> None:
    assert [error.message for error in SPEC.iter_errors(yaml.safe_load(path.read_text()))] == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"computes": {}}, "a section that is not there"),
    ({"compute": {"cpu": {"type": "amlcompute", "sise": "s"}}}, "a field that is not there"),
    ({"compute": {"cpu": {"type": "amlcompute", "max_instances": "many"}}}, "words for a number"),
    ({"compute": {"1cpu": {"type": "amlcompute"}}}, "a name the service refuses"),
    ({"compute": {"cpu": {"type": "amlcompute", "lifecycle": {"protct": True}}}}, "a misspelt lifecycle"),
    ({"online_endpoints": {"end": {"deployments": {"blue": {"instance_count": 1}}}}}, "a part that lacks a field"),
    ({"online_endpoints": {"end": {"traffic": {"blue": 101}}}}, "more than everything"),
    ({"variables": {"n": {"type": "int"}}}, "a type that is not there"),
    ({"workspace": {"local": {}, "azure": {}}}, "two workspaces"),
    ({"secrets": {"key": "abc"}}, "a secret for all to see"),
]


@pytest.mark.parametrize(("spec", "why"), REFUSED, ids=[r[1] for r in REFUSED])
def test_what_is_wrong_is_refused(spec: dict[str, Any], why: str) -> None:
    assert list(SPEC.iter_errors(spec)), why


TAKEN: list[tuple[dict[str, Any], str]] = [
    ({"compute": {"cpu": {"type": "amlcompute", "max_instances": "${var.n}"}}}, "an expression for a number"),
    ({"compute": {"cpu": {"file": "cluster.yml", "max_instances": 3}}}, "a document with overrides"),
    ({"jobs": {"j": {"file": "job.yml", "lifecycle": {"rerun": "always"}}}}, "lifecycle beside a document"),
    ({"online_endpoints": {"end": {"deployments": {"blue": {"file": "blue.yml"}}}}}, "a part from a document"),
    (
        {"jobs": {"j": {"command": "e", "environment": "azureml:e@latest", "lifecycle": {"enabled": "${var.on}"}}}},
        "a switch",
    ),
    ({"include": "jobs/*.yaml", "tags": {"a": 1}, "workspace": {"local": None}}, "settings"),
    ({"targets": {"dev": {"default": True, "compute": {"cpu": {"max_instances": 1}}}}}, "an overlay"),
]


@pytest.mark.parametrize(("spec", "why"), TAKEN, ids=[t[1] for t in TAKEN])
def test_what_is_right_is_taken(spec: dict[str, Any], why: str) -> None:
    assert [error.message for error in SPEC.iter_errors(spec)] == [], why


def test_writing_and_checking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--folder", str(tmp_path)]
    assert main(["--check", *where], KINDS) == 1
    assert "spec.schema.json is not current" in capsys.readouterr().err
    assert main(["--write", *where], KINDS) == 0
    assert main(["--check", *where], KINDS) == 0
