"""How the wire behaves in time, and which names it knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import BackendError
from orchestrator.core.health import Health
from orchestrator.workspace.arm.account import GROUP, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest, translate
from orchestrator.workspace.arm.timing import Lagging, one_at_a_time
from orchestrator.workspace.records.record import Record
from tests.contract.arm.test_catalogue import WS, Wire

HEART = "onlineEndpoints/heart"
BLUE = f"{HEART}/deployments/blue"
DEPLOYMENT = {"properties": {"endpointComputeType": "Managed", "model": "azureml:m:1", "instanceType": "D2"}}


class Timed(Wire):
    """A facade whose lists lag by ten seconds of a clock that the test moves, and that does one thing at a time."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.now = 0.0
        self._timed = Lagging(one_at_a_time(self._facade.respond), 10.0, lambda: self.now)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self._tokens.issue('https://x')[0]}"}
        content = b"" if body is None else json.dumps(body).encode()
        try:
            answer: Answer = self._timed(WireRequest(method, f"{WS}/{path}", query, headers, content, "https://x"))
        except WireError as error:
            answer = error.answer()
        except BackendError as error:
            answer = translate(error).answer()
        return int(answer.status), json.loads(answer.body) if answer.body else None

    def listed(self, path: str, **query: str) -> list[str]:
        return [each["name"] for each in self.ask("GET", path, **query)[1]["value"]]


@pytest.fixture
def wire(tmp_path: Path) -> Any:
    made = Timed(tmp_path / "ws")
    yield made
    made.store.close()
    made.wire_store.close()


COLLECTIONS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("computes", "cpu", {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "D2"}}}, {"tags": {"a": "b"}}),
    ("batchEndpoints", "heart", {"properties": {"authMode": "AADToken"}}, {"tags": {"a": "b"}}),
    ("environments/e/versions", "1", {"properties": {"image": "i"}}, {"properties": {"image": "i", "tags": {"a": "b"}}}),
    ("models", "m", {"properties": {"modelUri": "azureml://datastores/x/paths/y"}}, {}),
]  # fmt: skip


def test_lists_lag_and_reads_do_not(wire: Timed) -> None:
    for collection, name, body, change in COLLECTIONS:
        path = f"{collection}/{name}" + ("/versions/1" if collection == "models" else "")
        assert wire.ask("PUT", path, body)[0] in (200, 201)
        assert wire.listed(collection) == [] and wire.ask("GET", f"{collection}/{name}")[0] == 200, collection
        wire.now += 11
        assert wire.listed(collection) == [name], collection
        before = wire.ask("GET", collection)[1]["value"]
        if change:
            assert wire.ask("PUT", path, {**body, **change})[0] == 200
            assert wire.ask("GET", collection)[1]["value"] == before != [wire.ask("GET", path)[1]]
            wire.now += 11
            assert wire.ask("GET", collection)[1]["value"] == [wire.ask("GET", path)[1]]
        assert wire.ask("DELETE", path)[0] in (200, 202, 204)
        assert wire.listed(collection) == [name], "what is gone is still listed"
        wire.now += 11


def test_the_first_of_several_writes_counts(wire: Timed) -> None:
    body = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "D2"}}}
    wire.ask("PUT", "computes/cpu", body)
    wire.now += 6
    wire.ask("PUT", "computes/CPU", {**body, "tags": {"a": "b"}})
    assert wire.listed("computes") == [], "it was not there ten seconds ago"
    wire.now += 11
    assert wire.listed("computes") == ["cpu"]


def test_a_refused_write_is_nothing_that_lists_could_miss(wire: Timed) -> None:
    wire.ask("PUT", "computes/cpu", {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "D2"}}})
    wire.now += 11
    assert wire.ask("PUT", "data/cpu/versions/1", {"properties": {}})[0] == 400
    assert wire.listed("data") == [] and wire.listed("computes") == ["cpu"]


def as_if(wire: Timed, health: Health, deployment: Health | None = None) -> None:
    wire.store.insert(Record("online_endpoints", "online_endpoints.heart", health=health, variant="managed"))
    wire.store.insert(Record("models", "models.m", "1", body={"path": "x", "type": "custom_model"}))
    if deployment is not None:
        address = "online_endpoints.heart.deployments.blue"
        wire.store.insert(Record("online_endpoints.deployments", address, health=deployment, variant="managed"))


ENDPOINT = {"properties": {"authMode": "Key"}}
# of the endpoint, of a deployment in it, request, whether it is refused
BUSY: list[tuple[Health, Health | None, str, str, Any, bool]] = [
    (Health.PROGRESSING, None, "PUT", HEART, ENDPOINT, True),
    (Health.PROGRESSING, None, "PATCH", HEART, {"tags": {}}, True),
    (Health.PROGRESSING, None, "DELETE", HEART, None, True),
    (Health.PROGRESSING, None, "PUT", BLUE, DEPLOYMENT, True),
    (Health.PROGRESSING, None, "GET", HEART, None, False),
    (Health.PROGRESSING, None, "PUT", "onlineEndpoints/other", ENDPOINT, False),
    (Health.HEALTHY, None, "PUT", HEART, ENDPOINT, False),
    (Health.DEGRADED, None, "DELETE", HEART, None, False),
    (Health.HEALTHY, Health.PROGRESSING, "PUT", BLUE, DEPLOYMENT, True),
    (Health.HEALTHY, Health.PROGRESSING, "DELETE", BLUE, None, True),
    (Health.HEALTHY, Health.PROGRESSING, "DELETE", HEART, None, True),
    (Health.HEALTHY, Health.PROGRESSING, "PUT", f"{HEART}/deployments/green", DEPLOYMENT, False),
    (Health.HEALTHY, Health.DEGRADED, "DELETE", BLUE, None, False),
    (Health.HEALTHY, Health.HEALTHY, "PATCH", BLUE, {"sku": {"name": "Default", "capacity": 2}}, False),
]


@pytest.mark.parametrize(("endpoint", "deployment", "method", "path", "body", "refused"), BUSY)
def test_an_endpoint_does_one_thing_at_a_time(
    wire: Timed, endpoint: Health, deployment: Health | None, method: str, path: str, body: Any, refused: bool
) -> None:
    as_if(wire, endpoint, deployment)
    status, tree = wire.ask(method, path, body)
    if refused:
        assert status == 409 and "Another operation is in progress" in tree["error"]["message"]
    else:
        assert status < 300, tree


def test_a_repeated_request_joins_its_own_operation(wire: Timed) -> None:
    assert [wire.ask("PUT", HEART, ENDPOINT)[0] for _ in range(2)] == [201, 200]
    assert wire.ask("PUT", HEART, {**ENDPOINT, "tags": {"a": "b"}})[0] == 409


NAMES = [
    (SUBSCRIPTION, GROUP, WORKSPACE, ""),
    (SUBSCRIPTION, GROUP.upper(), WORKSPACE.upper(), ""),
    ("<SUBSCRIPTION_ID>", "<RESOURCE_GROUP>", "<AML_WORKSPACE_NAME>", ""),
    ("11111111-0000-0000-0000-000000000000", GROUP, WORKSPACE, "SubscriptionNotFound"),
    (SUBSCRIPTION, "other", WORKSPACE, "ResourceGroupNotFound"),
    (SUBSCRIPTION, GROUP, "other", "ResourceNotFound"),
]


@pytest.mark.parametrize(("subscription", "group", "workspace", "code"), NAMES)
def test_what_there_is_not_is_not_found(
    tmp_path: Path, subscription: str, group: str, workspace: str, code: str
) -> None:
    wire = Wire(tmp_path / "ws")
    wire._facade._any_workspace = False
    place = (
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces"
    )
    try:
        for path in (f"{place}/{workspace}", f"{place}/{workspace}/computes"):
            if not code:
                assert wire("GET", path).status == 200
                continue
            with pytest.raises(WireError, match=r"could not be found|was not found") as caught:
                wire("GET", path)
            assert (caught.value.status, caught.value.code) == (404, code)
            assert "--any-workspace" in caught.value.message
            wire._facade._any_workspace = True
            assert wire("GET", path).status == 200
            wire._facade._any_workspace = False
    finally:
        wire.store.close()
        wire.wire_store.close()
