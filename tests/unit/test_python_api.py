"""What programs import from `orchestrator`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import orchestrator
from orchestrator import (
    Plan,
    PlanOptions,
    RunOptions,
    SpecError,
    StateError,
    apply,
    destroy,
    plan,
    reconcile_once,
    status,
    validate,
)
from orchestrator.core.health import Health, Sync
from orchestrator.core.run import Outcome

SPEC = """project: demo
variables: {size: {default: Standard_DS3_v2}}
targets:
  small: {default: true, variables: {size: Standard_DS2_v2}}
  large: {variables: {size: Standard_DS4_v2}}
data:
  rows: {type: uri_file, path: rows.csv}
compute:
  cpu: {type: amlcompute, size: "${var.size}", max_instances: 2}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text("x\n1\n")
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    return path


@pytest.mark.parametrize(
    ("arguments", "expected", "why"),
    [
        ({}, "Standard_DS2_v2", "the default target"),
        ({"target": "large"}, "Standard_DS4_v2", "a target"),
        ({"target": "large", "variables": {"size": "Standard_NC6"}}, "Standard_NC6", "a variable wins over the target"),
    ],
)
def test_validate_gives_the_project(spec: Path, arguments: dict[str, object], expected: str, why: str) -> None:
    project = validate(spec, **arguments)  # type: ignore[arg-type]
    found = {str(address): dict(desired.properties) for address, desired in project.resources.items()}
    assert found["compute.cpu"]["size"] == expected, why


def test_a_spec_is_named_by_text_path_folder_or_several(spec: Path) -> None:
    tags = spec.with_name("more.yaml")
    tags.write_text("tags: {team: a}\n")
    assert validate(str(spec)).name == validate(spec).name == validate([spec, str(tags)]).name == "demo"


def test_the_environment_is_this_process_s(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec.write_text("project: demo\ncompute: {cpu: {type: amlcompute, size: '${env.SIZE_OF_THE_TEST}'}}\n")
    with pytest.raises(SpecError):
        validate(spec)
    monkeypatch.setenv("SIZE_OF_THE_TEST", "Standard_DS2_v2")
    assert validate(spec).name == "demo"


@pytest.mark.parametrize("call", [validate, plan, apply, destroy, status])
def test_every_problem_of_a_spec_is_in_the_error(spec: Path, call: Callable[[Path], object]) -> None:
    spec.write_text("project: demo\ncompute: {cpu: {type: amlcompute, sise: 1}}\ndata: {rows: {path: none.csv}}\n")
    with pytest.raises(SpecError) as caught:
        call(spec)
    assert {"unknown-field", "missing-file"} <= {problem.code for problem in caught.value.diagnostics}
    assert not (spec.parent / ".amlctl").exists()


def test_the_life_of_a_project(spec: Path) -> None:
    proposed = plan(spec)
    assert isinstance(proposed, Plan)
    assert {str(change.address) for change in proposed.effective} == {"compute.cpu", "data.rows"}
    assert not (spec.parent / ".amlctl").exists(), "planning writes nothing"

    report = apply(spec, run=RunOptions(parallelism=1))
    assert report is not None
    assert not report.failed
    assert {str(result.address): result.outcome for result in report.results} == {
        "compute.cpu": Outcome.CREATED,
        "data.rows": Outcome.CREATED,
    }
    assert apply(spec) is None, "nothing is left to do"
    assert {(each.health, each.sync) for each in status(spec)} == {(Health.HEALTHY, Sync.SYNCED)}

    removed = destroy(spec)
    assert removed is not None
    assert {result.outcome for result in removed.results} == {Outcome.DELETED}
    assert destroy(spec) is None


def test_what_is_protected_is_not_destroyed(spec: Path) -> None:
    spec.write_text(SPEC.replace("max_instances: 2", "max_instances: 2, lifecycle: {protect: true}"))
    apply(spec)
    with pytest.raises(SpecError):
        destroy(spec)
    assert plan(spec).effective == ()


def test_options_reach_the_plan(spec: Path) -> None:
    selected = plan(spec, options=PlanOptions(select=("data.*",)))
    assert [str(change.address) for change in selected.changes] == ["data.rows"]


def test_a_no_changes_nothing(spec: Path) -> None:
    shown: list[Plan] = []

    def refuse(proposed: Plan) -> bool:
        shown.append(proposed)
        return False

    assert apply(spec, confirm=refuse) is None
    assert [len(each.effective) for each in shown] == [2]
    assert len(plan(spec).effective) == 2
    apply(spec)
    assert destroy(spec, confirm=refuse) is None
    assert plan(spec).effective == ()


def test_a_workspace_that_moves_on_while_the_plan_is_read_stops_the_apply(spec: Path) -> None:
    def meanwhile(proposed: Plan) -> bool:
        apply(spec)
        return True

    with pytest.raises(StateError) as caught:
        apply(spec, confirm=meanwhile)
    assert caught.value.code == "plan-outdated"


def test_reconcile_once_says_what_each_pass_did(spec: Path) -> None:
    config = spec.with_name("reconcile.yaml")
    config.write_text("projects:\n  demo: {source: {folder: spec.yaml}}\n")
    first, second = reconcile_once(config)["demo"], reconcile_once(str(config))["demo"]
    assert first.outcome.well
    assert dict(first.done) == {"compute.cpu": "created", "data.rows": "created"}
    assert second.outcome.well
    assert second.done == {}


def test_every_public_name_is_there() -> None:
    assert set(orchestrator.__all__) <= set(dir(orchestrator))
    for name in orchestrator.__all__:
        assert getattr(orchestrator, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = orchestrator.nonsense  # type: ignore[attr-defined]


def test_importing_the_package_imports_nothing_else_of_ours() -> None:
    script = (
        "import sys, orchestrator; print([m for m in sys.modules if m.startswith('orchestrator.') or m == 'typing'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
