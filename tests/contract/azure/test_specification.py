"""What the service refuses, and what it takes in any spelling: rules from azure-ai-ml's models and from Microsoft's pages."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.backends.azure.specification import documented
from orchestrator.backends.azure.specification.judge import Specification
from orchestrator.core.service_rules import Asked, RuleSource
from orchestrator.kinds import discover
from orchestrator.workspace.arm.judge import judged
from orchestrator.workspace.arm.messages import Answer, WireRequest

pytestmark = pytest.mark.filterwarnings("ignore")  # the client's own

VERSION = "2025-12-01"
CLUSTER = {"vmSize": "STANDARD_DS3_V2", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 2}}


@pytest.fixture(scope="module")
def rules() -> Specification:
    return Specification(discover())


def cluster(**changes: Any) -> dict[str, Any]:
    inner = {name: value for name, value in {**CLUSTER, **changes}.items() if value is not None}
    return {"location": "westeurope", "properties": {"computeType": "AmlCompute", "properties": inner}}


def endpoint(**properties: Any) -> dict[str, Any]:
    return {"location": "westeurope", "properties": {"authMode": "Key", **properties}}


def deployment(**properties: Any) -> dict[str, Any]:
    return {
        "location": "westeurope",
        "sku": {"name": "Default", "capacity": 1},
        "properties": {
            "endpointComputeType": "Managed",
            "model": "azureml:m:1",
            "instanceType": "STANDARD_DS3_V2",
            **properties,
        },
    }


def store(**properties: Any) -> dict[str, Any]:
    blob = {"accountName": "account", "containerName": "files", "credentials": {"credentialsType": "None"}}
    return {"properties": {"datastoreType": "AzureBlob", **blob, **properties}}


def job(**properties: Any) -> dict[str, Any]:
    return {"properties": {"jobType": "Command", "command": "echo 1", "environmentId": "azureml:e:1", **properties}}


def version(**properties: Any) -> dict[str, Any]:
    return {"properties": {"dataType": "uri_file", "dataUri": "azureml://datastores/x/paths/a.csv", **properties}}


def without(body: Mapping[str, Any], *path: str) -> dict[str, Any]:
    tree = dict(body)
    if len(path) == 1:
        del tree[path[0]]
    else:
        tree[path[0]] = without(tree[path[0]], *path[1:])
    return tree


INSTANCE = {
    "location": "x",
    "properties": {"computeType": "ComputeInstance", "properties": {"vmSize": "STANDARD_DS1_V2"}},
}
DEPLOYED = "onlineEndpoints/heart/deployments/blue"
SCHEDULED = {
    "action": {"actionType": "CreateJob", "jobDefinition": job()["properties"]},
    "trigger": {"triggerType": "Cron", "expression": "0 1 * * *"},
}

# path, body, what the message says
WRONG: list[tuple[str, Mapping[str, Any], str]] = [
    ("computes/a_b", cluster(), "The name 'a_b' is not valid"),
    ("computes/1st", cluster(), "The name '1st' is not valid"),
    ("computes/ends-", cluster(), "The name 'ends-' is not valid"),
    ("computes/" + "a" * 33, cluster(), "is not valid"),
    ("computes/ci", INSTANCE, "The name 'ci' is not valid"),
    ("onlineEndpoints/a_b", endpoint(), "The name 'a_b' is not valid"),
    ("onlineEndpoints/a", endpoint(), "The name 'a' is not valid"),
    ("onlineEndpoints/heart/deployments/a_b", deployment(), "The name 'a_b' is not valid"),
    ("datastores/" + "a" * 300, store(), "is not valid"),
    ("data/a b/versions/1", version(), "The name 'a b' is not valid"),
    ("computes/cpu", {"location": "x", "properties": {"properties": CLUSTER}}, "computeType' is required"),
    ("computes/cpu", {"location": "x", "properties": {"computeType": "Toaster"}}, "unknown value 'Toaster'"),
    (
        "computes/cpu",
        cluster(scaleSettings={"minNodeCount": 3, "maxNodeCount": 1}),
        "minNodeCount' (3) is greater than maxNodeCount (1)",
    ),
    ("computes/cpu", cluster(scaleSettings={"minNodeCount": -1, "maxNodeCount": 1}), "(-1) is less than 0"),
    ("computes/cpu", cluster(scaleSettings={"minNodeCount": 1}), "maxNodeCount' is required"),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": "many"}), "must be a whole number, not 'many'"),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": 1.5}), "must be a whole number, not '1.5'"),
    (
        "computes/cpu",
        cluster(scaleSettings={"maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "120"}),
        "ISO 8601 duration",
    ),
    ("computes/cpu", cluster(scaleSettings=[]), "must be an object, not an array"),
    ("computes/cpu", cluster(vmPriority="Cheap"), "unknown value 'Cheap'"),
    ("computes/cpu", cluster(osType="BeOS"), "unknown value 'BeOS'"),
    ("computes/cpu", cluster(remoteLoginPortPublicAccess="Maybe"), "unknown value 'Maybe'"),
    ("computes/cpu", cluster(enableNodePublicIp="maybe"), "must be true or false"),
    ("computes/cpu", cluster(vmSize={"name": "x"}), "must be a string, not an object"),
    ("computes/cpu", {**cluster(), "tags": {f"t{n}": "" for n in range(51)}}, "at most 50 tags, not 51"),
    ("computes/cpu", {**cluster(), "tags": {"n" * 513: ""}}, "must have 1 to 512 characters"),
    ("computes/cpu", {**cluster(), "tags": {"a/b": ""}}, "none of <>%"),
    ("computes/cpu", {**cluster(), "tags": {"a": "v" * 257}}, "longer than 256 characters"),
    ("computes/cpu", {**cluster(), "tags": ["a"]}, "must be an object, not an array"),
    ("computes/cpu", {**cluster(), "identity": {"type": "Borrowed"}}, "unknown value 'Borrowed'"),
    ("onlineEndpoints/heart", endpoint(authMode="Nonsense"), "Known values: AMLToken, Key, AADToken"),
    ("onlineEndpoints/heart", without(endpoint(), "properties", "authMode"), "authMode' is required"),
    ("onlineEndpoints/heart", without(endpoint(), "location"), "'location' is required"),
    ("onlineEndpoints/heart", without(endpoint(), "properties"), "'properties' is required"),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": 60, "green": 60}), "adds up to 120"),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": 101}), "(101) must be between 0 and 100"),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": -1, "green": 101}), "(-1) must be between"),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": 50}), "adds up to 50"),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": "all"}), "must be a whole number, not 'all'"),
    ("onlineEndpoints/heart", endpoint(traffic=[100]), "must be an object, not an array"),
    ("onlineEndpoints/heart", endpoint(mirrorTraffic={"green": 51}), "must be between 0 and 50"),
    ("onlineEndpoints/heart", endpoint(publicNetworkAccess="Sometimes"), "unknown value 'Sometimes'"),
    ("onlineEndpoints/heart", {**endpoint(), "tags": {"a%": ""}}, "none of <>%"),
    (DEPLOYED, deployment(endpointComputeType="Cloud"), "unknown value 'Cloud'"),
    (DEPLOYED, without(deployment(), "location"), "'location' is required"),
    (DEPLOYED, without(deployment(), "properties", "endpointComputeType"), "endpointComputeType' is required"),
    (DEPLOYED, {**deployment(), "sku": {"capacity": 1}}, "sku.name' is required"),
    (DEPLOYED, {**deployment(), "sku": {"name": "Default", "capacity": "two"}}, "must be a whole number"),
    (DEPLOYED, deployment(requestSettings={"requestTimeout": "5 s"}), "ISO 8601 duration"),
    (DEPLOYED, deployment(livenessProbe={"failureThreshold": "often"}), "must be a whole number"),
    (DEPLOYED, deployment(egressPublicNetworkAccess="Open"), "unknown value 'Open'"),
    (DEPLOYED, deployment(codeConfiguration={"codeId": "c"}), "scoringScript' is required"),
    (DEPLOYED, deployment(environmentVariables="A=1"), "must be an object, not 'A=1'"),
    (DEPLOYED, deployment(appInsightsEnabled="perhaps"), "must be true or false"),
    ("datastores/files", store(datastoreType="Drawer"), "unknown value 'Drawer'"),
    ("datastores/files", without(store(), "properties", "credentials"), "credentials' is required"),
    ("datastores/files", store(credentials={"credentialsType": "Key"}), "unknown value 'Key'"),
    ("datastores/files", store(credentials={"credentialsType": "AccountKey"}), "secrets' is required"),
    ("data/rows/versions/1", version(dataType="table"), "unknown value 'table'"),
    ("data/rows/versions/1", without(version(), "properties", "dataUri"), "dataUri' is required"),
    ("data/rows/versions/1", version(tags="a"), "must be an object"),
    ("environments/env/versions/1", {"properties": {"osType": "BeOS"}}, "unknown value 'BeOS'"),
    ("models/m/versions/1", {}, "'properties' is required"),
    ("jobs/j", job(jobType="Wish"), "unknown value 'Wish'"),
    ("jobs/j", without(job(), "properties", "command"), "command' is required"),
    ("jobs/j", without(job(), "properties", "environmentId"), "environmentId' is required"),
    ("jobs/j", job(limits={"jobLimitsType": "Command", "timeout": "an hour"}), "ISO 8601 duration"),
    ("jobs/j", job(inputs={"a": {"jobInputType": "paper"}}), "unknown value 'paper'"),
    ("jobs/j", job(inputs={"a": {"jobInputType": "uri_file"}}), "uri' is required"),
    ("jobs/j", job(distribution={"distributionType": "Rumour"}), "unknown value 'Rumour'"),
    ("schedules/s", {"properties": {**SCHEDULED, "trigger": {"triggerType": "Moon"}}}, "unknown value 'Moon'"),
    ("schedules/s", {"properties": {**SCHEDULED, "trigger": {"triggerType": "Cron"}}}, "expression' is required"),
    ("schedules/s", {"properties": without(SCHEDULED, "action")}, "action' is required"),
    ("batchEndpoints/scoring", {"location": "x", "properties": {}}, "authMode' is required"),
]

# path, body
RIGHT: list[tuple[str, Mapping[str, Any]]] = [
    ("computes/cpu", cluster()),
    ("computes/cpu-cluster-01", cluster()),
    ("COMPUTES/cpu", cluster()),
    ("computes/Cpu", cluster()),
    ("computes/" + "a" * 32, cluster()),
    ("computes/laptop", INSTANCE),
    ("computes/cpu", without(cluster(), "location")),
    ("computes/cpu", cluster(vmPriority="lowpriority")),
    ("computes/cpu", cluster(vmPriority="LowPriority")),
    ("computes/cpu", cluster(osType="linux")),
    ("computes/cpu", cluster(vmSize="standard_ds3_v2")),
    ("computes/cpu", cluster(scaleSettings=None)),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": 0, "minNodeCount": 0})),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": "4"})),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": 4.0})),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT120S"})),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT2M"})),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "P1DT2H"})),
    ("computes/cpu", cluster(scaleSettings={"maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "00:02:00"})),
    ("computes/cpu", cluster(enableNodePublicIp="true")),
    ("computes/cpu", cluster(enableNodePublicIp=False)),
    ("computes/cpu", cluster(subnet={"id": "/subscriptions/s/subnets/a"})),
    ("computes/cpu", cluster(currentNodeCount="whatever only the service sets")),
    ("computes/cpu", cluster(newerThanThis=1)),
    ("computes/cpu", {**cluster(), "tags": {f"t{n}": "" for n in range(50)}}),
    ("computes/cpu", {**cluster(), "tags": {"n" * 512: "v" * 256}}),
    ("computes/cpu", {**cluster(), "tags": None}),
    ("computes/cpu", {**cluster(), "tags": {"über": "Größe 4"}}),
    ("computes/cpu", {**cluster(), "identity": {"type": "systemassigned"}}),
    ("computes/cpu", {**cluster(), "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s": {}}}}),
    ("computes/gone", {"location": "x", "properties": {"computeType": "Databricks", "resourceId": "/subscriptions/s"}}),
    ("onlineEndpoints/heart", endpoint()),
    ("onlineendpoints/heart", endpoint()),
    ("onlineEndpoints/Heart-01", endpoint()),
    ("onlineEndpoints/heart", endpoint(authMode="key")),
    ("onlineEndpoints/heart", endpoint(authMode="amlToken")),
    ("onlineEndpoints/heart", endpoint(authMode="AADToken")),
    ("onlineEndpoints/heart", endpoint(traffic={})),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": 0})),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": 0, "green": 0})),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": 10, "green": 90})),
    ("onlineEndpoints/heart", endpoint(traffic={"blue": "100"})),
    ("onlineEndpoints/heart", endpoint(traffic=None)),
    ("onlineEndpoints/heart", endpoint(mirrorTraffic={"green": 50})),
    ("onlineEndpoints/heart", endpoint(mirrorTraffic={})),
    ("onlineEndpoints/heart", endpoint(publicNetworkAccess="disabled")),
    ("onlineEndpoints/heart", endpoint(properties={"a": 1})),
    ("onlineEndpoints/heart", endpoint(description="")),
    ("onlineEndpoints/heart", {**endpoint(), "identity": {"type": "SystemAssigned"}}),
    (DEPLOYED, deployment()),
    (DEPLOYED, deployment(endpointComputeType="managed")),
    (DEPLOYED, deployment(endpointComputeType="Kubernetes")),
    (DEPLOYED, deployment(environmentVariables={"A": 1, "B": None})),
    (DEPLOYED, deployment(requestSettings={"requestTimeout": "PT5S", "maxConcurrentRequestsPerInstance": 2})),
    (DEPLOYED, deployment(livenessProbe={"failureThreshold": 30, "initialDelay": "PT1M30.5S"})),
    (DEPLOYED, deployment(scaleSettings={"scaleType": "default"})),
    (DEPLOYED, deployment(codeConfiguration={"codeId": "c", "scoringScript": "score.py"})),
    (DEPLOYED, {**deployment(), "sku": {"name": "Default", "capacity": 0}}),
    (DEPLOYED, without(deployment(), "sku")),
    ("datastores/with_underscore", store()),
    ("datastores/files", store(datastoreType="azureblob")),
    ("datastores/files", store(credentials={"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": "a2V5"}})),
    ("datastores/files", store(credentials={"credentialsType": "sas", "secrets": {"secretsType": "Sas", "sasToken": "?sig=x"}})),
    ("data/rows/versions/1", version()),
    ("data/rows/versions/2026-01-31", version(dataType="URI_FILE")),
    ("data/rows/versions/1", version(isArchived="false")),
    ("data/rows", {"properties": {"dataType": "uri_file"}}),
    ("environments/env/versions/1", {"properties": {"image": "mcr.microsoft.com/azureml/minimal", "osType": "linux"}}),
    ("models/m/versions/1", {"properties": {"modelUri": "azureml://x", "flavors": {"a": {"data": {"b": "c"}}}}}),
    ("jobs/any-name_1", job()),
    ("jobs/j", job(inputs={"a": {"jobInputType": "literal", "value": "1"}, "b": None})),
    ("jobs/j", job(limits={"jobLimitsType": "command", "timeout": "PT1H"})),
    ("jobs/j", job(distribution={"distributionType": "PyTorch", "processCountPerInstance": 2})),
    ("jobs/j", job(environmentVariables={"A": "b"}, tags={"a": "b"}, resources={"instanceCount": 1})),
    ("schedules/s", {"properties": SCHEDULED}),
    ("batchEndpoints/scoring", {"location": "x", "properties": {"authMode": "AADToken"}}),
    ("nothing/known/here", {"whatever": 1}),
]  # fmt: skip


def asked(method: str, path: str, body: Mapping[str, Any] | None, version: str = VERSION) -> Asked:
    return Asked(method=method, parts=path.split("/"), query={"api-version": version} if version else {}, body=body)


def test_what_a_public_rule_forbids_is_refused_by_name(rules: Specification) -> None:
    for path, body, text in WRONG:
        said = [rule.message for rule in rules.broken(asked("PUT", path, body), lambda: None)]
        assert any(text in message for message in said), (path, body, text, said)


def test_the_lists_are_long_and_no_refusal_is_assumed(rules: Specification) -> None:
    assert len(WRONG) >= 60 <= len(RIGHT)
    for path, body, text in WRONG:
        sources = {rule.source for rule in rules.broken(asked("PUT", path, body), lambda: None)}
        assert RuleSource.ASSUMED not in sources, (path, text)


def test_unusual_spellings_that_the_service_takes_pass(rules: Specification) -> None:
    for path, body in RIGHT:
        assert not rules.broken(asked("PUT", path, body), lambda: None), (path, body)


def test_all_problems_are_told_at_once(rules: Specification) -> None:
    body = cluster(vmPriority="Cheap", scaleSettings={"minNodeCount": 3, "maxNodeCount": 1})
    found = rules.broken(asked("PUT", "computes/a_b", {**body, "tags": {"a/b": ""}}), lambda: None)
    assert [rule.target for rule in found] == [
        "",
        "properties.properties.vmPriority",
        "tags",
        "properties.properties.scaleSettings.minNodeCount",
    ]


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("", "MissingApiVersionParameter"),
        ("2031-01-01", "NoRegisteredProviderFound"),
        ("newest", "NoRegisteredProviderFound"),
    ],
)
def test_a_request_names_a_version_of_the_interface(rules: Specification, version: str, code: str) -> None:
    (rule,) = rules.broken(asked("GET", "computes/cpu", None, version), lambda: None)
    assert (rule.status, rule.arm_code) == (400, code)


CHANGES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], str]] = [
    ("computes/cpu", cluster(), cluster(vmSize="STANDARD_D2"), "vmSize"),
    ("computes/cpu", cluster(vmPriority="Dedicated"), cluster(vmPriority="LowPriority"), "vmPriority"),
    ("computes/cpu", INSTANCE, cluster(), "computeType"),
    (
        "computes/laptop",
        INSTANCE,
        {**INSTANCE, "properties": {**INSTANCE["properties"], "properties": {"vmSize": "X"}}},
        "vmSize",
    ),  # type: ignore[dict-item]
    (DEPLOYED, deployment(), deployment(instanceType="STANDARD_F4S"), "instanceType"),
    (DEPLOYED, deployment(), {**deployment(), "location": "eastus"}, "location"),
    ("datastores/files", store(), store(accountName="other"), "accountName"),
    ("datastores/files", store(), store(containerName="other"), "containerName"),
]


def test_what_may_only_be_set_once_cannot_be_changed(rules: Specification) -> None:
    for path, before, after, field in CHANGES:
        (rule,) = rules.broken(asked("PUT", path, after), lambda there=before: there)  # type: ignore[misc]
        assert field in rule.message, (path, rule)


def test_what_may_be_changed_and_what_stays_passes(rules: Specification) -> None:
    grown = cluster(vmSize="standard_ds3_v2", scaleSettings={"minNodeCount": 1, "maxNodeCount": 8})
    for path, before, after in [
        ("computes/cpu", cluster(), grown),
        ("computes/laptop", INSTANCE, INSTANCE),
        (DEPLOYED, deployment(), deployment(model="azureml:m:2", instanceType="Standard_DS3_v2")),
        ("onlineEndpoints/heart", endpoint(), endpoint(authMode="AADToken", traffic={"blue": 100})),
        ("datastores/files", store(), {"properties": {**store()["properties"], "description": "new"}}),
    ]:
        assert not rules.broken(asked("PUT", path, after), lambda there=before: there), (path, after)  # type: ignore[misc]


def test_a_patch_brings_only_what_changes(rules: Specification) -> None:
    assert not rules.broken(asked("PATCH", "onlineEndpoints/heart", {"tags": {"a": "b"}}), lambda: None)
    (rule,) = rules.broken(asked("PATCH", "onlineEndpoints/heart", {"tags": {"a/b": ""}}), lambda: None)
    assert rule.arm_code == "InvalidTagNameCharacters"


def test_what_other_providers_keep_about_a_workspace_is_not_judged(rules: Specification) -> None:
    workspace = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    answer = judged(lambda request: Answer(204), lambda request: True, rules)
    for path in (f"{workspace}/providers/Microsoft.Authorization/roleAssignments", "/subscriptions/s/resourceGroups/g"):
        assert answer(WireRequest("GET", path, {"api-version": "2022-04-01"})).status == 204
    assert answer(WireRequest("GET", f"{workspace}/computes", {"api-version": "2022-04-01"})).status == 400


def test_a_large_body_is_judged_too(rules: Specification) -> None:
    body = json.dumps(cluster(vmPriority="Cheap")).encode()
    path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/computes/cpu"
    answer = judged(lambda request: Answer(200), lambda request: True, rules)
    with io.BytesIO(body) as upload:
        assert answer(WireRequest("PUT", path, {"api-version": VERSION}, upload=upload)).status == 400


def test_the_version_of_the_installed_client_is_known_whatever_the_list_says(
    rules: Specification, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules.load()
    from orchestrator.backends.azure.specification.operations import api_version  # imports the client

    monkeypatch.setattr(documented, "API_VERSIONS", ("2018-11-19",))
    assert not rules.broken(asked("GET", "computes/cpu", None, api_version()), lambda: None)
    assert rules.broken(asked("GET", "computes/cpu", None, "2024-04-01"), lambda: None)


def test_a_client_without_models_leaves_the_documented_rules_and_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "orchestrator.backends.azure.specification.bodies"
    with monkeypatch.context() as without_models:
        without_models.setitem(sys.modules, place, None)
        without_models.delattr("orchestrator.backends.azure.specification.bodies", raising=False)
        bare = Specification(discover())
        assert bare.load() is False
    assert bare.load() is False, "what cannot be imported is not tried with every request"
    assert not bare.broken(asked("PUT", "computes/cpu", cluster(vmPriority="Cheap")), lambda: None)
    assert bare.broken(asked("PUT", "computes/a_b", cluster()), lambda: None)
