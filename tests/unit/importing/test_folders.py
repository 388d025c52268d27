"""`amlctl init --from` on folders in the shape of public ones: the first plan works, and everything left out is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

import orchestrator
from orchestrator.core.errors import StateError
from orchestrator.core.plan import Plan
from orchestrator.importing import ImportResult, import_folder
from tests.unit.importing.folders import FOLDERS


def brought(name: str, folder: Path) -> tuple[ImportResult, Plan, str]:
    """The import of a folder, its first plan, and the text of the spec."""
    for file, text in FOLDERS[name].items():
        path = folder / "brought" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    spec = folder / "project" / "spec.yaml"
    found = import_folder(folder / "brought", spec, "project")
    return found, orchestrator.plan(spec), spec.read_text(encoding="utf-8")


def planned(plan: Plan) -> set[str]:
    return {str(change.address) for change in plan.changes}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_first_plan_works_and_no_yaml_file_is_passed_over_in_silence(name: str, tmp_path: Path) -> None:
    found, plan, text = brought(name, tmp_path)
    assert not found.problem, text
    assert planned(plan) or found.elsewhere, text
    told = {Path(path) for _, path, _ in found.included if path} | {path for path, _ in (*found.skipped, *found.others)}
    present = {path for path in (tmp_path / "brought").rglob("*.y*ml") if ".github" not in path.parts}
    assert present - told == set()
    assert all(reason for _, reason in (*found.skipped, *found.others))
    assert not (tmp_path / "project" / ".amlctl").exists(), "planning left a workspace behind"


SAYS = [
    ("rollout", "traffic: {blue: 90, green: 10}"),
    ("rollout", "instance_count: 2"),
    ("jobs", "  wine-quality:\n    file: ../brought/jobs/wine-quality/job.yml\n"),
    ("jobs", "  cpu-cluster:\n    type: amlcompute\n    min_instances: 0\n    max_instances: 8\n"),
    ("jobs", '    inputs: {word: bye}\n    display_name: "an iris"\n    tags: {owner: "${var.USER}"}\n'),
    ("batch", "defaults: {deployment_name: digits}"),
    ("registry", "        lifecycle: {targets: [azure]}\n"),
    ("pipeline", "# left out: ../brought/components/train.YAML: it is part of pipeline.yml, which names it"),
    ("templates", 'CLUSTER_NAME: small-cluster, NODES: "1", VM_SIZE: Standard_DS3_v2'),
    (
        "templates",
        'azure: {subscription_id: "11111111-2222-3333-4444-555555555555", resource_group: ml-group, workspace_name: ml-dev}',
    ),
    ("templates", "    file: ../brought/data.yml\n    version: 4\n"),
    ("secrets", '    credentials: {account_key: "${secret.landing-account-key}"}\n'),
    ("secrets", "  landing-account-key: {env: LANDING_ACCOUNT_KEY}\n"),
    ("workflow", "  cpu-cluster:\n    type: amlcompute\n    max_instances: 2\n"),
    ("workflow", "    version: 7\n    path: ../brought/data/rows.csv\n"),
    ("workflow", '    compute: "azureml:cpu-cluster"\n'),
    ("strays", "  # left out: ../brought/job.yml: line 3: jobs.job uses './missing', but it does not exist.\n"),
]


def test_what_scripts_say_stands_in_the_spec(tmp_path: Path) -> None:
    texts = {name: brought(name, tmp_path / name)[2] for name, _ in SAYS}
    assert not [(name, line) for name, line in SAYS if line not in texts[name]], texts


def test_commands_are_listed_as_replaced_or_not(tmp_path: Path) -> None:
    found, _, _ = brought("rollout", tmp_path)
    assert [(text, by) for _, text, by in found.replaced][:2] == [
        ("az ml online-endpoint create", "online_endpoints.scoring"),
        ("az ml online-deployment create", "online_endpoints.scoring.deployments.blue"),
    ]
    assert [(at, text) for at, text, _ in found.kept] == [
        ("deploy-rollout.sh:6", "az ml online-endpoint show"),
        ("deploy-rollout.sh:12", "az ml online-endpoint invoke"),
        ("deploy-rollout.sh:13", "az ml online-endpoint delete"),
    ]


def test_a_secret_in_a_file_is_not_written_anywhere_else(tmp_path: Path) -> None:
    found, _, text = brought("secrets", tmp_path)
    assert "Zm9vYmFy" not in text + repr(found)


def test_nothing_usable_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "brought").mkdir()
    (tmp_path / "brought" / "conda.yml").write_text("name: x\ndependencies: [python]\n")
    with pytest.raises(StateError, match="No supported CLI v2 YAML file"):
        import_folder(tmp_path / "brought", tmp_path / "project" / "spec.yaml", "project")
    assert not (tmp_path / "project" / "spec.yaml").exists()
