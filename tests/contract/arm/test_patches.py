"""PATCH and keys of what the wire keeps as records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("azure.ai.ml", reason="needs the azure extra")

from orchestrator.backends.azure.recording.step import Reply
from tests.contract.arm.recorded import PATH, Here


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Here]:
    made = Here(tmp_path / "ws")
    yield made
    made.close()


def ask(there: Here, method: str, path: str, body: Any = None) -> Reply:
    return there.send(method, f"{PATH}/{path}", {"api-version": "2025-12-01"}, body)


BATCH = {
    "location": "local",
    "tags": {"a": "1"},
    "properties": {"authMode": "AADToken", "description": "first", "properties": {"p": "1"}},
}
DEPLOYMENT = {
    "location": "local",
    "tags": {"a": "1"},
    "properties": {
        "compute": f"{PATH}/computes/cpu",
        "model": {"referenceType": "Id", "assetId": f"{PATH}/models/m/versions/1"},
        "miniBatchSize": 7,
        "description": "first",
    },
}
SERVERLESS = {
    "location": "local",
    "tags": {"a": "1"},
    "sku": {"name": "Consumption"},
    "properties": {
        "authMode": "Key",
        "modelSettings": {"modelId": "azureml://registries/azureml-x/models/m/versions/1"},
    },
}
CONNECTION = {
    "properties": {
        "category": "ApiKey",
        "authType": "ApiKey",
        "target": "https://example.org",
        "metadata": {"team": "heart"},
        "credentials": {"key": "sesame"},
    }
}  # fmt: skip

OTHER = "https://example.org/other"
FIXED = {"category": "ApiKey", "authType": "ApiKey"}

CASES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]] = [
    ("batchEndpoints/bat", BATCH, {"tags": {"c": "3"}}, {"tags": {"c": "3"}}),
    ("batchEndpoints/bat", BATCH, {"tags": {}}, {"tags": {}}),
    ("batchEndpoints/bat/deployments/dep", DEPLOYMENT, {"properties": {"description": "new"}}, {"properties": {"description": "new"}}),
    ("batchEndpoints/bat/deployments/dep", DEPLOYMENT, {"tags": {"c": "3"}}, {"tags": {"c": "3"}}),
    ("serverlessEndpoints/sls", SERVERLESS, {"tags": {"c": "3"}}, {"tags": {"c": "3"}}),
    ("connections/con", CONNECTION, {"properties": {**FIXED, "target": OTHER}}, {"properties": {"target": OTHER}}),
]  # fmt: skip
"""Path, body as it was put, patch, and the members that differ afterwards."""


def changed(before: Any, after: Any) -> Any:
    """The members of a tree that differ, with their new values."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    found = {name: changed(before.get(name), value) for name, value in after.items() if before.get(name) != value}
    return {**found, **{name: None for name in before if name not in after}}


def test_a_patch_changes_what_it_says_and_nothing_else(there: Here) -> None:
    ask(
        there,
        "PUT",
        "computes/cpu",
        {"location": "local", "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "D2"}}},
    )
    ask(there, "PUT", "batchEndpoints/bat", BATCH)
    for path, body, patch, expected in CASES:
        put = ask(there, "PUT", path, body)
        assert put.taken, (path, put.body)
        before = ask(there, "GET", path).body
        answer = ask(there, "PATCH", path, patch)
        assert answer.status == 200, (path, answer.body)
        after = ask(there, "GET", path).body
        differing = {name: value for name, value in changed(before, after).items() if name != "systemData"}
        if "tags" in expected:
            assert after["tags"] == expected["tags"] and set(differing) == {"tags"}, path
        else:
            assert differing == expected, path
        none = ask(there, "PATCH", path, {})
        assert none.status in (200, 400) and changed(after, ask(there, "GET", path).body).keys() <= {"systemData"}, path


def test_a_patch_keeps_secrets_and_of_what_is_not_there_is_404(there: Here) -> None:
    ask(there, "PUT", "connections/con", CONNECTION)
    ask(there, "PATCH", "connections/con", {"properties": {**FIXED, "target": OTHER}})
    told = ask(there, "POST", "connections/con/listsecrets").body["properties"]
    assert told["credentials"] == {"key": "sesame"} and told["target"] == OTHER
    for path, _, patch, _ in CASES:
        assert ask(there, "PATCH", f"{path}-none", patch).status == 404, path


ENDPOINTS = [("batchEndpoints/bat", BATCH, "listkeys"), ("serverlessEndpoints/sls", SERVERLESS, "listKeys")]


@pytest.mark.parametrize(("path", "body", "verb"), ENDPOINTS)
def test_keys_are_a_pair_of_which_each_can_be_replaced(there: Here, path: str, body: Any, verb: str) -> None:
    assert ask(there, "POST", f"{path}/{verb}").status == 404
    assert ask(there, "PUT", path, body).taken
    first = ask(there, "POST", f"{path}/{verb}").body
    assert first == ask(there, "POST", f"{path}/{verb}").body and len(set(first.values())) == 2
    second = ask(there, "POST", f"{path}/regenerateKeys", {"keyType": "Secondary"}).body
    assert second["primaryKey"] == first["primaryKey"] and second["secondaryKey"] != first["secondaryKey"]
    ask(there, "PUT", path, {**body, "tags": {"x": "y"}})
    assert ask(there, "POST", f"{path}/{verb}").body == second, "a change of the endpoint changes no key"
