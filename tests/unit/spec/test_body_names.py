"""A name in a body that is not its key is an error that says both, wherever a body stands under a key; the same name is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.core.diagnostic import Diagnostic, SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.kinds import discover
from orchestrator.spec.load import load
from tests.unit.kinds.cases import Case, all_cases

NAMED = [
    case
    for case in all_cases()
    if "name" in (discover()[case.kind].variants[case.variant].model_fields) and case.kind != "online_endpoints.traffic"
]


def told(folder: Path, text: str, **files: str) -> list[Diagnostic]:
    (folder / "spec.yaml").write_text(text)
    for name, content in files.items():
        (folder / f"{name}.yml").write_text(content)
    try:
        load([folder / "spec.yaml"], LoadOptions(files=False, environ={"KEY": "hush"}), discover())
    except SpecError as failure:
        return list(failure.diagnostics)
    return []


def spec(case: Case, **more: Any) -> str:
    sections = case.spec({**case.minimal, **more})
    secrets = {name: {"env": "KEY"} for name in re.findall(r"\$\{secret\.(\w+)\}", str(sections))}
    return yaml.safe_dump({"project": "demo", "secrets": secrets, **sections}, sort_keys=False)


@pytest.mark.parametrize("case", NAMED, ids=str)
def test_every_kind_of_body_is_called_as_its_key(tmp_path: Path, case: Case) -> None:
    assert told(tmp_path, spec(case, name=case.name)) == []
    [found] = told(tmp_path, spec(case, name="another"))
    assert found.code == "contradictory-name"
    assert "'name: another'" in found.detail
    assert f"'{case.name}'" in found.detail
    assert found.subject is not None
    line = (tmp_path / "spec.yaml").read_text().splitlines()[found.subject.line - 1]
    assert line[found.subject.column - 1 :] == "another"


DEPLOYED = """project: demo
variables: {colour: {default: blue}}
models: {m: {type: mlflow_model, path: m}}
online_endpoints:
  end:
    deployments:
      KEY: BODY
"""


@pytest.mark.parametrize(
    ("key", "body", "fields"),
    [
        ("blue", "{name: green, endpoint_name: other, model: azureml:m@latest, instance_type: S}", ["name", "endpoint_name"]),
        ("blue", "{name: blue, endpoint_name: end, model: azureml:m@latest, instance_type: S}", []),
        ("blue", "{name: '${var.colour}', model: azureml:m@latest, instance_type: S}", []),
        ('"${var.colour}"', "{name: blue, model: azureml:m@latest, instance_type: S}", []),
        ("blue", "{endpoint_name: '${var.colour}', model: azureml:m@latest, instance_type: S}", ["endpoint_name"]),
        ("blue", "{file: blue.yml, name: green}", ["name"]),
        ("red", "{file: blue.yml}", []),
        ("blue", "{model: {name: any, type: mlflow_model, path: m}, instance_type: S}", []),
    ],
)  # fmt: skip
def test_names_of_parts_documents_and_variables(tmp_path: Path, key: str, body: str, fields: list[str]) -> None:
    document = "name: blue\nendpoint_name: elsewhere\nmodel: azureml:m@latest\ninstance_type: S\n"
    found = told(tmp_path, DEPLOYED.replace("KEY", key).replace("BODY", body), blue=document)
    assert [diagnostic.detail.rpartition("has '")[2].partition(":")[0] for diagnostic in found] == fields
