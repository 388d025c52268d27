"""The wire's server against callers that do not keep to the rules: it answers with the right status and goes on."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.workspace.arm.server import STRANGERS_BODY
from orchestrator.workspace.arm.service import ArmService
from orchestrator.workspace.arm.tokens import Tokens
from tests.contract.served import serving

WORKSPACE = (
    "/subscriptions/{AZURE_SUBSCRIPTION_ID}/resourceGroups/{AZURE_RESOURCE_GROUP}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{AZUREML_WORKSPACE_NAME}?api-version=2024-10-01"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArmService]:
    with serving(tmp_path_factory.mktemp("arm")) as found:
        yield found


def connected(service: ArmService) -> http.client.HTTPSConnection:
    trust = ssl.create_default_context(cafile=service.client_environment()["REQUESTS_CA_BUNDLE"])
    return http.client.HTTPSConnection("127.0.0.1", int(service.url.rsplit(":", 1)[1]), timeout=20, context=trust)


def raw(service: ArmService, request: bytes) -> bytes:
    connection = connected(service)
    connection.connect()
    assert connection.sock is not None
    connection.sock.sendall(request)
    received = b""
    while piece := connection.sock.recv(65536):
        received += piece
    connection.close()
    return received


def ask(service: ArmService, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    connection = connected(service)
    try:
        connection.request(method, path.format(**service.client_environment()), body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def token(service: ArmService) -> str:
    return f"Bearer {service.tokens.issue('https://management.azure.com')[0]}"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -5",
        b"Content-Length: ten",
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Content-Length: \xc2\xb2",
        b"Transfer-Encoding: nonsense",
    ],
)
def test_a_bad_length_is_refused(service: ArmService, head: bytes) -> None:
    answer = raw(service, b"PUT /x HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\nConnection: close\r\n\r\n")
    assert answer.split(b" ")[1] in (b"400", b"501")
    assert ask(service, "GET", WORKSPACE, Authorization=token(service))[0] == 200


def test_a_body_in_chunks_is_read(service: ArmService) -> None:
    connection = connected(service)
    compute = WORKSPACE.replace("?", "/computes/chunked?").format(**service.client_environment())
    body = json.dumps(
        {"location": "local", "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "D2"}}}
    )
    pieces = [body[:10].encode(), body[10:].encode()]
    connection.request("PUT", compute, iter(pieces), {"Authorization": token(service)}, encode_chunked=True)
    assert connection.getresponse().status in (200, 201)
    connection.close()
    assert ask(service, "GET", WORKSPACE.replace("?", "/computes/chunked?"), Authorization=token(service))[0] == 200


@pytest.mark.parametrize("path", [WORKSPACE, "/storage/local.blob.core.localhost/azureml-x/file", "/msi/token"])
def test_strangers_send_little(service: ArmService, path: str) -> None:
    status, _ = ask(service, "PUT", path, b"x" * (STRANGERS_BODY + 1))
    assert status == 413
    status, _ = ask(service, "PUT", path, b"x" * STRANGERS_BODY)
    assert status in (401, 403, 404, 405)


@pytest.mark.parametrize("value", ["Bearer \xe9", "Bearer a.b.\xff", "\xfe", "Bearer", "Bearer a.b.c", "Bearer ..."])
def test_a_token_of_any_characters_is_a_wrong_token(service: ArmService, value: str) -> None:
    assert ask(service, "GET", WORKSPACE, Authorization=value)[0] == 401


def test_the_signature_of_a_container_is_no_token_and_the_other_way_round() -> None:
    tokens = Tokens.fresh()
    issued, _ = tokens.issue("x")
    signed, _, signature = issued.rpartition(".")
    assert tokens.accepts(f"Bearer {issued}")
    assert not tokens.opens(signed, signature)
    granted = tokens.grant(signed).rpartition("sig=")[2]
    assert tokens.opens(signed, granted)
    assert not tokens.accepts(f"Bearer {signed}.{granted}")


def test_silent_callers_do_not_keep_others_waiting_or_it_from_closing(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        port = int(service.url.rsplit(":", 1)[1])
        silent = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(100)]
        assert ask(service, "GET", WORKSPACE, Authorization=token(service))[0] == 200
        closing = threading.Thread(target=service.close)
        closing.start()
        closing.join(20)
        assert not closing.is_alive()
        for connection in silent:
            connection.close()


def test_answers_say_how_to_find_the_request_again_and_how_many_more_may_come(service: ArmService) -> None:
    connection = connected(service)
    path = WORKSPACE.format(**service.client_environment())
    connection.request("GET", path, headers={"Authorization": token(service), "x-ms-client-request-id": "mine"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.headers["x-ms-client-request-id"] == "mine"
    assert answer.headers["x-ms-correlation-request-id"] == answer.headers["x-ms-request-id"]
    assert int(answer.headers["x-ms-ratelimit-remaining-subscription-reads"]) > 0


def test_the_environment_names_a_host_that_knows_the_registry_of_the_service_and_refuses_others(
    service: ArmService,
) -> None:
    place = service.client_environment()["REGISTRY_DISCOVERY_ENDPOINT_URL"].removeprefix(service.url)
    status, body = ask(service, "GET", f"{place}registrymanagement/v1.0/registries/azureml/discovery")
    assert status == 200
    assert json.loads(body)["primaryRegionResourceProviderUri"] == f"{service.url}/"
    status, body = ask(service, "GET", f"{place}registrymanagement/v1.0/registries/ours/discovery")
    assert status == 404
    assert b"serves no assets of the registry 'ours', only those of azureml" in body
