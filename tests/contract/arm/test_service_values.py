"""What comes back is what the service would tell, not what was sent: defaults, facts, long ids, one spelling."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.specification.judge import Specification
from orchestrator.core.errors import BackendError
from orchestrator.kinds import discover
from orchestrator.workspace.arm import service_values
from orchestrator.workspace.arm.judge import judged
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest, translate
from orchestrator.workspace.records.record import Record
from tests.contract.arm.test_catalogue import WS, Wire

pytestmark = pytest.mark.filterwarnings("ignore")  # the client's own

VERSION = "2025-12-01"
SIZE = "Standard_DS3_v2"


class Strict(Wire):
    """A facade behind the judge."""

    def __init__(self, root: Path, rules: Specification) -> None:
        super().__init__(root)
        self._judged = judged(self._facade.respond, self._facade.knows, rules)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """Status and body of the answer."""
        headers = {"authorization": f"Bearer {self._tokens.issue('https://x')[0]}"}
        content = b"" if body is None else json.dumps(body).encode()
        request = WireRequest(method, f"{WS}/{path}", {"api-version": VERSION, **query}, headers, content, "https://x")
        try:
            answer: Answer = self._judged(request)
        except WireError as error:
            answer = error.answer()
        except BackendError as error:
            answer = translate(error).answer()
        return answer.status, json.loads(answer.body) if answer.body else None

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """What is told about a resource that was put."""
        status, tree = self.ask("PUT", path, body)
        assert status in (200, 201), (path, tree)
        return dict(self.ask("GET", path)[1])


@pytest.fixture(scope="module")
def rules() -> Specification:
    rules = Specification(discover())
    if not rules.load():
        pytest.skip("needs the azure extra")
    return rules


@pytest.fixture
def wire(tmp_path: Path, rules: Specification) -> Iterator[Strict]:
    made = Strict(tmp_path / "ws", rules)
    made.store.insert(Record("models", "models.m", "1", body={"path": "x", "type": "mlflow_model"}))
    yield made
    made.store.close()
    made.wire_store.close()


def compute(kind: str, properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"location": "x", **more, "properties": {"computeType": kind, "properties": properties}}


ENDPOINT = {"location": "westeurope", "properties": {"authMode": "key"}}
DEPLOYMENT = {
    "location": "westeurope",
    "properties": {"endpointComputeType": "managed", "model": "azureml:m:1", "instanceType": SIZE},
}
BODIES: list[tuple[str, Mapping[str, Any]]] = [
    ("computes/cpu", compute("amlcompute", {"vmSize": SIZE}, identity={"type": "systemassigned"})),
    ("computes/laptop", compute("ComputeInstance", {"vmSize": SIZE})),
    ("computes/k8s", compute("Kubernetes", {"namespace": "n"})),
    ("onlineEndpoints/heart", ENDPOINT),
    ("onlineEndpoints/heart/deployments/blue", DEPLOYMENT),
    ("batchEndpoints/scoring", {"location": "x", "properties": {"authMode": "aadtoken"}}),
    (
        "datastores/files",
        {
            "properties": {
                "datastoreType": "azureblob", "accountName": "a", "containerName": "c",
                "credentials": {"credentialsType": "none"},
            }
        },
    ),
    ("environments/e/versions/1", {"properties": {"image": "i"}}),
    ("data/d/versions/1", {"properties": {"dataType": "URI_FILE", "dataUri": "https://x/y"}}),
    (
        "jobs/j",
        {
            "properties": {
                "jobType": "command", "command": "echo", "environmentId": "azureml:e:1",
                "outputs": {"o": {"jobOutputType": "URI_FOLDER"}, "p": {"jobOutputType": "mltable", "mode": "upload"}},
            }
        },
    ),
    (
        "schedules/s",
        {
            "properties": {
                "action": {
                    "actionType": "createjob",
                    "jobDefinition": {"jobType": "command", "command": "echo", "environmentId": "azureml:e:1"},
                },
                "trigger": {"triggerType": "cron", "expression": "0 1 * * *"},
            }
        },
    ),
]  # fmt: skip


def test_every_answer_has_the_shape_of_the_models(wire: Strict) -> None:
    from orchestrator.backends.azure.specification.operations import find
    from orchestrator.backends.azure.specification.values import broken_answer

    for path, body in BODIES:
        shown = wire.made(path, body)
        operation = find("PUT", path.split("/"))
        assert operation is not None and operation.body is not None
        assert [rule.message for rule in broken_answer(shown, operation.body)] == [], path
    for path in ("datastores/workspaceblobstore", "datastores/workspacefilestore", "models/m/versions/1", "data/d"):
        operation = find("PUT", path.split("/"))
        assert operation is not None and operation.body is not None
        assert [rule.message for rule in broken_answer(wire.ask("GET", path)[1], operation.body)] == [], path


def test_a_cluster_has_its_nodes_and_defaults(wire: Strict) -> None:
    least = {"scaleSettings": {"maxNodeCount": 4, "minNodeCount": 2}, "vmPriority": "lowpriority", "vmSize": SIZE}
    inner = wire.made("computes/cpu", compute("AmlCompute", least))["properties"]["properties"]
    assert (inner["currentNodeCount"], inner["targetNodeCount"], inner["allocationState"]) == (2, 2, "Steady")
    assert inner["nodeStateCounts"]["idleNodeCount"] == 2
    assert (inner["vmPriority"], inner["osType"], inner["enableNodePublicIp"]) == ("LowPriority", "Linux", True)
    assert inner["scaleSettings"] == {
        "maxNodeCount": 4,
        "minNodeCount": 2,
        "nodeIdleTimeBeforeScaleDown": "PT2M",
    }


def test_a_merge_patch_of_a_cluster_keeps_what_it_does_not_name(wire: Strict) -> None:
    before = {"scaleSettings": {"maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT5M"}, "vmSize": SIZE}
    wire.made("computes/cpu", compute("AmlCompute", before, tags={"a": "b"}))
    status, _ = wire.ask(
        "PATCH", "computes/cpu", {"properties": {"properties": {"scaleSettings": {"maxNodeCount": 6}}}}
    )
    after = wire.ask("GET", "computes/cpu")[1]
    assert (status, after["tags"], after["properties"]["properties"]["vmSize"]) == (200, {"a": "b"}, SIZE.upper())
    assert after["properties"]["properties"]["scaleSettings"] == {
        "maxNodeCount": 6,
        "minNodeCount": 0,
        "nodeIdleTimeBeforeScaleDown": "PT5M",
    }


@pytest.mark.parametrize("path", ["computes/cpu", "onlineEndpoints/heart"])
def test_identities_have_their_principals(wire: Strict, path: str) -> None:
    user = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
    body = compute("AmlCompute", {"vmSize": SIZE}) if path.startswith("computes") else ENDPOINT
    system = wire.made(path, {**body, "identity": {"type": "systemassigned"}})["identity"]
    assert system["type"] == "SystemAssigned" and len(system["principalId"]) == len(system["tenantId"]) == 36
    mine = wire.made(path, {**body, "identity": {"type": "UserAssigned", "userAssignedIdentities": {user: {}}}})
    assert set(mine["identity"]["userAssignedIdentities"][user]) == {"principalId", "clientId"}
    assert "principalId" not in mine["identity"]


def test_a_deployment_has_its_probes_and_long_ids(wire: Strict) -> None:
    wire.made("onlineEndpoints/heart", ENDPOINT)
    own = {**DEPLOYMENT["properties"], "livenessProbe": {"period": "PT20S"}}  # type: ignore[dict-item]
    shown = wire.made("onlineEndpoints/heart/deployments/blue", {**DEPLOYMENT, "properties": own})
    properties = shown["properties"]
    assert properties["livenessProbe"]["period"] == "PT20S" and properties["livenessProbe"]["failureThreshold"] == 30
    assert properties["readinessProbe"] == service_values.DEPLOYMENT["readinessProbe"]
    assert properties["requestSettings"]["requestTimeout"] == "PT5S"
    assert properties["model"] == f"{WS}/models/m/versions/1"
    assert (shown["location"], shown["sku"]["capacity"]) == ("westeurope", 1)


def test_what_comes_back_may_be_sent_back_and_changes_nothing(wire: Strict) -> None:
    for path, body in BODIES:
        wire.made(path, body)
    for path, _ in BODIES:
        before = wire.ask("GET", path)[1]
        assert wire.ask("PUT", path, before)[0] == 200, path
        after = wire.ask("GET", path)[1]
        assert _lasting(after) == _lasting(before), path
    (record,) = wire.wire_store.list("online_endpoints.deployments")
    assert "liveness_probe" not in record.body, "the service's own values are nobody's wish"


def _lasting(tree: Mapping[str, Any]) -> dict[str, Any]:
    properties = {k: v for k, v in tree["properties"].items() if k not in ("provisioningState", "modifiedOn")}
    return {**{name: value for name, value in tree.items() if name != "systemData"}, "properties": properties}


def test_outputs_of_jobs_have_type_and_mode(wire: Strict) -> None:
    for path, body in BODIES:
        if path in ("environments/e/versions/1", "jobs/j"):
            shown = wire.made(path, body)
    assert shown["properties"]["outputs"] == {
        "o": {"jobOutputType": "uri_folder", "mode": "ReadWriteMount"},
        "p": {"jobOutputType": "mltable", "mode": "Upload"},
    }


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": 1}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"a": [1]}, {"a": [2]}, {"a": [2]}),
    ],
)
def test_a_merge_patch(before: dict[str, Any], patch: dict[str, Any], after: dict[str, Any]) -> None:
    assert service_values.merged(before, patch) == after


def test_the_services_own_values_are_not_taken_for_wishes() -> None:
    defaults = {"a": 1, "b": {"c": 2, "d": 3}, "e": None, "f": {}}
    for own in (
        {},
        {"a": 5},
        {"b": {"c": 9}},
        {"x": 1},
        {"a": 1},
        {"b": {"c": 2}},
        {"a": 5, "b": {"d": 4}, "x": {"y": 1}},
    ):
        assert service_values.said(service_values.filled(own, defaults), own, defaults) == own
    assert service_values.said({"a": 1}, {"a": 5}, defaults) == {"a": 1}
