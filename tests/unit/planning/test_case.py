"""Upper and lower case where Azure Resource Manager does not tell them apart: ids in any field, names of computes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from orchestrator.core.bodies import Job
from orchestrator.core.field_mark import Ref, WriteOnly
from orchestrator.core.fields import node_of
from orchestrator.core.folds import arm_id
from orchestrator.core.kind import Identity
from orchestrator.kinds import discover
from orchestrator.planning.diff import differences
from orchestrator.planning.marks import DiffPolicy

ID = "/subscriptions/1A/resourceGroups/Group/providers/Microsoft.MachineLearningServices/workspaces/W/computes/Cpu"


def changes(model: type[BaseModel], written: dict[str, Any], observed: dict[str, Any]) -> list[str]:
    found = differences(written, written, observed, DiffPolicy(node_of(model), Identity.NAMED))
    return [".".join(str(part) for part in change.path) for change in found]


def id_fields() -> list[tuple[str, type[BaseModel], str]]:
    """Each text field of each body of each kind: whichever of them holds an id."""
    return [
        (f"{key}/{variant or 'only'}.{name}", model, name)
        for key, kind in discover().items()
        for variant, model in kind.variants.items()
        for name, node in (node_of(model).fields or {}).items()
        if node.fields is None and node.item is None
    ]


@pytest.mark.parametrize(("model", "name"), [case[1:] for case in id_fields()], ids=[case[0] for case in id_fields()])
def test_an_id_that_comes_back_in_another_case_is_the_same_in_any_field(model: type[BaseModel], name: str) -> None:
    assert not changes(model, {name: ID}, {name: ID.lower().replace("/computes", "/Computes")})


def test_ids_inside_of_what_a_person_names_are_the_same_and_keys_stay() -> None:
    written = {"properties": {"MyKey": ID, ID: "a"}}
    assert not changes(
        Job, written, {"properties": {"MyKey": ID.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), ID: "a"}}
    )
    assert changes(Job, written, {"properties": {"MyKey": ID.replace("Cpu", "Gpu"), ID: "a"}}) == ["properties.MyKey"]


@pytest.mark.parametrize(
    "text", ["Some/Path", "https://e.org/A", "azureml://datastores/D/paths/A.csv", "Tag", "/Home/A"]
)
def test_other_texts_keep_their_case(text: str) -> None:
    assert arm_id(text) == text
    assert changes(Job, {"tags": {"a": text}}, {"tags": {"a": text.swapcase()}}) == ["tags.a"]


@pytest.mark.parametrize("returned", ["cpu-cluster", "CPU-CLUSTER", "azureml:Cpu-Cluster"])
def test_the_name_of_a_compute_has_no_case(returned: str) -> None:
    assert not changes(Job, {"compute": "azureml:CPU-Cluster"}, {"compute": returned})


MENTIONS = [
    ("azureml:weights:1a", "azureml:WEIGHTS:1a", "azureml:weights:1A"),
    ("azureml:weights@latest", "azureml:Weights@latest", "azureml:weight@latest"),
    ("azureml://datastores/blobs/paths/A.csv", "azureml://datastores/BLOBS/paths/A.csv", "azureml://datastores/blobs/paths/a.csv"),
]  # fmt: skip


def mentioning() -> list[tuple[str, type[BaseModel], str]]:
    """Each field of each body that mentions a resource and is compared."""
    return [
        (f"{key}/{variant or 'only'}.{name}", model, name)
        for key, kind in discover().items()
        for variant, model in kind.variants.items()
        for name, node in (node_of(model).fields or {}).items()
        if node.mark(Ref) is not None and node.mark(WriteOnly) is None
    ]


@pytest.mark.parametrize(("model", "name"), [case[1:] for case in mentioning()], ids=[case[0] for case in mentioning()])
def test_a_mention_is_of_a_name_without_case(model: type[BaseModel], name: str) -> None:
    for written, told, other in MENTIONS:
        assert not changes(model, {name: written}, {name: told})
        assert changes(model, {name: written}, {name: other}) or "compute" in name


def test_a_text_that_only_looks_like_a_mention_keeps_its_case() -> None:
    assert changes(Job, {"tags": {"a": "azureml:A:1"}}, {"tags": {"a": "azureml:a:1"}}) == ["tags.a"]
