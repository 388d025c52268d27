"""Credentials of azure-identity on the wire: who asks for a token, and how."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.errors import Denied
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.kinds import discover
from tests.contract.azure.wire import Answer, Exchange, Wire

PRINCIPAL = {"AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client"}


@pytest.fixture(autouse=True)
def _nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch, choice: WorkspaceChoice) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", choice.settings["connection"]["ca_file"])
    for name in (
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "IDENTITY_ENDPOINT",
        "AZURE_FEDERATED_TOKEN_FILE",
    ):
        monkeypatch.delenv(name, raising=False)


def read_with(choice: WorkspaceChoice, credential: Any) -> None:
    backend = AzureBackend(
        replace(choice, settings={**choice.settings, "credential": credential}), discover(), SystemClock()
    )
    try:
        list(backend.list("compute"))
    finally:
        backend.close()


def token_requests(wire: Wire) -> list[Exchange]:
    return [exchange for exchange in wire.exchanges if exchange.path.endswith("/token")]


def test_environment(choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**PRINCIPAL, "AZURE_CLIENT_SECRET": "hush"}.items():
        monkeypatch.setenv(name, value)
    read_with(choice, "environment")
    (asked,) = token_requests(wire)
    assert b"client_secret=hush" in asked.raw


def test_workload_identity(
    choice: WorkspaceChoice, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("federated")
    for name, value in {**PRINCIPAL, "AZURE_FEDERATED_TOKEN_FILE": str(token)}.items():
        monkeypatch.setenv(name, value)
    read_with(choice, "workload_identity")
    assert b"client_assertion=federated" in token_requests(wire)[0].raw


def test_github(choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    import orchestrator.backends.azure.identity as identity

    monkeypatch.setattr(identity, "_github_token", lambda: "from-github")
    read_with(choice, {"github": {"tenant_id": "tenant", "client_id": "client"}})
    assert b"client_assertion=from-github" in token_requests(wire)[0].raw


def test_managed_identity(choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{wire.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    wire.rules.append(_managed)
    read_with(choice, "managed_identity")
    assert token_requests(wire)[0].headers["x-identity-header"] == "header"


def _managed(exchange: Exchange) -> Answer | None:
    if exchange.path != "/msi/token":
        return None
    return Answer(body={"access_token": "t", "expires_on": "4000000000", "resource": "r", "token_type": "Bearer"})


def test_nobody_signed_in_is_told_what_to_do(choice: WorkspaceChoice, wire: Wire) -> None:
    with pytest.raises(Denied) as caught:
        read_with(choice, "environment")
    assert "az login" in caught.value.fix
