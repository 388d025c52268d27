"""A spec made by a program is the spec that the same YAML makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import orchestrator
from orchestrator import SpecBuilder, SpecError

YAML = """
project: built
tags: {team: a}
variables: {nodes: {type: integer, default: 2}}
compute:
  cpu: {type: amlcompute, size: Standard_DS3_v2, max_instances: "${var.nodes}"}
data:
  rows: {type: uri_file, path: azureml://datastores/workspaceblobstore/paths/rows.csv}
jobs:
  train:
    type: command
    command: cp ${{inputs.rows}} ${{outputs.model}}/m
    environment: {image: host}
    compute: azureml:cpu
    inputs: {rows: {type: uri_file, path: azureml:rows@latest}}
    outputs: {model: {type: uri_folder}}
models:
  m: {type: mlflow_model, path: azureml://jobs/train/outputs/model}
online_endpoints:
  scoring:
    auth_mode: key
    description: "${data.rows.id}"
    deployments:
      blue: {model: azureml:m@latest, instance_type: Standard_DS3_v2, instance_count: 1}
    traffic: {blue: 100}
"""


def built() -> SpecBuilder:
    spec = SpecBuilder("built", tags={"team": "a"}, variables={"nodes": {"type": "integer", "default": 2}})
    cpu = spec.compute("cpu", type="amlcompute", size="Standard_DS3_v2", max_instances="${var.nodes}")
    rows = spec.data("rows", type="uri_file", path="azureml://datastores/workspaceblobstore/paths/rows.csv")
    train = spec.jobs(
        "train",
        type="command",
        command="cp ${{inputs.rows}} ${{outputs.model}}/m",
        environment={"image": "host"},
        compute=cpu,
        inputs={"rows": {"type": "uri_file", "path": rows}},
        outputs={"model": {"type": "uri_folder"}},
    )
    model = spec.models("m", type="mlflow_model", path=train.output("model"))
    scoring = spec.online_endpoints("scoring", auth_mode="key", description=rows.attribute("id"), traffic={"blue": 100})
    scoring.deployments("blue", model=model, instance_type="Standard_DS3_v2", instance_count=1)
    return spec


def without_places(value: object) -> str:
    return re.sub(r"Span\([^)]*\)", "", repr(value))


def test_it_is_the_project_of_the_same_yaml(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(YAML)
    written, made = orchestrator.validate(tmp_path / "spec.yaml"), orchestrator.validate(built())
    assert made.name == written.name
    assert list(made.resources) == list(written.resources)
    for address, desired in written.resources.items():
        other = made.resources[address]
        assert without_places(other.properties) == without_places(desired.properties)
        assert (other.content, other.metadata, other.depends_on) == (
            desired.content,
            desired.metadata,
            desired.depends_on,
        )


def test_problems_show_the_line_of_the_program() -> None:
    spec = SpecBuilder("wrong")
    spec.compute("cpu", type="amlcompute", sizze="x")
    spec.data("rows", type="uri_file", path="no-such-file.csv")
    with pytest.raises(SpecError) as caught:
        orchestrator.validate(spec)
    lines = Path(__file__).read_text().splitlines()
    found = {
        lines[problem.subject.line - 1].strip().split("(")[0] for problem in caught.value.diagnostics if problem.subject
    }
    assert found == {"spec.compute", "spec.data"}
    assert {problem.fix for problem in caught.value.diagnostics} >= {"Did you mean 'size'?"}


def test_what_python_tells_at_once() -> None:
    spec = SpecBuilder("wrong")
    endpoint = spec.online_endpoints("scoring", auth_mode="key")
    with pytest.raises(AttributeError, match=r"no section 'computes'. Did you mean 'compute'"):
        spec.computes("cpu")
    with pytest.raises(AttributeError, match=r"no part 'deployment'. Did you mean 'deployments'"):
        endpoint.deployment("blue")
    with pytest.raises(ValueError, match=r"online_endpoints.scoring is already declared at .*test_builder.py:\d+"):
        spec.online_endpoints("scoring")
    assert {"compute", "jobs", "add"} <= set(dir(spec))


def test_relative_paths_start_at_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = SpecBuilder("paths")
    spec.data("own", type="uri_file", path="test_builder.py")
    assert orchestrator.validate(spec).root == Path(__file__).parent
