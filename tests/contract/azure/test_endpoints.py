"""Endpoints, deployments and traffic through the real client."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.errors import Conflict, Failed
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation, Progress, ScoringRequest
from orchestrator.core.resource import Observed, Removal
from tests.contract.azure.requests import request
from tests.contract.azure.wire import Answer, Exchange, Wire

HF = Address("online_endpoints", "heart")
BLUE = Address("online_endpoints", "heart", "deployments.blue")
TRAFFIC = Address("online_endpoints", "heart", "traffic")
ENDPOINT: dict[str, Any] = {"auth_mode": "key", "tags": {"a": "b"}}
DEPLOYMENT: dict[str, Any] = {
    "model": "azureml:heart:1",
    "environment": "azureml:env:1",
    "instance_type": "Standard_DS3_v2",
    "instance_count": 1,
    "request_settings": {"max_queue_wait_ms": 500, "request_timeout_ms": 5000},
}


def quiet() -> Progress:
    return lambda line: None


def ready(backend: AzureBackend, address: Address, body: dict[str, Any]) -> Observed:
    backend.create(request(address, body))
    return backend.wait(address, "", 60, Cancellation(), quiet())


def served(backend: AzureBackend) -> None:
    ready(backend, HF, ENDPOINT)
    ready(backend, BLUE, DEPLOYMENT)


def test_endpoint_deployment_and_traffic_are_made_in_order_and_read_back(backend: AzureBackend, wire: Wire) -> None:
    served(backend)
    ready(backend, TRAFFIC, {"traffic": {"blue": 100}})
    (endpoint,) = backend.list("online_endpoints")
    (blue,) = backend.list("online_endpoints.deployments")
    (traffic,) = backend.list("online_endpoints.traffic")
    assert endpoint.owner == blue.owner == traffic.owner == "demo"
    assert endpoint.attributes["scoring_uri"] == f"{wire.url}/score"
    assert "traffic" not in endpoint.properties
    assert blue.address == BLUE
    assert blue.properties["model"] == "azureml:heart:1"
    assert blue.properties["environment"] == "azureml:env:1"
    assert blue.properties["request_settings"]["max_queue_wait_ms"] == 500, "the client alone would say 0"
    assert traffic.properties == {"traffic": {"blue": 100}}
    assert {o.health for o in (endpoint, blue, traffic)} == {Health.HEALTHY}


def test_updating_an_endpoint_keeps_its_traffic(backend: AzureBackend, wire: Wire) -> None:
    served(backend)
    ready(backend, TRAFFIC, {"traffic": {"blue": 100}})
    before = backend.read(HF)
    assert before is not None
    backend.update(request(HF, ENDPOINT | {"tags": {"c": "d"}}), before)
    backend.wait(HF, "", 60, Cancellation(), quiet())
    assert wire.resources["/onlineendpoints/heart"]["properties"]["traffic"] == {"blue": 100}


def test_setting_traffic_keeps_the_marks_of_the_endpoint(backend: AzureBackend, wire: Wire) -> None:
    served(backend)
    ready(backend, TRAFFIC, {"traffic": {"blue": 100}})
    tags = wire.resources["/onlineendpoints/heart"]["tags"]
    assert tags["amlctl.project"] == "demo"
    assert tags["a"] == "b"


def test_a_deployment_without_requests_is_seen_to_have_none(backend: AzureBackend, wire: Wire) -> None:
    served(backend)
    ready(backend, Address("online_endpoints", "heart", "deployments.green"), DEPLOYMENT)
    ready(backend, TRAFFIC, {"traffic": {"blue": 100, "green": 0}})
    seen = backend.read(TRAFFIC)
    assert seen is not None
    assert seen.properties == {"traffic": {"blue": 100, "green": 0}}
    backend.create(request(TRAFFIC, {"traffic": {"blue": 100, "green": 0}}))
    with pytest.raises(Conflict):
        backend.create(request(TRAFFIC, {"traffic": {"green": 100}}))


def test_a_failed_deployment_tells_the_service_reason(backend: AzureBackend, wire: Wire) -> None:
    ready(backend, HF, ENDPOINT)
    wire.failing["/onlineendpoints/heart/deployments/blue"] = {
        "code": "OutOfQuota",
        "message": "No cores left in the region.",
    }
    backend.create(request(BLUE, DEPLOYMENT))
    with pytest.raises(Failed, match="No cores left") as caught:
        backend.wait(BLUE, "", 60, Cancellation(), quiet())
    assert caught.value.code == "OutOfQuota"


def test_another_process_waits_for_what_this_one_started(backend: AzureBackend, choice: Any, wire: Wire) -> None:
    from orchestrator.core.ports import SystemClock
    from orchestrator.kinds import discover

    backend.create(request(HF, ENDPOINT))
    other = AzureBackend(choice, discover(), SystemClock())
    assert other.wait(HF, "", 60, Cancellation(), quiet()).health is Health.HEALTHY
    other.close()


def test_a_request_goes_out_with_the_key_and_the_deployment(backend: AzureBackend, wire: Wire) -> None:
    served(backend)
    sent: list[Exchange] = []

    def answers(exchange: Exchange) -> Answer | None:
        if exchange.path != "/score":
            return None
        sent.append(exchange)
        known = exchange.headers.get("authorization") == f"Bearer {wire.key}"
        return Answer(200, [1]) if known else Answer(401, {})

    wire.rules.append(answers)
    answer = backend.score(HF, ScoringRequest(json.dumps({"rows": []}), "blue"))
    assert (answer.status, answer.body) == (200, "[1]")
    assert sent[-1].headers["azureml-model-deployment"] == "blue"
    backend.score(HF, ScoringRequest("{}"))
    assert "azureml-model-deployment" not in sent[-1].headers, "nothing of one request is left for the next"
    assert len(wire.calls("POST", "/listkeys")) == 1
    wire.key = "key-2"
    assert backend.score(HF, ScoringRequest("{}")).status == 200, "a renewed key is asked for again"


def test_an_environment_written_inside_a_deployment_is_read_as_it_was_written(
    backend: AzureBackend, wire: Wire
) -> None:
    ready(backend, HF, ENDPOINT)
    inline = DEPLOYMENT | {"environment": {"image": "python:3.11", "conda_file": {"dependencies": ["python=3.11"]}}}
    blue = ready(backend, BLUE, inline)
    assert blue.properties["environment"] == inline["environment"]


def test_everything_goes_away(backend: AzureBackend, wire: Wire) -> None:
    served(backend)
    ready(backend, TRAFFIC, {"traffic": {"blue": 100}})
    backend.delete(TRAFFIC, "", Removal.DELETE)
    backend.wait(HF, "", 60, Cancellation(), quiet())
    assert backend.read(TRAFFIC) is None
    backend.delete(BLUE, "", Removal.DELETE)
    backend.delete(HF, "", Removal.DELETE)
    assert wire.resources == {}
    backend.delete(HF, "", Removal.DELETE)


def test_the_client_prints_nothing(backend: AzureBackend, wire: Wire, capfd: pytest.CaptureFixture[str]) -> None:
    served(backend)
    ready(backend, TRAFFIC, {"traffic": {"blue": 100}})
    list(backend.list("online_endpoints.traffic"))
    assert capfd.readouterr() == ("", "")
