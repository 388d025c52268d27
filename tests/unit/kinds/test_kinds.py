"""Every kind, by its own table of cases."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.deep_learning import missing
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.field_mark import Immutable
from orchestrator.core.fields import marks_along, root_node
from orchestrator.core.folds import bare_name, lower, scalar_text, seconds
from orchestrator.core.kind import Identity
from orchestrator.core.resource import Desired
from orchestrator.core.tree import span_at
from orchestrator.kinds import discover
from tests.unit.kinds.cases import Case, all_cases
from tests.unit.spec.building import project, tree

CASES = list(all_cases())
KINDS = discover()


def desired(case: Case, body: Any, folder: Path) -> Desired:
    case.write(folder)
    return project(case.text(body), folder).resources[Address.parse(case.address)]


def cases_with(edit: str) -> list[Case]:
    return [case for case in CASES if getattr(case, edit)]


def test_every_kind_and_variant_has_a_case() -> None:
    told = {(case.kind, case.variant) for case in CASES}
    alike = {("jobs", variant) for variant in KINDS["jobs"].variants if variant.startswith("automl.")}
    wanted = {(kind.key, variant) for kind in KINDS.values() if not kind.is_workspace for variant in kind.variants}
    assert wanted - told - alike == set()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_minimal_and_full_bodies_are_valid(case: Case, tmp_path: Path) -> None:
    for body in (case.minimal, case.full):
        assert desired(case, body, tmp_path).variant == case.variant


@pytest.mark.parametrize("case", cases_with("same"), ids=str)
def test_other_forms_of_the_same_value_change_nothing(case: Case, tmp_path: Path) -> None:
    before, after = desired(case, case.full, tmp_path), desired(case, case.patched(case.same or {}), tmp_path)
    assert (after.content, after.metadata, after.run_settings) == (before.content, before.metadata, before.run_settings)


@pytest.mark.parametrize("case", cases_with("label"), ids=str)
def test_a_label_is_no_content(case: Case, tmp_path: Path) -> None:
    before, after = desired(case, case.full, tmp_path), desired(case, case.patched(case.label or {}), tmp_path)
    assert after.content == before.content
    assert after.metadata != before.metadata


@pytest.mark.parametrize("case", cases_with("content"), ids=str)
def test_an_edit_of_what_it_does_is_content(case: Case, tmp_path: Path) -> None:
    before, after = desired(case, case.full, tmp_path), desired(case, case.patched(case.content or {}), tmp_path)
    before_says = (before.content, before.references and [str(r) for r in before.references])
    assert (after.content, after.references and [str(r) for r in after.references]) != before_says
    assert after.metadata == before.metadata


@pytest.mark.parametrize("case", cases_with("run_settings"), ids=str)
def test_where_and_how_long_is_neither(case: Case, tmp_path: Path) -> None:
    before, after = desired(case, case.full, tmp_path), desired(case, case.patched(case.run_settings or {}), tmp_path)
    assert (after.content, after.metadata) == (before.content, before.metadata)
    assert after.run_settings != before.run_settings


@pytest.mark.parametrize("case", cases_with("immutable"), ids=str)
def test_what_the_service_cannot_change_says_why(case: Case, tmp_path: Path) -> None:
    edited = case.patched(case.immutable or {})
    assert desired(case, edited, tmp_path)
    path = first_difference(case.full, edited)
    marks = marks_along(root_node(KINDS[case.kind], case.variant), path)
    assert any(isinstance(mark, Immutable) and mark.reason for mark in marks), path


def first_difference(before: Any, after: Any) -> tuple[str, ...]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ()
    name = next(key for key in [*before, *after] if before.get(key) != after.get(key))
    return (name, *first_difference(before.get(name), after.get(name)))


WRONG = [(case, wrong) for case in CASES for wrong in case.invalid]


@pytest.mark.parametrize(("case", "wrong"), WRONG, ids=[f"{c}-{w['why']}" for c, w in WRONG])
def test_a_mistake_is_one_error_at_its_place(case: Case, wrong: dict[str, Any], tmp_path: Path) -> None:
    body = case.patched(wrong["patch"])
    case.write(tmp_path)
    with pytest.raises(SpecError) as caught:
        project(case.text(body), tmp_path)
    [found] = caught.value.diagnostics
    inside = tuple(int(part) if part.isdigit() else part for part in wrong["at"].split(".") if part)
    place = span_at(tree(case.text(body)), (*case.place(), *inside), key=wrong.get("key", False))
    assert (found.code, found.subject) == (wrong["code"], place)
    assert found.fix
    assert not HOLE.search(f"{found.detail} {found.fix}"), "a value that was to stand there does not"
    assert found.address is not None


HOLE = re.compile(r"(?<![${]){[a-z_]+}")


NAMES = [
    ("compute", "amlcompute", "a" * 32, True, "the longest"),
    ("compute", "amlcompute", "a" * 33, False, "too long"),
    ("compute", "amlcompute", "1a", False, "starts with a digit"),
    ("compute", "amlcompute", "ab-", False, "ends with a hyphen"),
    ("compute", "computeinstance", "a" * 25, False, "instances take 24"),
    ("data", "uri_file", "iris.v1", True, "dots are fine in assets"),
    ("data", "uri_file", "-iris", False, "starts with a hyphen"),
    ("online_endpoints", "managed", "ab", False, "too short"),
    ("online_endpoints", "managed", "abc", True, "the shortest"),
    ("online_endpoints.deployments", "managed", "blue_2", False, "no underscore"),
    ("jobs", "command", "train.v1", False, "no dot in a run's name"),
]


@pytest.mark.parametrize(("kind", "variant", "name", "fine", "why"), NAMES, ids=[f"{n[0]}-{n[4]}" for n in NAMES])
def test_names_are_what_the_service_takes(
    kind: str, variant: str, name: str, fine: bool, why: str, tmp_path: Path
) -> None:
    case = next(case for case in CASES if (case.kind, case.variant) == (kind, variant))
    named = Case(**{**{f: getattr(case, f) for f in case.__dataclass_fields__}, "name": name})
    case.write(tmp_path)
    if fine:
        project(named.text(case.full), tmp_path)
        return
    with pytest.raises(SpecError) as caught:
        project(named.text(case.full), tmp_path)
    assert [d.code for d in caught.value.diagnostics] == ["invalid-name"], why


REFUSED = [
    ("jobs", "command", {}, [], "a process"),
    ("jobs", "automl.classification", {"task": "classification"}, [], "a table"),
    ("jobs", "automl.image_classification", {}, [("task",)] if missing("image_classification") else [], "deep networks"),
    ("jobs", "command", {"distribution": {"type": "mpi"}}, [] if which("mpirun") else [("distribution", "type")], "MPI"),
    ("jobs", "command", {"distribution": {"type": "tensorflow", "worker_count": 2}}, [], "workers side by side"),
    ("jobs", "command", {"distribution": {"type": "pytorch"}}, [], "processes side by side"),
    ("jobs", "command", {"resources": {"instance_count": 2}}, [("resources", "instance_count")], "two machines"),
    ("jobs", "command", {"resources": {"instance_count": 1}}, [], "one machine"),
    ("jobs", "command", {"inputs": {"t": {"mode": "eval_mount"}}}, [("inputs", "t", "mode")], "a mode of inputs"),
    ("jobs", "automl.regression", {"training_data": {"mode": "eval_download"}}, [("training_data", "mode")], "AutoML"),
    ("jobs", "command", {"inputs": {"t": {"mode": "download"}, "n": "1"}}, [], "other modes"),
    ("jobs", "command", {"distribution": {"type": "ray"}, "resources": {"instance_count": 3}},
     [("distribution", "type"), ("resources", "instance_count")], "every reason"),
    ("online_endpoints.deployments", "managed", {}, [], "processes"),
    ("online_endpoints.deployments", "kubernetes", {}, [("type",)], "a cluster"),
    ("online_endpoints.deployments", "managed", {"model": {"type": "triton_model"}}, [("model", "type")], "Triton"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "variant", "body", "paths", "why"), REFUSED, ids=[r[4] for r in REFUSED])
def test_the_embedded_workspace_says_what_it_cannot_run(
    kind: str, variant: str, body: dict[str, Any], paths: list[tuple[str, ...]], why: str
) -> None:
    assert [refusal.path for refusal in KINDS[kind].local_refusals(variant, body)] == paths, why


MENTIONS = [
    ("echo ${{inputs.rate}} ${{ outputs.model }} ${{inputs.table.path}}", "", "all declared"),
    ("echo ${{inputs.rat}}", "Did you mean 'rate'?", "a slip"),
    ("echo ${{outputs.report}}", "Declare 'report' under `outputs:`.", "nothing near"),
    ("echo $[[--x ${{inputs.missing}}]]", "", "an optional group"),
    ("echo ${{input.rate}}", "Use ${{inputs.NAME}} or ${{outputs.NAME}}.", "no such side"),
]


@pytest.mark.parametrize(("command", "fix", "why"), MENTIONS, ids=[m[2] for m in MENTIONS])
def test_a_command_mentions_what_the_job_declares(command: str, fix: str, why: str) -> None:
    body = {"command": command, "inputs": {"rate": 1, "table": {"path": "a"}}, "outputs": {"model": None}}
    found = list(KINDS["jobs"].problems("command", body))
    assert [problem.fix for problem in found] == ([fix] if fix else []), why


ALGORITHMS = [
    ("automl.regression", ["light_gbm", "RandomForest", "xgboost-regressor"], 0, "as people spell them"),
    ("automl.regression", ["linear_regression"], 1, "not AutoML's"),
    ("automl.regression", ["LogisticRegression"], 1, "another task's"),
    ("automl.forecasting", ["Prophet", "arimax", "elastic_net"], 0, "forecasters and regressors"),
    ("automl.classification", ["svm", "XGBoostRegressor"], 1, "another task's"),
    ("automl.image_classification", ["x"], 0, "other tasks have no such lists"),
]


@pytest.mark.parametrize(("variant", "names", "wrong", "why"), ALGORITHMS)
def test_automl_takes_the_algorithms_of_its_task(variant: str, names: list[str], wrong: int, why: str) -> None:
    for field in ("allowed_training_algorithms", "blocked_training_algorithms"):
        found = list(KINDS["jobs"].problems(variant, {"training": {field: names}}))
        assert len(found) == wrong, why
        assert all(
            problem.path == ("training", field, len(names) - 1) and "RandomForest" in problem.fix for problem in found
        )


FOLDS = [
    (seconds, "PT2M", 120, "minutes"),
    (seconds, "P1DT1H", 90000, "days and hours"),
    (seconds, "PT0.5S", 0.5, "parts of a second"),
    (seconds, 120, 120, "seconds as they are"),
    (seconds, "soon", "soon", "no duration"),
    (seconds, "PT", "PT", "an empty duration is none"),
    (scalar_text, True, "True", "switches as the service writes them"),
    (scalar_text, 1.0, "1", "whole numbers"),
    (scalar_text, 0.1, "0.1", "numbers"),
    (scalar_text, None, None, "nothing"),
    (bare_name, "azureml:cpu", "cpu", "the prefix of a compute"),
    (bare_name, "azureml://x", "azureml://x", "an address"),
    (lower, "Linux", "linux", "case"),
    (lower, 3, 3, "no text"),
]


@pytest.mark.parametrize(("fold", "value", "folded", "why"), FOLDS, ids=[f[3] for f in FOLDS])
def test_two_texts_of_one_value_are_folded(fold: Any, value: Any, folded: Any, why: str) -> None:
    assert fold(value) == folded
    assert type(fold(value)) is type(folded)


TOLD = [
    ({"task": "regression"}, "automl.regression", "a task is AutoML's"),
    ({"type": "automl"}, "automl.", "without a task"),
    ({"trial": {}, "command": "x"}, "sweep", "a sweep's trial has a command"),
    ({"jobs": {}}, "pipeline", "steps"),
    ({"entry": {}}, "spark", "an entry file"),
    ({"command": "x"}, "command", "a command alone"),
    ({}, "", "nothing tells"),
]


@pytest.mark.parametrize(("body", "variant", "why"), TOLD, ids=[t[2] for t in TOLD])
def test_a_job_without_a_type_is_told_by_its_fields(body: dict[str, Any], variant: str, why: str) -> None:
    assert KINDS["jobs"].variant(body) == variant


def test_children_are_kinds_and_marks_have_reasons() -> None:
    for kind in KINDS.values():
        assert all(child.kind in KINDS for child in kind.children)
        assert kind.source and kind.name.source
        for variant in kind.variants:
            for path, mark in all_marks(root_node(kind, variant)):
                assert mark.reason, (kind.key, variant, path)


def all_marks(node: Any, path: str = "") -> list[tuple[str, Any]]:
    found = [(path, mark) for mark in node.marks]
    if path.count(".jobs[]") > 1:
        return found  # a pipeline's step may be a pipeline, and so on
    for name, child in (node.fields or {}).items():
        found += all_marks(child, f"{path}.{name}")
    return found + (all_marks(node.item, f"{path}[]") if node.item else [])


def test_runs_are_jobs_and_assets_are_versioned() -> None:
    identities = {key: kind.identity for key, kind in KINDS.items()}
    assert {k for k, i in identities.items() if i is Identity.RUN} == {"jobs"}
    assert {k for k, i in identities.items() if i is Identity.VERSIONED} == {
        "components",
        "data",
        "environments",
        "feature_sets",
        "feature_store_entities",
        "models",
    }


def test_kinds_cost_no_heavy_import() -> None:
    heavy = ["azure", "mlflow", "sklearn", "pandas", "networkx", "aiohttp", "rich", "structlog", "pathspec", "yaml"]
    code = f"import sys; from orchestrator.kinds import discover; discover(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
