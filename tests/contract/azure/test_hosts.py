"""Where tokens go on the wire: another server of this machine plays the stranger."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.errors import BackendError, Denied
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.kinds import discover
from tests.contract.azure.wire import WORKSPACE, Answer, Exchange, Wire, serving


@pytest.fixture
def stranger(certificate: Path) -> Iterator[Wire]:
    with serving(certificate) as wire:
        yield wire


@pytest.fixture
def careful(choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureBackend]:
    """A backend of which only the wire's own port is allowed."""
    monkeypatch.setenv("AMLCTL_ALLOWED_HOSTS", f"{urlsplit(wire.url).netloc},*.core.localhost")
    backend = AzureBackend(choice, discover(), SystemClock())
    yield backend
    backend.close()


def tokens(wire: Wire) -> list[str]:
    return [
        value
        for exchange in wire.exchanges
        for name, value in exchange.headers.items()
        if name.lower() == "authorization"
    ]


def leads_away(stranger: Wire, how: str) -> Any:
    there = f"{stranger.url}{WORKSPACE}/computes?api-version=1"

    def rule(exchange: Exchange) -> Answer | None:
        if exchange.method != "GET" or not exchange.path.endswith("/computes"):
            return None
        if how == "next page":
            return Answer(200, {"value": [], "nextLink": there})
        return Answer(int(how), headers={"Location": there})

    return rule


@pytest.mark.parametrize("how", ["301", "302", "307", "308", "next page"])
def test_who_is_sent_on_to_a_stranger_takes_no_token_along(
    careful: AzureBackend, wire: Wire, stranger: Wire, how: str
) -> None:
    wire.rules.append(leads_away(stranger, how))
    with pytest.raises(BackendError):
        list(careful.list("compute"))
        raise Denied("a redirect that was followed without a token is as good")
    assert tokens(wire)
    assert tokens(stranger) == []


def test_certificates_are_the_connections_and_no_variable_of_the_process(
    choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    backend = AzureBackend(choice, discover(), SystemClock())
    assert backend.client.read("list", lambda ml: list(ml.compute.list())) == []
    backend.close()
    changed = {name for name in before.keys() | os.environ.keys() if before.get(name) != os.environ.get(name)}
    assert changed <= {"TQDM_DISABLE", "AZUREML_CURRENT_CLOUD"}
    # Another connection of the same process does not trust what this one did.
    settings = {**choice.settings, "connection": {**choice.settings["connection"], "ca_file": ""}}
    other = AzureBackend(replace(choice, settings=settings), discover(), SystemClock())
    with pytest.raises(BackendError, match="certificate"):
        other.client.read("list", lambda ml: list(ml.compute.list()))
    other.close()


def test_storage_clients_that_azure_ai_ml_makes_use_the_connections_own_transport(backend: AzureBackend) -> None:
    from azure.ai.ml._artifacts._blob_storage_helper import BlobStorageClient

    def made(ml: Any) -> Any:
        return BlobStorageClient("?sig=x", "https://account.blob.core.localhost", "container")

    client = backend.client.read("make a storage client", made)
    transport = client.service_client._pipeline._transport
    assert getattr(transport, "_transport", transport).session is backend.client._sessions._session
