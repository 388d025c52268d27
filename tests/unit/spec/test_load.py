"""From a file to a project."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions, Project
from orchestrator.kinds import discover
from orchestrator.spec.load import load

SPEC = """project: demo
tags: {team: a}
compute:
  cpu: {type: amlcompute, size: Standard_DS3_v2, max_instances: 2}
data:
  table: {type: uri_file, path: ./a.csv}
environments:
  packages: {image: example/base, conda_file: conda.yml}
jobs:
  train:
    command: python train.py
    code: code
    environment: azureml:packages@latest
    compute: azureml:cpu
    inputs: {table: {type: uri_file, path: azureml:table@latest}, rate: 0.5}
    outputs: {model: {type: mlflow_model}}
models:
  net: {type: mlflow_model, path: azureml://jobs/train/outputs/model}
online_endpoints:
  end:
    auth_mode: key
    deployments: {blue: {model: azureml:net@latest, instance_type: Standard_DS3_v2}}
    traffic: {blue: 100}
    tests: [{name: one, request: {json: {a: 1}}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "spec.yaml": SPEC,
        "a.csv": "x\n1\n",
        "conda.yml": "dependencies:\n  - python=3.11\n",
        "code/train.py": "print(1)\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def loaded(folder: Path) -> Project:
    return load([folder / "spec.yaml"], LoadOptions(), discover())


def digests(project: Project) -> dict[str, str]:
    return {str(address): desired.content for address, desired in project.resources.items()}


def changed(before: Project, after: Project) -> set[str]:
    old, new = digests(before), digests(after)
    return {name for name in old | new if old.get(name) != new.get(name)}


GOLDEN = {
    "compute.cpu": "fecf3dae69d8",
    "data.table": "4ff485d6d719",
    "environments.packages": "b51b9131b6d4",
    "jobs.train": "5599db43d452",
    "models.net": "cf3b1f3fdc57",
    "online_endpoints.end": "d2a002742a13",
    "online_endpoints.end.deployments.blue": "3690cef3c64c",
    "online_endpoints.end.traffic": "d49d60da37a9",
}


def test_the_recipe_of_digests_is_changed_on_purpose_only(folder: Path) -> None:
    """A change here makes every user's jobs run again: raise `core.fingerprint.SCHEME` with it."""
    assert {name: digest[:12] for name, digest in digests(loaded(folder)).items()} == GOLDEN


def test_order_is_that_of_need(folder: Path) -> None:
    names = [str(address) for address in loaded(folder).resources]
    for first, second in [
        ("data.table", "jobs.train"),
        ("environments.packages", "jobs.train"),
        ("jobs.train", "models.net"),
        ("models.net", "online_endpoints.end.deployments.blue"),
        ("online_endpoints.end.deployments.blue", "online_endpoints.end.traffic"),
    ]:
        assert names.index(first) < names.index(second)


TURNED = ("{type: uri_file, path: ./a.csv}", "{path: ./a.csv, type: uri_file}")
NOTHING = [
    ("touched", lambda f: os.utime(f / "a.csv")),
    ("other line ends of the spec", lambda f: (f / "spec.yaml").write_bytes(SPEC.replace("\n", "\r\n").encode())),
    ("a comment", lambda f: (f / "spec.yaml").write_text("# hello\n" + SPEC)),
("key order", lambda f: (f / "spec.yaml").write_text(SPEC.replace(*TURNED))),
    ("line ends of the conda file", lambda f: (f / "conda.yml").write_bytes(b"dependencies:\r\n  - python=3.11\r\n")),
    ("bytecode beside the code", lambda f: ((f / "code/__pycache__").mkdir(), (f / "code/__pycache__/x.pyc").write_text(""))),
]  # fmt: skip


@pytest.mark.parametrize(("why", "edit"), NOTHING, ids=[n[0] for n in NOTHING])
def test_what_never_matters(why: str, edit: object, folder: Path) -> None:
    before = loaded(folder)
    edit(folder)  # type: ignore[operator]
    after = loaded(folder)
    assert changed(before, after) == set()
    assert after.spec_digest == before.spec_digest


EDITS = [
    ("a byte of the data", lambda f: (f / "a.csv").write_text("x\n2\n"), {"data.table"}),
    ("line ends of the data", lambda f: (f / "a.csv").write_bytes(b"x\r\n1\r\n"), {"data.table"}),
    ("a line of code", lambda f: (f / "code/train.py").write_text("print(2)\n"), {"jobs.train"}),
    ("a package", lambda f: (f / "conda.yml").write_text("dependencies: []\n"), {"environments.packages"}),
    ("a parameter", lambda f: (f / "spec.yaml").write_text(SPEC.replace("0.5", "0.6")), {"jobs.train"}),
    ("a label", lambda f: (f / "spec.yaml").write_text(SPEC.replace("team: a", "team: b")), set()),
]


@pytest.mark.parametrize(("why", "edit", "touched"), EDITS, ids=[e[0] for e in EDITS])
def test_an_edit_touches_exactly_what_it_says(why: str, edit: object, touched: set[str], folder: Path) -> None:
    before = loaded(folder)
    edit(folder)  # type: ignore[operator]
    after = loaded(folder)
    assert changed(before, after) == touched
    assert after.spec_digest != before.spec_digest


def test_ten_mistakes_are_ten_errors_in_one_run(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(
        "project: ten\n"
        "variables: {n: {type: integer, default: x}}\n"
        "compute:\n"
        '  cpu: {type: amlcompute, size: "${var.nope}", max_instance: 3}\n'
        "  cpu: {type: amlcompute, size: y}\n"
        "data:\n"
        "  d: {type: uri_file, path: ./nothing.csv}\n"
        "jobs:\n"
        "  train: {command: 3, environment: {image: a}, compute: azureml:cpu, limits: {timeout: -1}}\n"
        "models:\n"
        '  m: {path: "azureml://jobs/train/outputs/nope"}\n'
        "  -n: {path: 'https://example.org'}\n"
        "computes: {}\n"
    )
    with pytest.raises(SpecError) as caught:
        load([path], LoadOptions(), discover())
    found = [(d.code, d.subject.line, d.subject.column) for d in caught.value.diagnostics if d.subject]
    assert found == [
        ("invalid-variable-value", 2, 41),
        ("undefined-variable", 4, 34),
        ("unknown-field", 4, 48),
        ("duplicate-key", 5, 3),
        ("missing-file", 7, 29),
        ("wrong-type", 9, 20),
        ("invalid-value", 9, 88),
        ("unknown-attribute", 11, 13),
        ("invalid-name", 12, 3),
        ("unknown-section", 13, 1),
    ]
    assert all(d.fix and d.detail for d in caught.value.diagnostics)


def test_loading_creates_nothing_and_uses_the_workspace_that_is_there(folder: Path) -> None:
    then = time.time() - 100
    os.utime(folder / "a.csv", (then, then))
    loaded(folder)
    assert not (folder / ".amlctl").exists()
    (folder / ".amlctl").mkdir()
    before = loaded(folder)
    assert (folder / ".amlctl" / "cache" / "digests").is_file()
    assert changed(before, loaded(folder)) == set()


def test_a_spec_that_cannot_be_read_at_all(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load([tmp_path / "nothing.yaml"], LoadOptions(), discover())
    assert caught.value.diagnostics


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ('request: {json: {a: "${var.none}"}}', "undefined-variable"),
        ('request: {json: 1}, expect: {json: {a: "x ${var.none}"}}', "undefined-variable"),
        ('request: {json: 1}, headers: {h: "${var.none}"}', "undefined-variable"),
        (f"request: {{file: {'a' * 300}.json}}", "missing-file"),
    ],
)
def test_what_is_wrong_inside_a_test_of_an_endpoint_is_one_error(folder: Path, test: str, code: str) -> None:
    (folder / "spec.yaml").write_text(SPEC.replace("request: {json: {a: 1}}", test))
    with pytest.raises(SpecError) as caught:
        loaded(folder)
    assert [problem.code for problem in caught.value.diagnostics] == [code]
