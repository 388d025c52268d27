"""Connections: shared by all clients that azure-ai-ml builds, and only to who is trusted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import certifi
import pytest
from azure.core.rest import HttpRequest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.backends.azure.tokens import OneAtATime
from orchestrator.core.errors import BackendError
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.kinds import discover
from tests.contract.azure.proxy import proxying
from tests.contract.azure.wire import Answer, Wire
from tests.waiting import wait_for

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def trusting(choice: WorkspaceChoice, file: str) -> AzureBackend:
    settings: dict[str, Any] = {**choice.settings, "connection": {**choice.settings["connection"], "ca_file": file}}
    return AzureBackend(replace(choice, settings=settings), discover(), SystemClock())


def test_what_follows_each_other_shares_one_connection(backend: AzureBackend, wire: Wire) -> None:
    for collection in ("compute", "datastores", "jobs", "data", "environments", "models", "online_endpoints"):
        backend.client.read("list", lambda ml, name=collection: list(getattr(ml, name).list()))
    assert len(wire.exchanges) > 7, "and a token"
    assert wire.connections == 1


def test_who_asks_at_once_signs_in_once(backend: AzureBackend, wire: Wire) -> None:
    together = Barrier(4)

    def ask(collection: str) -> list[Any]:
        client = backend.client.ml
        together.wait(30)
        return list(getattr(client, collection).list())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, ("compute", "datastores", "jobs", "models"))) == [[], [], [], []]
    assert len([exchange for exchange in wire.exchanges if exchange.path.endswith("/oauth2/v2.0/token")]) == 1


def test_a_credential_without_the_newer_method_stays_one() -> None:
    class Old:
        def get_token(self, *scopes: str, **options: Any) -> str:
            return f"{scopes} {options}"

    class New(Old):
        def get_token_info(self, *scopes: str, **options: Any) -> str:
            return f"info {scopes} {options}"

        def close(self) -> None:
            closed.append(self)

    closed: list[New] = []
    old, new = OneAtATime(Old()), OneAtATime(New())
    assert not hasattr(old, "get_token_info")
    assert old.get_token("a", claims="b") == "('a',) {'claims': 'b'}"
    assert new.get_token_info("a", options={}) == "info ('a',) {'options': {}}"
    old.close()
    new.close()
    assert len(closed) == 1


def test_a_refusal_keeps_its_connection(backend: AzureBackend, wire: Wire) -> None:
    wire.rules.append(lambda exchange: Answer(429, {"error": {"code": "TooManyRequests", "message": "later"}}))
    transport = backend.client.transport
    answers = [transport.send(HttpRequest("PUT", f"{wire.url}/computes/a"), stream=True) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 429]
    assert "later" in answers[0].read().decode()
    assert wire.connections == 1


def test_closing_the_backend_closes_its_connections(choice: WorkspaceChoice, wire: Wire) -> None:
    backend = trusting(choice, choice.settings["connection"]["ca_file"])
    backend.client.read("list", lambda ml: list(ml.compute.list()))
    assert wire.connected == 1
    backend.close()
    wait_for(lambda: wire.connected == 0)


def test_a_stranger_is_not_spoken_to(choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BUNDLES:
        monkeypatch.delenv(name, raising=False)
    for file in ("", certifi.where()):
        backend = trusting(choice, file)
        with pytest.raises(BackendError, match="certificate"):
            backend.client.read("list", lambda ml: list(ml.compute.list()))
        backend.close()
    assert wire.exchanges == []


@pytest.mark.parametrize("name", BUNDLES)
def test_the_usual_variables_name_who_is_trusted(
    choice: WorkspaceChoice, wire: Wire, certificate: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in BUNDLES:
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, str(certificate))
    backend = trusting(choice, "")
    assert backend.client.read("list", lambda ml: list(ml.compute.list())) == []
    backend.close()
    assert wire.calls("GET", "/computes")


def test_a_proxy_of_the_environment_is_used(backend: AzureBackend, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with proxying() as (address, asked):
        monkeypatch.setenv("https_proxy", address)
        assert backend.client.read("list", lambda ml: list(ml.compute.list())) == []
        backend.close()
    assert asked == [wire.url.removeprefix("https://")], "one tunnel for everything"
