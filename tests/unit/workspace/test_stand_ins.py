"""What settings put in the place of something: the same for every way to write it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from orchestrator.backends.local.externals import stand_in
from orchestrator.core.address import Address
from orchestrator.kinds import discover
from orchestrator.workspace.references.stand_ins import stand_in_for

KINDS = discover()
NAMES = ["azureml:e", "azureml:e@latest", "azureml:e:1"]
CURATED = [
    "azureml:AzureML-e",
    "azureml:AzureML-e@latest",
    "azureml:AzureML-e:1",
    "azureml://registries/azureml/environments/e",
    "azureml://registries/azureml/environments/e/versions/1",
    "azureml://registries/azureml/environments/e/labels/latest",
]
ELSEWHERE = ["azureml://registries/r/models/e/versions/1", "azureml://registries/r/models/e/labels/latest"]


@pytest.mark.parametrize("ways", [NAMES, CURATED, ELSEWHERE], ids=["asset", "curated", "registry"])
def test_every_spelling_of_one_asset_is_that_asset(ways: list[str]) -> None:
    for key, text in itertools.product(ways, ways):
        assert stand_in_for({key: "/here"}, text) == (key, Path("/here")), (key, text)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("azureml:e:1", "azureml:e:2"),
        ("azureml:e", "azureml:ee"),
        ("azureml:e", "azureml://registries/r/environments/e/versions/1"),
        ("azureml://registries/r/models/e", "azureml://registries/s/models/e/versions/1"),
        ("azureml://registries/r/models/e", "azureml://registries/r/data/e/versions/1"),
        ("azureml://datastores/d/paths/a", "azureml://datastores/d/paths/ab"),
    ],
)
def test_another_asset_is_another(key: str, text: str) -> None:
    assert stand_in_for({key: "/here"}, text) is None


PREFIXES = [
    ("azureml://datastores/d/paths/a", "azureml://datastores/d/paths/a", "/here"),
    ("azureml://datastores/d/paths/a", "azureml://datastores/d/paths/a/b.csv", "/here/b.csv"),
    ("azureml://datastores/d", "azureml://datastores/d/paths/a", "/here/paths/a"),
    ("azureml://registries/r", "azureml://registries/r/models/e/versions/1", "/here/models/e/versions/1"),
    ("https://host/x/", "https://host/x/y", "/here/y"),
]


@pytest.mark.parametrize(("key", "text", "place"), PREFIXES)
def test_the_beginning_of_an_address_stands_for_all_below(key: str, text: str, place: str) -> None:
    assert stand_in_for({key: "/here"}, text) == (key, Path(place))


def test_the_very_text_comes_first_then_the_longest() -> None:
    settings = {"azureml:e": "/any", "azureml:e:1": "/one", "s3://b": "/b", "s3://b/c": "/c"}
    assert stand_in_for(settings, "azureml:e:1") == ("azureml:e:1", Path("/one"))
    assert stand_in_for(settings, "azureml:e:2") == ("azureml:e", Path("/any"))
    assert stand_in_for(settings, "s3://b/c/d") == ("s3://b/c", Path("/c/d"))


@pytest.mark.parametrize("key", ["azureml://datastores/lake/paths/raw", "azureml://datastores/lake"])
def test_a_datastore_of_which_something_is_mapped_needs_no_declaration(key: str) -> None:
    text = "azureml://datastores/lake/paths/raw/a.csv"
    address = Address("datastores", "lake")
    found = stand_in(KINDS[address.kind], address, None, {key: "/here"}, [text])
    assert found is not None
    assert (
        found.message
        == f"{'/here/paths/raw/a.csv' if key.endswith('lake') else '/here/a.csv'} is used in place of {key}."
    )
    assert stand_in(KINDS[address.kind], address, None, {}, [text]) is None


@pytest.mark.parametrize("text", CURATED)
def test_a_curated_environment_is_there_however_it_is_written(text: str) -> None:
    name = "AzureML-e" if "AzureML" in text else "e"
    found = stand_in(KINDS["environments"], Address("environments", name), None, {}, [text])
    assert found is not None
    assert stand_in(KINDS["environments"], Address("environments", "e"), None, {}, ["azureml:e@latest"]) is None
