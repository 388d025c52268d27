"""``name:`` in a body: a name that follows the target, while the key stays what the spec calls the resource."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.value import Reference
from orchestrator.kinds import discover
from orchestrator.spec.load import load

HEAD = """
project: names
variables: {env: {default: dev}, color: {default: blue}}
targets:
  dev: {default: true}
  prod:
    variables: {env: prod}
    online_endpoints: {ep: {tags: {a: b}, deployments: {main: {tags: {x: y}}}}}
    compute: {c: {name: big-one}}
"""
SPEC = (
    HEAD
    + """
models: {m: {path: m.bin, name: "m-${var.env}"}}
environments: {e: {image: x, name: "e-${target}"}}
compute: {c: {type: amlcompute, size: Standard_DS3_v2, name: "c-${var.env}"}}
datastores: {data: {type: azure_blob, account_name: acc, container_name: cont, name: "data_${var.env}"}}
online_endpoints:
  ep:
    auth_mode: key
    name: "ep-${var.env}"
    traffic: {main: 100}
    deployments:
      main: {name: "${var.color}-${var.env}", instance_type: t, model: "azureml:m@latest"}
jobs:
  "train-${var.env}":
    command: echo
    environment: azureml:e@latest
    compute: azureml:c
    inputs:
      folder: {type: uri_folder, path: azureml://datastores/data/paths/data}
      address: "${online_endpoints.ep.scoring_uri}"
      part: "${online_endpoints.ep.deployments.main.name}"
      by_name: {type: custom_model, path: "azureml:m-${var.env}@latest"}
    lifecycle: {depends_on: [models.m, online_endpoints.ep.deployments.main]}
"""
)


def made(folder: Path, text: str, target: str | None = None) -> Project:
    (folder / "spec.yaml").write_text(text)
    return load([folder / "spec.yaml"], LoadOptions(target=target, files=False), discover())


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        made(folder, text)
    return [(found.code, found.detail) for found in caught.value.diagnostics]


@pytest.mark.parametrize(("target", "compute"), [("dev", "c-dev"), ("prod", "big-one")])
def test_names_follow_the_target_and_keys_stay(tmp_path: Path, target: str, compute: str) -> None:
    found = made(tmp_path, SPEC, target).resources
    assert {str(address): desired.key for address, desired in found.items()} == {
        f"models.m-{target}": "models.m",
        f"environments.e-{target}": "environments.e",
        f"compute.{compute}": "compute.c",
        f"datastores.data_{target}": "datastores.data",
        f"online_endpoints.ep-{target}": "online_endpoints.ep",
        f"online_endpoints.ep-{target}.deployments.blue-{target}": "online_endpoints.ep.deployments.main",
        f"online_endpoints.ep-{target}.traffic": "online_endpoints.ep.traffic",
        f"jobs.train-{target}": "jobs.train-${var.env}",
    }
    traffic = found[Address("online_endpoints", f"ep-{target}", "traffic")]
    assert traffic.properties == {"traffic": {f"blue-{target}": 100}}


def test_what_mentions_a_key_means_the_resource(tmp_path: Path) -> None:
    found = made(tmp_path, SPEC, "prod").resources
    job = found[Address("jobs", "train-prod")]
    inputs = job.properties["inputs"]
    assert inputs["folder"]["path"] == "azureml://datastores/data_prod/paths/data"
    mentioned = {name: inputs[name].target for name in ("address", "part")}
    deployment = Address("online_endpoints", "ep-prod", "deployments.blue-prod")
    assert mentioned == {"address": Address("online_endpoints", "ep-prod"), "part": deployment}
    assert not [reference for reference in job.references if reference.external]
    assert {str(address) for address in job.depends_on} == {
        "environments.e-prod", "compute.big-one", "datastores.data_prod", "models.m-prod", "online_endpoints.ep-prod",
        "online_endpoints.ep-prod.deployments.blue-prod",
    }  # fmt: skip
    model = found[deployment].properties["model"]
    assert isinstance(model, Reference)
    assert model.target == Address("models", "m-prod")
    assert (found[deployment].properties["tags"], found[Address("online_endpoints", "ep-prod")].properties["tags"]) == (
        {"x": "y"},
        {"a": "b"},
    ), "a target's overlay is written under the key"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{cpu: {type: amlcompute, name: other}}", "contradictory-name"),
        ("{cpu: {type: amlcompute, name: ''}}", "invalid-setting"),
        (
            '{cpu: {type: amlcompute, name: "${compute.other.size}"}, other: {type: amlcompute, size: s}}',
            "misplaced-expression",
        ),
        ('{cpu: {type: amlcompute, name: "${var.none}"}}', "undefined-variable"),
        ('{cpu: {type: amlcompute, name: "c-${var.env}"}, c-dev: {type: amlcompute}}', "duplicate-resource"),
        ('{cpu: {type: amlcompute, name: "C-${var.env}"}, c-dev: {type: amlcompute}}', "duplicate-resource"),
        ('{cpu: {type: amlcompute, name: "-${var.env}"}}', "invalid-name"),
        ('{cpu: {type: amlcompute, name: "${var.list}"}}', "invalid-setting"),
    ],
)
def test_a_name_that_cannot_be(tmp_path: Path, body: str, code: str) -> None:
    head = HEAD.replace("color: {", "list: {default: [a]}, color: {").replace("    compute: {c: {name: big-one}}\n", "")
    assert [found for found, _ in problems(tmp_path, f"{head}compute: {body}\n")] == [code]


def test_a_contradiction_inside_an_endpoint_is_told_too(tmp_path: Path) -> None:
    body = "{epx: {auth_mode: key, name: other, deployments: {blue: {instance_type: t, name: green}}}}"
    found = problems(tmp_path, f"project: names\nonline_endpoints: {body}\n")
    assert [code for code, _ in found] == ["contradictory-name", "contradictory-name"]
    assert "'name: green'" in found[1][1]


def test_the_same_name_again_says_nothing_new(tmp_path: Path) -> None:
    body = 'compute: {cpu: {type: amlcompute, name: cpu}, "c-${var.env}": {type: amlcompute, name: "c-${var.env}"}}\n'
    head = HEAD.replace("    compute: {c: {name: big-one}}\n", "")
    found = made(tmp_path, head + body, "dev").resources
    assert {str(address): desired.key for address, desired in found.items()} == {
        "compute.cpu": "",
        "compute.c-dev": "compute.c-${var.env}",
    }


def test_the_name_in_a_document_of_its_own_gives_way_to_the_key(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text("name: elsewhere\npath: m.bin\n")
    found = made(tmp_path, "project: names\nmodels: {m: {file: m.yml}}\n").resources
    assert {str(address): desired.key for address, desired in found.items()} == {"models.m": ""}


def test_two_names_may_change_places(tmp_path: Path) -> None:
    text = 'data: {a: {path: x, name: "${var.b}"}, b: {path: y, name: "${var.a}"}}\n'
    found = made(tmp_path, f"project: names\nvariables: {{a: {{default: a}}, b: {{default: b}}}}\n{text}").resources
    assert {str(address): desired.key for address, desired in found.items()} == {"data.b": "data.a", "data.a": "data.b"}
