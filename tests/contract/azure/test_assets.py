"""Data, models and environments through the real client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.errors import Conflict, Invalid
from orchestrator.core.resource import Removal
from tests.contract.azure.requests import request
from tests.contract.azure.wire import Wire

BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("data", {"type": "uri_file", "path": "https://example.org/rows.csv", "tags": {"a": "b"}}, "a URL needs no upload"),
    ("environments", {"image": "python:3.11", "description": "plain"}, "an image alone"),
    (
        "environments",
        {"image": "python:3.11", "conda_file": {"name": "x", "dependencies": ["python=3.11", "pip"]}},
        "conda written in the spec",
    ),
    ("models", {"type": "mlflow_model", "path": "azureml://jobs/train-1/outputs/model"}, "what a run left behind"),
]


@pytest.mark.parametrize(("section", "body", "why"), BODIES)
def test_a_version_is_made_once_and_read_as_written(
    backend: AzureBackend, wire: Wire, section: str, body: dict[str, Any], why: str
) -> None:
    address = Address(section, "thing")
    wanted = request(address, body, "1")
    created = backend.create(wanted)
    for name in body.keys() - {"tags"}:
        assert created.properties[name] == body[name], why
    assert wanted.fingerprint.matches(created.fingerprint)
    before = len(wire.calls("PUT"))
    assert backend.create(wanted).revision == "1"
    assert len(wire.calls("PUT")) == before, "what exists is not written again"
    assert [found.revision for found in backend.list(section)] == ["1"]
    latest = backend.read(address)
    assert latest is not None
    assert latest.revision == "1"


def test_a_version_with_other_content_is_never_overwritten(backend: AzureBackend, wire: Wire) -> None:
    address = Address("environments", "thing")
    backend.create(request(address, {"image": "python:3.11"}, "1"))
    before = len(wire.calls("PUT"))
    with pytest.raises(Conflict):
        backend.create(request(address, {"image": "python:3.12"}, "1"))
    assert len(wire.calls("PUT")) == before


def test_labels_change_in_place_and_the_rest_stays(backend: AzureBackend, wire: Wire) -> None:
    address = Address("environments", "thing")
    body = {"image": "python:3.11", "tags": {"a": "b"}}
    before = backend.create(request(address, body, "1"))
    changed = request(address, body | {"tags": {"c": "d"}, "description": "new"}, "1")
    after = backend.update(replace(changed, removed=frozenset({("tags", "a")})), before)
    assert after.properties["image"] == "python:3.11"
    assert after.properties["description"] == "new"
    assert "c" in after.properties["tags"]
    assert "a" not in after.properties["tags"]
    assert after.owner == "demo"


def test_an_archived_version_is_marked_and_comes_back(backend: AzureBackend, wire: Wire) -> None:
    address = Address("data", "thing")
    wanted = request(address, {"type": "uri_file", "path": "https://example.org/rows.csv"}, "1")
    backend.create(wanted)
    backend.delete(address, "1", Removal.ARCHIVE)
    (found,) = backend.list("data")
    assert found.archived
    assert backend.read(address) is None, "what is archived is not the latest"
    backend.create(wanted)
    (found,) = backend.list("data")
    assert not found.archived


def test_deleting_an_asset_is_refused_before_the_wire(backend: AzureBackend, wire: Wire) -> None:
    with pytest.raises(Invalid, match="can archive a data asset but not delete it"):
        backend.delete(Address("data", "thing"), "1", Removal.DELETE)
    assert not wire.calls("DELETE")
