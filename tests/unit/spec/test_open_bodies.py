"""What stayed open in bodies: conda files, folders without the file that makes them, names with unseen characters, spellings."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.diagnostic import Diagnostic, SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.kinds import discover
from orchestrator.spec.load import load


def told(folder: Path, text: str) -> list[Diagnostic]:
    for name in ("empty/a.txt", "model/MLmodel", "deep/inner/MLmodel", "docker/Dockerfile", "docker/Other", "one.bin"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x: 1\n")
    (folder / "spec.yaml").write_text(f"project: demo\n{text}\n")
    try:
        load([folder / "spec.yaml"], LoadOptions(), discover())
    except SpecError as failure:
        assert all(found.subject is not None and found.fix for found in failure.diagnostics)
        return list(failure.diagnostics)
    return []


CONDA = [
    ("{dependencies: text}", ["wrong-type"]),
    ("{dependencies: {pip: [numpy]}}", ["wrong-type"]),
    ("{dependencies: [{pip: numpy}]}", ["wrong-type"]),
    ("{dependencies: [{pip: [1, [a]]}, 3]}", ["wrong-type"] * 3),
    ("{dependencies: [{conda: [numpy]}]}", ["wrong-type"]),
    ("{channels: conda-forge, dependencies: [python=3.11]}", ["wrong-type"]),
    ("{name: e, channels: [conda-forge], dependencies: [python=3.11, pip, {pip: [numpy]}]}", []),
    ("{dependencies: []}", []),
    ("{name: e}", []),
]


@pytest.mark.parametrize(("conda", "codes"), CONDA)
def test_conda_files(tmp_path: Path, conda: str, codes: list[str]) -> None:
    (tmp_path / "env.yml").write_text(f"{conda}\n")
    inside = "environments: {e: {image: i, conda_file: CONDA}}\njobs: {j: {command: ls, environment: {image: i, conda_file: CONDA}}}"
    for written in (conda, "env.yml"):
        found = told(tmp_path, inside.replace("CONDA", written))
        assert [each.code for each in found] == codes * 2
    (tmp_path / "env.yml").write_text("a: [\n")
    assert [each.code for each in told(tmp_path, inside.replace("CONDA", "env.yml"))] == ["invalid-value"] * 2


DEPLOYED = "online_endpoints: {{eee: {{deployments: {{blue: {{instance_type: S, model: {{type: mlflow_model, path: {0}}}}}}}}}}}"
READ = "jobs: {{j: {{command: ls, environment: {{image: i}}, inputs: {{m: {{type: mlflow_model, path: {0}}}}}}}}}"


@pytest.mark.parametrize("text", ["models: {{m: {{type: mlflow_model, path: {0}}}}}", DEPLOYED, READ])
@pytest.mark.parametrize(("path", "right"), [("model", True), ("deep", True), ("empty", False), ("one.bin", False)])
def test_an_mlflow_model_has_its_file(tmp_path: Path, text: str, path: str, right: bool) -> None:
    found = told(tmp_path, text.format(path))
    assert [each.code for each in found] == ([] if right else ["missing-file"])
    assert all("MLmodel" in each.detail for each in found)


@pytest.mark.parametrize(
    "text", ["environments: {e: {build: BUILD}}", "jobs: {j: {command: ls, environment: {build: BUILD}}}"]
)
@pytest.mark.parametrize(
    ("build", "right"),
    [("{path: docker}", True), ("{path: docker, dockerfile_path: Other}", True), ("{path: empty}", False)],
)
def test_a_build_has_its_dockerfile(tmp_path: Path, text: str, build: str, right: bool) -> None:
    found = told(tmp_path, text.replace("BUILD", build))
    assert [each.code for each in found] == ([] if right else ["missing-file"])


@pytest.mark.parametrize(
    ("path", "right"),
    [("runs:/x", ""), ("runs:/x/", ""), ("runs:x/model", ""), ("runs:/x/model", "x"), ("runs:/x/a/b", "x")],
)
def test_a_run_is_named_with_what_it_logged(tmp_path: Path, path: str, right: str) -> None:
    found = told(tmp_path, f"models: {{m: {{type: mlflow_model, path: '{path}'}}}}")
    assert [each.code for each in found] == ([] if right else ["invalid-reference"])


HIDDEN = {
    "tags": 'tags: {"teZam": a}\ndata: {d: {path: "https://e.org/x"}}',
    "a target": 'targets: {"deZv": {default: true}}\ndata: {d: {path: "https://e.org/x"}}',
    "tags of a body": 'data: {d: {path: "https://e.org/x", tags: {"teZam": a}}}',
    "properties": 'data: {d: {path: "https://e.org/x", properties: {"teZam": a}}}',
    "an experiment": 'jobs: {j: {command: ls, environment: {image: i}, experiment_name: "eZ"}}',
    "an inline environment": 'jobs: {j: {command: ls, environment: {name: "eZ", image: i}}}',
    "a variable": 'jobs: {j: {command: ls, environment: {image: i}, environment_variables: {"AZB": x}}}',
    "a registered output": 'jobs: {j: {command: ls, environment: {image: i}, outputs: {o: {type: uri_folder, name: "oZ"}}}}',
    "a resource": 'data: {"dZ": {path: "https://e.org/x"}}',
}


@pytest.mark.parametrize("sign", ["\u200b", "\u00a0", "\ufeff", "\u2060"])
@pytest.mark.parametrize("place", HIDDEN)
def test_names_can_be_seen(tmp_path: Path, place: str, sign: str) -> None:
    [found] = told(tmp_path, HIDDEN[place].replace("Z", sign))
    assert found.code in ("invalid-name", "invalid-target")
    assert told(tmp_path, HIDDEN[place].replace("Z", "é" if "tags" in place else "")) == []


SPELT = [
    ("compute: {cpu: {type: TYPE, size: S}}", "amlcompute AmlCompute AMLCOMPUTE", "aml_compute"),
    ("compute: {cpu: {type: amlcompute, size: S, tier: TYPE}}", "low_priority DEDICATED", "LowPriority lowpriority low-priority"),
    ("compute: {cpu: {type: amlcompute, size: S, identity: {type: TYPE}}}", "system_assigned SystemAssigned", "System_Assigned"),
    ("data: {d: {type: TYPE, path: 'https://e.org/x'}}", "uri_file mltable", "URI_FILE UriFile MLTable"),
    ("models: {m: {type: TYPE, path: 'https://e.org/x'}}", "mlflow_model MLFLOW_MODEL", "MlflowModel"),
    ("jobs: {j: {type: TYPE, command: ls, environment: {image: i}}}", "command", "Command COMMAND"),
    (
        "jobs: {j: {command: ls, environment: {image: i}, inputs: {x: {type: TYPE, path: 'https://e.org/x'}}}}",
        "uri_file URI_FILE MLTable", "UriFile urifile ml_table",
    ),
    (
        "jobs: {j: {command: ls, environment: {image: i}, inputs: {x: {type: uri_file, path: 'https://e.org/x', mode: TYPE}}}}",
        "ro_mount RO_MOUNT Download", "RoMount romount",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "right", "wrong"), SPELT)
def test_spellings_are_those_of_the_clients_loader(tmp_path: Path, text: str, right: str, wrong: str) -> None:
    for word in right.split():
        assert told(tmp_path, text.replace("TYPE", word)) == [], word
    for word in wrong.split():
        assert [
            each.code in ("unknown-type", "invalid-value") for each in told(tmp_path, text.replace("TYPE", word))
        ] == [True], word
