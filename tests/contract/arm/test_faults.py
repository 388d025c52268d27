"""What a client sees when things go wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.arm.conftest import SUBSCRIPTION
from tests.wire.faults import Drop, FailOperation, FaultyService, Latency, Refuse, Stale


def cluster(**more: Any) -> Any:
    from azure.ai.ml.entities import AmlCompute

    return AmlCompute(**{"name": "cpu", "size": "Standard_DS3_v2", "max_instances": 1, **more})


def environment(version: str = "1", image: str = "a") -> Any:
    from azure.ai.ml.entities import Environment

    return Environment(name="e", version=version, image=image)


def test_a_throttled_request_is_repeated_by_the_client(client: Any, service: FaultyService) -> None:
    rule = service.faults.add(Refuse(retry_after=1), "PUT", "/computes/cpu", times=2)
    started = time.monotonic()
    assert client.compute.begin_create_or_update(cluster()).result().name == "cpu"
    assert rule.struck == 2
    assert time.monotonic() - started >= 2


def test_a_failed_operation_says_why(client: Any, service: FaultyService) -> None:
    from azure.core.exceptions import HttpResponseError

    service.faults.add(FailOperation("QuotaExceeded", "no cores left"), "PUT", "/computes/cpu")
    with pytest.raises(HttpResponseError, match="no cores left") as caught:
        client.compute.begin_create_or_update(cluster()).result()
    assert caught.value.error.code == "QuotaExceeded"


def test_a_lost_answer_leaves_the_effect(connect: Callable[..., Any], service: FaultyService) -> None:
    client = connect()
    service.faults.add(Drop(effect=True), "PUT", "/environments/e/versions/1")
    assert client.environments.create_or_update(environment()).version == "1"
    puts = [path for method, path in service.faults.log if method == "PUT" and "/environments/" in path]
    assert len(puts) == 2
    assert [one.version for one in client.environments.list("e")] == ["1"]


def test_a_stale_read_shows_what_was_before(client: Any, service: FaultyService) -> None:
    from azure.ai.ml.entities import AzureBlobDatastore

    def store(description: str) -> AzureBlobDatastore:
        return AzureBlobDatastore(name="raw", account_name="a", container_name="c", description=description)

    client.datastores.create_or_update(store("before"))
    service.faults.add(Stale(reads=1), "PUT", "/datastores/raw")
    client.datastores.create_or_update(store("after"))
    assert [client.datastores.get("raw").description for _ in range(2)] == ["before", "after"]


def test_latency_is_added(client: Any, service: FaultyService) -> None:
    service.faults.add(Latency(0.3), "GET", "/computes$")
    started = time.monotonic()
    assert list(client.compute.list()) == []
    assert time.monotonic() - started >= 0.3


def test_errors_bear_the_service_s_code(client: Any, service: FaultyService) -> None:
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

    with pytest.raises(ResourceNotFoundError) as missing:
        client.compute.get("none")
    assert missing.value.error.code == "ResourceNotFound"
    service.faults.add(Refuse(403, "AuthorizationFailed", "no right to write"), "PUT", "/environments/")
    with pytest.raises(HttpResponseError, match="no right to write"):
        client.environments.create_or_update(environment())


def test_a_version_with_other_content_is_refused(client: Any) -> None:
    from azure.core.exceptions import HttpResponseError

    client.environments.create_or_update(environment(image="a"))
    with pytest.raises(HttpResponseError, match="already registered and cannot be changed"):
        client.environments.create_or_update(environment(image="b"))
    assert client.environments.get("e", version="1").image == "a"


def test_a_stranger_is_refused(client: Any, service: FaultyService) -> None:
    from azure.core.credentials import AccessToken
    from azure.core.exceptions import ClientAuthenticationError

    class Stranger:
        def get_token(self, *scopes: str, **more: Any) -> AccessToken:
            return AccessToken("e30.e30.e30", int(time.time()) + 3600)

    ml = pytest.importorskip("azure.ai.ml")
    other = ml.MLClient(Stranger(), SUBSCRIPTION, "local", "local")
    with pytest.raises(ClientAuthenticationError):
        list(other.compute.list())


def test_long_lists_come_in_pages(client: Any, service: FaultyService) -> None:
    from orchestrator.workspace.records.record import Record

    store = service.records
    for number in range(250):
        store.insert(Record("environments", f"environments.e{number}", "1", body={"image": "a"}))
    assert len([one for one in client.environments.list() if not one.name.startswith("AzureML-")]) == 250
    pages = [path for method, path in service.faults.log if path.endswith("/environments")]
    assert len(pages) == 3
