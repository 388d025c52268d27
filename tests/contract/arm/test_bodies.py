"""Words, bodies, ids, pages and places: the parts of the facade that need no socket and no client."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Conflict, Invalid, UnsupportedSetup
from orchestrator.core.extras import install_extra
from orchestrator.kinds import discover
from orchestrator.workspace.arm import wording
from orchestrator.workspace.arm.app import Facade
from orchestrator.workspace.arm.computes import compute_body, compute_properties
from orchestrator.workspace.arm.deployment_bodies import deployment_body, deployment_properties
from orchestrator.workspace.arm.job_bodies import job_body, job_properties
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.scope import Scope, shorten
from orchestrator.workspace.arm.service import ArmService
from orchestrator.workspace.arm.storage import Storage, container_of, localise
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from tests.identifiers import LONG_AND_SHORT

SCOPE = Scope("s", "g", "w")
WS = SCOPE.id


LABELLED = (f"{WS}/data/azureml:rows/versions/3", "azureml:rows:3", "what azure-ai-ml makes of azureml:rows@latest")


@pytest.mark.parametrize(("text", "short", "why"), [*LONG_AND_SHORT, LABELLED])
def test_ids_become_short_references(text: str, short: str, why: str) -> None:
    assert shorten(text) == short, why


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("azureml://datastores/workspaceblobstore/paths/azureml/run/out/x", "azureml://jobs/run/outputs/out/paths/x"),
        ("azureml://datastores/workspaceblobstore/paths/azureml/run/out/", "azureml://jobs/run/outputs/out"),
        (
            "azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.run/outputs/m",
            "azureml://jobs/run/outputs/artifacts/paths/outputs/m",
        ),
        (
            "azureml://datastores/workspaceblobstore/paths/mine/x",
            "azureml://datastores/workspaceblobstore/paths/mine/x",
        ),
    ],
)
def test_paths_of_runs_become_references_to_outputs(path: str, reference: str) -> None:
    assert localise(path) == reference


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT2M", 120), ("PT0.5S", 0.5), ("P1DT1H", 90_000), ("PT1H30M", 5_400), ("PT5S", 5)]
)
def test_durations(text: str, seconds: float) -> None:
    assert wording.seconds(text) == seconds
    assert wording.seconds(wording.duration(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "5s", "P1M", "P1Y"])
def test_no_durations(text: str) -> None:
    with pytest.raises(Invalid, match="duration"):
        wording.seconds(text)


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        ("minNodeCount", "min_node_count"), ("ReadOnlyMount", "read_only_mount"), ("R2Score", "r2_score"),
        ("AUCWeighted", "auc_weighted"), ("NCrossValidations", "n_cross_validations"),
    ],
)  # fmt: skip
def test_spellings(wire: str, body: str) -> None:
    assert wording.snake(wire) == body


def test_a_cluster_there_and_back() -> None:
    properties = {
        "computeType": "AmlCompute",
        "properties": {
            "vmSize": "S",
            "vmPriority": "LowPriority",
            "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT120S"},
        },
    }
    body = compute_body(properties)
    assert body == {
        "type": "amlcompute", "size": "S", "tier": "low_priority", "min_instances": 0, "max_instances": 2,
        "idle_time_before_scale_down": 120,
    }  # fmt: skip
    assert compute_properties(body) == properties


def test_a_deployment_there_and_back() -> None:
    sent = {
        "model": f"{WS}/models/m/versions/1",
        "environmentId": f"{WS}/environments/e/versions/1",
        "instanceType": "S",
        "appInsightsEnabled": False,
        "requestSettings": {"maxQueueWait": "PT0.5S", "requestTimeout": "PT3S", "maxConcurrentRequestsPerInstance": 2},
        "livenessProbe": {"initialDelay": "PT5S", "failureThreshold": 3},
    }
    body = deployment_body(sent, {"capacity": 2}, str)
    assert body["request_settings"] == {
        "max_queue_wait_ms": 500, "request_timeout_ms": 3000, "max_concurrent_requests_per_instance": 2,
    }  # fmt: skip
    assert (body["model"], body["environment"], body["instance_count"]) == ("azureml:m:1", "azureml:e:1", 2)
    assert body["liveness_probe"] == {"initial_delay": 5, "failure_threshold": 3}
    assert deployment_properties(body, SCOPE) == sent


def test_a_command_job_there_and_back() -> None:
    sent = {
        "jobType": "Command",
        "command": "echo",
        "computeId": f"{WS}/computes/cpu",
        "environmentId": f"{WS}/environments/e/versions/1",
        "experimentName": "x",
        "inputs": {
            "a": {"jobInputType": "uri_file", "uri": "https://example.org/a", "mode": "Download"},
            "n": {"jobInputType": "literal", "value": "3"},
        },
        "outputs": {"m": {"jobOutputType": "uri_folder"}},
        "limits": {"jobLimitsType": "Command", "timeout": "PT60S"},
    }
    body, variant = job_body(sent, str)
    assert variant == "command"
    assert body["inputs"] == {"a": {"type": "uri_file", "path": "https://example.org/a", "mode": "download"}, "n": "3"}
    assert (body["compute"], body["limits"]) == ("azureml:cpu", {"timeout": 60})
    assert job_properties(body, variant, SCOPE) == sent


REGISTERED = (
    "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
    "azureml://registries/azureml/environments/sklearn-1.5/versions/3",
    "azureml://registries/azureml/environments/sklearn-1.5",
    "azureml://registries/ours/environments/e/versions/1",
)


@pytest.mark.parametrize("text", REGISTERED)
def test_an_environment_of_a_registry_stays_what_it_is(text: str) -> None:
    job, variant = job_body({"jobType": "Command", "command": "echo", "environmentId": text}, str)
    assert job["environment"] == text
    assert job_properties(job, variant, SCOPE)["environmentId"] == text
    deployment = deployment_body({"endpointComputeType": "Managed", "environmentId": text}, {"capacity": 1}, str)
    assert deployment["environment"] == text
    assert deployment_properties(deployment, SCOPE)["environmentId"] == text


@pytest.mark.parametrize(
    "text", ["azureml://registries/r/models/m/versions/1", "azureml://registries/r/data/d/labels/latest"]
)
def test_what_is_read_of_a_registry_stays_what_it_is(text: str) -> None:
    kind = "custom_model" if "/models/" in text else "uri_file"
    sent = {"jobType": "Command", "command": "echo", "inputs": {"a": {"jobInputType": kind, "uri": text}}}
    body, variant = job_body(sent, str)
    assert body["inputs"]["a"]["path"] == text
    assert job_properties(body, variant, SCOPE)["inputs"]["a"]["uri"] == text
    assert deployment_body({"endpointComputeType": "Managed", "model": text}, {"capacity": 1}, str)["model"] == text


def test_an_automl_job() -> None:
    sent = {
        "jobType": "AutoML",
        "taskDetails": {
            "taskType": "Classification",
            "primaryMetric": "AUCWeighted",
            "targetColumnName": "y",
            "trainingData": {"jobInputType": "mltable", "uri": f"{WS}/data/d/versions/1"},
            "nCrossValidations": {"mode": "Custom", "value": 3},
            "limitSettings": {"timeout": "PT5M", "trialTimeout": "PT2M", "maxTrials": 2, "sweepTrials": 0},
            "trainingSettings": {"blockedTrainingAlgorithms": ["LogisticRegression"]},
        },
    }
    body, variant = job_body(sent, str)
    assert variant == "automl.classification"
    assert body == {
        "type": "automl", "task": "classification", "primary_metric": "AUC_weighted", "target_column_name": "y",
        "training_data": {"type": "mltable", "path": "azureml:d:1"}, "n_cross_validations": 3,
        "limits": {"timeout_minutes": 5, "trial_timeout_minutes": 2, "max_trials": 2},
        "training": {"blocked_training_algorithms": ["logistic_regression"]},
    }  # fmt: skip


def test_other_jobs_are_refused() -> None:
    with pytest.raises(Invalid, match="jobs of type Labeling"):
        job_body({"jobType": "Labeling"}, str)
    with pytest.raises(Invalid, match="modelProvider"):
        job_body({"jobType": "FineTuning"}, str)


class Wire:
    """A facade without a socket."""

    def __init__(self, root: Path) -> None:
        self.wire_store = WireStore(WorkspacePaths(root))
        self.tokens = Tokens.fresh()
        self._facade = Facade(self.wire_store, self.tokens, discover())

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        headers = {"authorization": f"Bearer {self.tokens.issue('https://x')[0]}"}
        data = b"" if body is None else json.dumps(body).encode()
        return self._facade.respond(WireRequest(method, f"{WS}/{path}", query, headers, data, "https://here"))


@pytest.fixture
def wire(tmp_path: Path) -> Any:
    made = Wire(tmp_path / "ws")
    yield made
    made.wire_store.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "why"),
    [
        ("GET", "computes/none", "NotFound", "nothing there"),
        ("GET", "pipelines", 404, "the workspace has no such thing"),
        ("PUT", "codes/a", 405, "not with this method"),
        ("PUT", "environments/../versions/1", "Invalid", "no name"),
        ("PUT", "onlineEndpoints/a", "Invalid", "too short a name"),
        ("PUT", "jobs/j", "Invalid", "a job without a type"),
        ("PUT", "data/d/versions/1", "Invalid", "data without a place"),
        ("POST", "jobs/none/cancel", "NotFound", "no such job"),
    ],
)
def test_refusals(wire: Wire, method: str, path: str, status: Any, why: str) -> None:
    with pytest.raises(Exception) as caught:
        wire(method, path, {"properties": {}})
    found = caught.value.status if isinstance(caught.value, WireError) else type(caught.value).__name__
    assert found == status, why


def test_pages_and_next_versions(wire: Wire) -> None:
    for number in range(205):
        RecordStore(wire.wire_store.paths).insert(
            Record("environments", "environments.e", str(number + 1), body={"image": "i"})
        )
    first = json.loads(wire("GET", "environments/e/versions").body)
    assert (len(first["value"]), first["value"][0]["name"]) == (100, "205")
    assert "%24skip=100" in first["nextLink"]
    last = json.loads(wire("GET", "environments/e/versions", **{"$skip": "200"}).body)
    assert (len(last["value"]), "nextLink" in last) == (5, False)
    one = json.loads(wire("GET", "environments/e/versions", **{"$top": "1", "$orderby": "createdtime desc"}).body)
    assert ([item["name"] for item in one["value"]], "nextLink" in one) == (["205"], False)
    container = json.loads(wire("GET", "environments/e").body)["properties"]
    assert (container["latestVersion"], container["nextVersion"]) == ("205", "206")
    with pytest.raises(Invalid, match="whole number"):
        wire("GET", "environments/e/versions", **{"$skip": "x"})


def test_traffic_must_add_up_and_name_what_is_there(wire: Wire) -> None:
    for shares, why in (({"blue": 100}, "blue"), ({}, "")):
        body = {"properties": {"authMode": "Key", "traffic": shares}}
        if why:
            with pytest.raises(Invalid, match=why):
                wire("PUT", "onlineEndpoints/heart", body)
    RecordStore(wire.wire_store.paths).insert(
        Record("online_endpoints.deployments", "online_endpoints.heart.deployments.blue")
    )
    with pytest.raises(Invalid, match="adds up to 50"):
        wire("PUT", "onlineEndpoints/heart", {"properties": {"traffic": {"blue": 50}}})


def test_what_is_between_supervisor_and_runner_is_not_shown(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path)
    store = RecordStore(paths)
    store.insert(
        Record(
            "jobs", "jobs.r", "r", variant="command", body={"command": "true"}, attributes={"outputs": {"named": ""}}
        )
    )
    shown = ["outputs/out.txt", "system_logs/runner.log", "user_logs/std_log.txt"]
    for name in (*shown, "outputs/named/x", "run.json", "code/train.py", "inputs/x", "environment/bin/python"):
        (paths.jobs / "r" / name).parent.mkdir(parents=True, exist_ok=True)
        (paths.jobs / "r" / name).write_text("")
    storage, container = Storage(paths, store), container_of("workspaceartifactstore")
    assert list(storage.below(container, "ExperimentRun/dcid.r/")) == [f"ExperimentRun/dcid.r/{name}" for name in shown]
    for blob in (
        "ExperimentRun/dcid.r/run.json",
        "ExperimentRun/dcid.r/code/train.py",
        "ExperimentRun/dcid.r/../../secrets/x",
        "../workspace.db",
    ):
        with pytest.raises(Invalid):
            storage.place(container, blob)
    with pytest.raises(Invalid):
        storage.root("strangers")
    store.close()


def test_tokens_of_others_and_broken_ones_open_nothing() -> None:
    ours, theirs = Tokens.fresh(), Tokens.fresh()
    token, _ = ours.issue("a")
    assert ours.accepts(f"Bearer {token}")
    for header in ("", "Bearer", "Bearer x", f"Basic {token}", f"Bearer {theirs.issue('a')[0]}", f"Bearer {token}x"):
        assert not ours.accepts(header)
    assert ours.opens("c", ours.grant("c").rpartition("sig=")[2])
    assert not ours.opens("d", ours.grant("c").rpartition("sig=")[2])


def test_without_the_azure_extra_it_is_said_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(UnsupportedSetup) as caught:
        ArmService(WorkspacePaths(tmp_path / "ws"))
    assert caught.value.fix == install_extra("azure")
    monkeypatch.undo()
    service = ArmService(WorkspacePaths(tmp_path / "ws"))
    with pytest.raises(Conflict, match="already running"):
        ArmService(WorkspacePaths(tmp_path / "ws"))
    service.close()


ALICE, BOB = "7d1f3a52-0c1e-4a53-9c62-5d4f8f1f2a10", "0f4c5b1e-7a91-4d0b-8a55-2f6b3d1c9e77"
READER = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
FIRST, SECOND = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("method", "name", "principal", "status", "code"),
    [
        ("PUT", FIRST, ALICE, 200, ""),
        ("PUT", FIRST, BOB, 400, "RoleAssignmentUpdateNotPermitted"),
        ("PUT", SECOND, ALICE.upper(), 409, "RoleAssignmentExists"),
        ("PUT", SECOND, BOB, 201, ""),
        ("PUT", "trainers", BOB, 400, "InvalidRoleAssignmentId"),
        ("PUT", SECOND, "bob", 400, "InvalidRoleAssignmentRequest"),
        ("GET", SECOND, "", 404, "RoleAssignmentNotFound"),
        ("DELETE", SECOND, "", 204, ""),
        ("DELETE", FIRST, "", 200, ""),
    ],
)
def test_role_assignments_beside_one_that_is_there(
    tmp_path: Path, method: str, name: str, principal: str, status: int, code: str
) -> None:
    shelf, tokens = WireStore(WorkspacePaths(tmp_path / ".amlctl")), Tokens.fresh()
    facade = Facade(shelf, tokens, discover())

    def ask(method: str, name: str, principal: str) -> Answer:
        body = json.dumps({"properties": {"principalId": principal, "roleDefinitionId": READER}}).encode()
        path = f"{WS}/providers/Microsoft.Authorization/roleAssignments/{name}"
        headers = {"authorization": f"Bearer {tokens.issue('https://management.azure.com')[0]}"}
        return facade.respond(WireRequest(method, path, headers=headers, body=body))

    try:
        assert ask("PUT", FIRST, ALICE).status == 201
        if code:
            with pytest.raises(WireError) as caught:
                ask(method, name, principal)
            assert (caught.value.status, caught.value.code) == (status, code)
        else:
            assert ask(method, name, principal).status == status
    finally:
        shelf.close()


def test_a_computes_token_is_not_given_back(wire: Wire) -> None:
    inner = {"databricksAccessToken": "hush", "workspaceUrl": "https://adb-1.2.azuredatabricks.net"}
    put = {"properties": {"computeType": "Databricks", "resourceId": "/s", "properties": inner}}
    wire("PUT", "computes/bricks", put)
    shown = json.loads(wire("GET", "computes/bricks").body)["properties"]
    assert shown["computeType"] == "Databricks"
    assert shown["properties"] == {"workspaceUrl": "https://adb-1.2.azuredatabricks.net"}


def test_what_a_deployment_collects_comes_over_the_wire() -> None:
    collections = {
        "model_inputs": {"dataCollectionMode": "Enabled", "samplingRate": 0.5},
        "model_outputs": {"dataCollectionMode": "disabled", "dataId": f"{WS}/data/answers/versions/2"},
    }
    sent = {"collections": collections, "rollingRate": "Day", "requestLogging": {"captureHeaders": ["x-shop"]}}
    assert deployment_body({"dataCollector": sent}, {}, str)["data_collector"] == {
        "collections": {
            "model_inputs": {"enabled": "true", "sampling_rate": 0.5},
            "model_outputs": {"enabled": "false", "data": "azureml:answers:2"},
        },
        "rolling_rate": "day",
        "request_logging": {"capture_headers": ["x-shop"]},
    }
    assert "data_collector" not in deployment_body({}, {}, str)
