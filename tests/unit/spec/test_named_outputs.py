"""What a job registers as an output of its own is mentioned like any asset, and is an edge to the job."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.value import Reference
from orchestrator.kinds import discover
from orchestrator.spec.load import load

PREP = Address("jobs", "prep")
USE = Address("jobs", "use")
HEAD = "project: demo\nenvironments: {py: {image: host}}\njobs:\n"
JOB = "command: 'true', environment: 'azureml:py@latest'"


def project(folder: Path, *lines: str) -> Project:
    spec = folder / "spec.yaml"
    spec.write_text(HEAD + "\n".join(lines) + "\n")
    return load([spec], LoadOptions(environ={}), discover())


def prep(output: str, name: str = "prep") -> str:
    return f"  {name}: {{{JOB}, outputs: {{x: {{{output}}}}}}}"


def use(path: str, kind: str = "uri_folder") -> str:
    return f"  use: {{{JOB}, inputs: {{i: {{type: {kind}, path: '{path}'}}}}}}"


@pytest.mark.parametrize(
    ("output", "kind"),
    [("name: clean, version: 1", "uri_folder"), ("type: uri_file, name: clean, version: 1", "uri_file"),
     ("type: mltable, name: clean, version: '1'", "mltable"), ("type: mlflow_model, name: clean, version: 1", "mlflow_model"),
     ("type: custom_model, name: clean, version: 1", "custom_model")],
)  # fmt: skip
@pytest.mark.parametrize("mention", ["azureml:clean:1", "azureml:clean@latest", "azureml:clean"])
def test_a_mention_is_an_edge_to_the_job_and_stands_for_its_output(
    tmp_path: Path, output: str, kind: str, mention: str
) -> None:
    found = project(tmp_path, use(mention, kind), prep(output))
    assert PREP in found.resources[USE].depends_on
    assert not found.externals
    reference = found.resources[USE].properties["inputs"]["i"]["path"]
    assert isinstance(reference, Reference)
    assert (reference.target, reference.attribute, str(reference)) == (PREP, "outputs.x", mention)


@pytest.mark.parametrize(
    ("output", "mention"),
    [("name: clean, version: 1", "azureml:clean:2"), ("name: clean", "azureml:clean:1"),
     ("name: other", "azureml:clean@latest"), ("type: custom_model, name: clean", "azureml:clean@latest"),
     ("type: uri_folder", "azureml:clean@latest")],
)  # fmt: skip
def test_any_other_asset_is_looked_for_in_the_workspace(tmp_path: Path, output: str, mention: str) -> None:
    found = project(tmp_path, prep(output), use(mention))
    assert [str(reference) for reference in found.externals] == [mention]
    assert PREP not in found.resources[USE].depends_on


def test_a_job_that_reads_what_it_registers_reads_the_version_before(tmp_path: Path) -> None:
    line = f"  prep: {{{JOB}, inputs: {{i: {{path: 'azureml:clean@latest'}}}}, outputs: {{x: {{name: clean}}}}}}"
    found = project(tmp_path, line)
    assert [str(reference) for reference in found.externals] == ["azureml:clean@latest"]


def test_what_the_spec_declares_comes_first(tmp_path: Path) -> None:
    found = project(
        tmp_path, prep("name: clean"), use("azureml:clean@latest"), "data: {clean: {path: 'https://example.org/x'}}"
    )
    assert found.resources[USE].properties["inputs"]["i"]["path"].target == Address("data", "clean")


def test_a_deployment_gets_the_model_by_its_name_and_waits_for_the_job(tmp_path: Path) -> None:
    endpoint = (
        "online_endpoints: {e-one: {deployments: {blue: {model: 'azureml:clean:1',"
        " instance_type: Standard_DS3_v2, instance_count: 1}}}}"
    )
    found = project(tmp_path, prep("type: mlflow_model, name: clean, version: 1"), endpoint)
    [deployment] = [one for address, one in found.resources.items() if address.kind.endswith("deployments")]
    model = deployment.properties["model"]
    assert (model.target, model.attribute) == (PREP, "azureml:clean:1")
    assert PREP in deployment.depends_on


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (
            [prep("name: clean"), prep("name: clean", "again"), use("azureml:clean@latest")],
            "several outputs: jobs.prep",
        ),
        ([prep("version: 1")], "Output 'x' has a version but no name"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, lines: list[str], why: str) -> None:
    with pytest.raises(SpecError) as refused:
        project(tmp_path, *lines)
    assert any(why in found.detail for found in refused.value.diagnostics)
