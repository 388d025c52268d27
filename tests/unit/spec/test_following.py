"""A mention of a field that itself mentions others gives the value at the end of the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.value import Reference, Secret, Template
from orchestrator.kinds import discover
from orchestrator.spec.load import load


def project(tmp_path: Path, *computes: str, more: str = "") -> Project:
    body = "\n".join(f"  {line}" for line in computes)
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"project: follow\n{more}compute:\n{body}\n")
    return load([spec], LoadOptions(environ={"KEY": "hunter2"}), discover())


def field(found: Project, name: str, key: str) -> object:
    return found.resources[Address("compute", name)].properties[key]


def test_a_chain_of_mentions_ends_in_its_value(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        'ca: {type: amlcompute, size: "${compute.cb.size}", description: "n=${compute.cb.max_instances}"}',
        'cb: {type: amlcompute, size: "${compute.cc.size}", max_instances: "${compute.cc.max_instances}"}',
        "cc: {type: amlcompute, size: Standard_DS2_v2, max_instances: 3}",
    )
    assert field(found, "ca", "size") == "Standard_DS2_v2"
    assert field(found, "ca", "description") == "n=3"
    assert field(found, "cb", "max_instances") == 3
    assert Address("compute", "cb") in found.resources[Address("compute", "ca")].depends_on


def test_what_only_the_apply_knows_stays_a_reference(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        'ca: {type: amlcompute, size: Standard_DS2_v2, description: "to ${compute.cb.description}"}',
        'cb: {type: amlcompute, size: Standard_DS2_v2, description: "at ${online_endpoints.hfx.scoring_uri}"}',
        more="online_endpoints: {hfx: {auth_mode: key}}\n",
    )
    told = field(found, "ca", "description")
    assert isinstance(told, Template)
    assert "".join(part for part in told.parts if isinstance(part, str)) == "to at "
    assert [part.attribute for part in told.parts if isinstance(part, Reference)] == ["scoring_uri"]


def test_a_secret_stays_one_on_the_way(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        'ca: {type: amlcompute, size: Standard_DS2_v2, description: "${compute.cb.description}"}',
        'cb: {type: amlcompute, size: Standard_DS2_v2, description: "${secret.k}"}',
        more="secrets: {k: {env: KEY}}\n",
    )
    assert isinstance(field(found, "ca", "description"), Secret)


def test_a_ring_is_told_as_a_cycle(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        project(
            tmp_path,
            'ca: {type: amlcompute, size: Standard_DS2_v2, description: "x ${compute.cb.description}"}',
            'cb: {type: amlcompute, size: Standard_DS2_v2, description: "y ${compute.ca.description}"}',
        )
    [problem] = caught.value.diagnostics
    assert problem.code == "reference-cycle"
    assert problem.detail.startswith("compute.ca → compute.cb → compute.ca:")


@pytest.mark.parametrize("text", ["azureml:Data@latest", "azureml:DATA", "${data.dAta.id}"])
def test_a_mention_in_another_case_is_of_the_resource(tmp_path: Path, text: str) -> None:
    job = f'{{command: x, environment: {{image: i}}, inputs: {{a: {{type: uri_file, path: "{text}"}}}}}}'
    found = project(
        tmp_path,
        "cc: {type: amlcompute, size: s}",
        more=f"data: {{data: {{type: uri_file, path: 'https://example.org/a.csv'}}}}\njobs: {{run: {job}}}\n",
    )
    [reference] = found.resources[Address("jobs", "run")].references
    assert (reference.target, reference.external) == (Address("data", "data"), False)
