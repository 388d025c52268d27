"""What clients ask beside resources: sizes, quotas, keys, diagnoses, registries; filters of lists; changes of an endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import NotFound
from orchestrator.kinds import discover
from orchestrator.workspace.arm.app import Facade
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore

PROVIDER = "/providers/Microsoft.MachineLearningServices"
GROUP = "/subscriptions/s/resourceGroups/g"
WS = f"{GROUP}{PROVIDER}/workspaces/local"
REGION = f"/subscriptions/s{PROVIDER}/locations/local"


class Wire:
    """A facade without a socket, whose supervisor sleeps."""

    def __init__(self, root: Path) -> None:
        self.wire_store, self._tokens = WireStore(WorkspacePaths(root)), Tokens.fresh()
        self.store = RecordStore(WorkspacePaths(root))
        self.wire_store.workspace.wake = lambda: None  # type: ignore[method-assign]
        self._facade = Facade(self.wire_store, self._tokens, discover())

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        headers = {"authorization": f"Bearer {self._tokens.issue('https://x')[0]}"}
        return self._facade.respond(WireRequest(method, path, query, headers, json.dumps(body or {}).encode()))

    def names(self, path: str, **query: str) -> list[str]:
        return [each["name"] for each in json.loads(self("GET", f"{WS}/{path}", **query).body)["value"]]


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    made = Wire(tmp_path / "ws")
    yield made
    made.store.close()
    made.wire_store.close()


def test_answers_have_the_fields_of_the_clients_models_and_no_others(wire: Wire) -> None:
    models = pytest.importorskip("azure.ai.ml._restclient.arm_ml_service.models", reason="needs the azure extra")
    wire("PUT", f"{WS}/computes/cpu", {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "D2"}}})
    wire.store.insert(Record("online_endpoints", "online_endpoints.heart"))
    wire.store.insert(Record("online_endpoints.deployments", "online_endpoints.heart.deployments.blue"))
    for method, path, model in (
        ("GET", f"{REGION}/vmSizes", models.VirtualMachineSize),
        ("GET", f"{REGION}/usages", models.Usage),
        ("GET", f"{REGION}/quotas", models.ResourceQuota),
        ("POST", f"{WS}/diagnose", models.DiagnoseResponseResultValue),
        ("POST", f"{WS}/listKeys", models.ListWorkspaceKeysResult),
        ("POST", f"{WS}/listNotebookKeys", models.ListNotebookKeysResult),
        ("POST", f"{WS}/listStorageAccountKeys", models.ListStorageAccountKeysResult),
        ("POST", f"{WS}/computes/cpu/listKeys", models.ComputeSecrets),
        ("GET", f"{WS}/onlineEndpoints/heart/deployments/blue/skus", models.SkuResource),
    ):
        tree = json.loads(wire(method, path).body)
        items = tree.get("value", tree)
        for item in items if isinstance(items, list) else [items]:
            assert set(item) <= {field._rest_name for field in model({})._attr_to_rest_field.values()}, path
        assert items or "otebook" in path


@pytest.mark.parametrize(
    "path",
    [
        f"{WS}/outboundRules",
        f"{WS}/features",
        f"{WS}/outboundNetworkDependenciesEndpoints",
        f"{GROUP}{PROVIDER}/registries",
    ],
)
def test_what_there_is_none_of_is_an_empty_list(wire: Wire, path: str) -> None:
    assert json.loads(wire("GET", path).body) == {"value": []}


HOSTED = f"{GROUP}{PROVIDER}/registries/azureml"
REGISTRY = {
    "a registry that is only recorded": (
        "GET",
        "/registrymanagement/v1.0/registries/mine/discovery",
        404,
        "only those of azureml",
    ),
    "its assets": ("PUT", f"{GROUP}{PROVIDER}/registries/mine/models/m/versions/1", 404, "only those of azureml"),
    "what the catalogue has nothing of": ("GET", f"{HOSTED}/models/m/versions/1", 404, "to be read only"),
    "another component": ("GET", f"{HOSTED}/components/rai_tabular_causl/versions/1", 404, "has no component"),
    "another environment": ("GET", f"{HOSTED}/environments/none", 404, "has no environments 'none'"),
    "a change": ("PUT", f"{HOSTED}/components/rai_tabular_causal/versions/9", 403, "to be read only"),
    "a deletion": ("DELETE", f"{HOSTED}/environments/sklearn-1.5", 403, "to be read only"),
}


@pytest.mark.parametrize(("method", "path", "status", "words"), REGISTRY.values(), ids=REGISTRY)
def test_what_registries_do_not_have_here_is_refused_in_words(
    wire: Wire, method: str, path: str, status: int, words: str
) -> None:
    with pytest.raises((WireError, NotFound), match=words) as caught:
        wire(method, path)
    assert getattr(caught.value, "status", 404) == status


@pytest.mark.parametrize("plane", ["", "/mferp/managementfrontend"])
def test_the_catalogue_of_a_registry_is_read_like_assets(wire: Wire, plane: str) -> None:
    place = f"{plane}{HOSTED}/components"
    names = [each["name"] for each in json.loads(wire("GET", place).body)["value"]]
    assert names == sorted(names) and "rai_tabular_causal" in names
    container = json.loads(wire("GET", f"{place}/rai_tabular_causal").body)["properties"]
    [only] = json.loads(wire("GET", f"{place}/rai_tabular_causal/versions").body)["value"]
    assert only["name"] == container["latestVersion"] == only["properties"]["componentSpec"]["version"]
    asked = json.loads(wire("GET", f"{place}/rai_tabular_causal/versions/0.0.3").body)
    assert asked["id"] == "azureml://registries/azureml/components/rai_tabular_causal/versions/0.0.3"
    assert asked["properties"]["componentSpec"]["inputs"]["alpha"] == {"type": "number", "default": 0.05}
    environment = json.loads(wire("GET", f"{plane}{HOSTED}/environments/sklearn-1.5/versions/7").body)
    assert environment["properties"]["image"] == "mcr.microsoft.com/azureml/curated/sklearn-1.5:1"
    assert json.loads(wire("GET", f"{plane}{HOSTED}/models").body) == {"value": []}


def test_an_endpoints_tags_and_identity_change_and_nothing_else(wire: Wire) -> None:
    put = {"tags": {"a": "1"}, "properties": {"authMode": "Key", "description": "d"}}
    wire("PUT", f"{WS}/onlineEndpoints/heart", put)
    before = json.loads(wire("GET", f"{WS}/onlineEndpoints/heart").body)
    assert wire("PATCH", f"{WS}/onlineEndpoints/heart", {"tags": {"b": "2"}}).status == 202
    after = json.loads(wire("GET", f"{WS}/onlineEndpoints/heart").body)
    assert after["tags"] == {"b": "2"}
    assert {**before["properties"], "provisioningState": ""} == {**after["properties"], "provisioningState": ""}
    wire("PATCH", f"{WS}/onlineEndpoints/heart", {"identity": {"type": "SystemAssigned"}})
    shown = json.loads(wire("GET", f"{WS}/onlineEndpoints/heart").body)
    assert (shown["identity"]["type"], shown["tags"]) == ("SystemAssigned", {"b": "2"})


@pytest.mark.parametrize("section", ["environments", "data", "models"])
def test_a_container_goes_with_all_its_versions(wire: Wire, section: str) -> None:
    for version in ("1", "2"):
        wire.store.insert(Record(section, f"{section}.x", version, body={"image": "i"}))
    assert wire("DELETE", f"{WS}/{section}/x").status == 200
    assert wire("DELETE", f"{WS}/{section}/x").status == 204
    assert not wire.wire_store.list(section)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["one", "two", "three"]),
        ({"name": "TWO"}, ["two"]),
        ({"name": "none"}, []),
        ({"tags": "team"}, ["one", "two"]),
        ({"tags": "team=a"}, ["one"]),
        ({"tags": "team,stage=dev"}, ["two"]),
        ({"tags": "team=c"}, []),
        ({"computetype": "Managed"}, ["one", "two", "three"]),
        ({"computetype": "Kubernetes"}, []),
        ({"orderby": "CreatedAtDesc"}, ["three", "two", "one"]),
        ({"orderby": "CreatedAtAsc"}, ["one", "two", "three"]),
        ({"orderby": "CreatedAtDesc", "count": "2"}, ["three", "two"]),
        ({"searchtext": "t"}, ["two", "three"]),
    ],
)
def test_lists_are_filtered_and_ordered(wire: Wire, query: dict[str, str], names: list[str]) -> None:
    for name, tags in (("one", {"team": "a"}), ("two", {"team": "b", "stage": "dev"}), ("three", {})):
        record = Record("online_endpoints", f"online_endpoints.{name}", body={"tags": tags}, variant="managed")
        wire.store.insert(record)
    assert wire.names("onlineEndpoints", **query) == names


def test_versions_are_filtered(wire: Wire) -> None:
    for version, tags in (("1", {"good": "yes"}), ("2", {"good": "no"}), ("3", {})):
        wire.store.insert(Record("models", "models.m", version, body={"path": "x", "tags": tags}))
    assert wire.names("models/m/versions", tags="good=yes") == ["1"]
    assert wire.names("models/m/versions", version="3") == ["3"]
    assert wire.names("models/m/versions", tags="good") == ["2", "1"]


def test_datastores_are_found_by_name_and_text(wire: Wire) -> None:
    every = wire.names("datastores")
    assert wire.names("datastores", names=f"{every[1]},none") == [every[1]]
    assert wire.names("datastores", searchtext="blobstore") == [name for name in every if "blobstore" in name]
