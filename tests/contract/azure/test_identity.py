"""Credentials of azure-identity on the wire: who asks for a token, and how."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.errors import Denied, Invalid
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.kinds import discover
from tests.contract.azure.wire import Answer, Exchange, Wire

PRINCIPAL = {"AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client"}


VARIABLES = (
    *("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"),
    *("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "SYSTEM_ACCESSTOKEN", "SYSTEM_OIDCREQUESTURI"),
    *("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
)
PIPELINE = {"azure_pipelines": {"tenant_id": "tenant", "client_id": "client", "service_connection_id": "connection"}}
GITHUB = {"github": {"tenant_id": "tenant", "client_id": "client"}}


@pytest.fixture(autouse=True)
def _nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch, choice: WorkspaceChoice) -> None:
    for name in VARIABLES:
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


def in_github(wire: Wire, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """A GitHub job, and what is answered to its request for a token."""
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{wire.url}/actions/idtoken?api-version=2.0")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "right")
    wire.rules.append(lambda exchange: answer if exchange.path == "/actions/idtoken" else None)


def test_github(choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    in_github(wire, monkeypatch, Answer(body={"count": 9, "value": "from-github"}))
    read_with(choice, GITHUB)
    (asked,) = (exchange for exchange in wire.exchanges if exchange.path == "/actions/idtoken")
    assert asked.query == {"api-version": "2.0", "audience": "api://AzureADTokenExchange"}
    assert asked.headers["authorization"] == "Bearer right"
    (exchanged,) = token_requests(wire)
    assert b"client_assertion=from-github" in exchanged.raw


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(403, {"message": "right"}), "for this job: 403"),
        (Answer(404), "for this job: 404"),
        (Answer(body={"count": 0}), "contains no token"),
        (Answer(raw=b"<html>"), "contains no token"),
    ],
)
def test_a_job_that_github_gives_no_token(
    choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch, answer: Answer, said: str
) -> None:
    in_github(wire, monkeypatch, answer)
    with pytest.raises(Denied) as caught:
        read_with(choice, GITHUB)
    assert said in caught.value.detail
    assert "right" not in caught.value.detail, "what is secret is not repeated"
    assert caught.value.fix


def test_azure_pipelines(choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    in_azure_pipelines(wire, monkeypatch, Answer(body={"oidcToken": "from-pipelines"}))
    read_with(choice, PIPELINE)
    (asked,) = (exchange for exchange in wire.exchanges if exchange.path == "/oidc")
    assert (asked.method, asked.query["serviceConnectionId"]) == ("POST", "connection")
    assert asked.headers["authorization"] == "Bearer right"
    (exchanged,) = token_requests(wire)
    assert b"client_assertion=from-pipelines" in exchanged.raw


def in_azure_pipelines(wire: Wire, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """A job of Azure Pipelines, and what is answered to its request for a token."""
    monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", f"{wire.url}/oidc")
    monkeypatch.setenv("SYSTEM_ACCESSTOKEN", "right")
    wire.rules.append(lambda exchange: answer if exchange.path == "/oidc" else None)


@pytest.mark.parametrize("status", [401, 404])
def test_a_service_connection_that_is_refused(
    choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    in_azure_pipelines(wire, monkeypatch, Answer(status, {"message": "no"}))
    with pytest.raises(Denied, match="credential 'azure_pipelines'") as caught:
        read_with(choice, PIPELINE)
    assert "service connection" in caught.value.fix


@pytest.mark.parametrize(
    ("credential", "lost", "advice"),
    [
        (GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL", "id-token: write"),
        (GITHUB, "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "id-token: write"),
        (PIPELINE, "SYSTEM_OIDCREQUESTURI", "Azure Pipelines"),
        (PIPELINE, "SYSTEM_ACCESSTOKEN", "$(System.AccessToken)"),
        ("github", "AZURE_TENANT_ID", "`tenant_id:`"),
        ("azure_pipelines", "AZURE_CLIENT_ID", "`client_id:`"),
    ],
)
def test_a_variable_that_is_not_there_is_named(
    choice: WorkspaceChoice, wire: Wire, monkeypatch: pytest.MonkeyPatch, credential: Any, lost: str, advice: str
) -> None:
    in_github(wire, monkeypatch, Answer(body={"value": "t"}))
    in_azure_pipelines(wire, monkeypatch, Answer(body={"oidcToken": "t"}))
    for name, value in PRINCIPAL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(lost)
    with pytest.raises(Invalid, match=f"{lost} is not set") as caught:
        read_with(choice, credential)
    assert caught.value.code == "incomplete-credential"
    assert advice in caught.value.fix


def az(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Stand in for the Azure CLI; what it was asked is in the file."""
    program = folder / "bin" / "az"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return folder / "asked"


def test_cli(choice: WorkspaceChoice, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = '{"accessToken": "from-az", "expires_on": 4000000000, "tokenType": "Bearer"}'
    asked = az(tmp_path, monkeypatch, f"echo '{token}'")
    read_with(choice, {"cli": {"tenant_id": "tenant"}})
    (command,) = asked.read_text().splitlines()
    assert command.startswith("account get-access-token --output json --resource ")
    assert command.endswith(" --tenant tenant")
    listed = [exchange for exchange in wire.exchanges if exchange.path == "/computes"]
    assert {exchange.headers["authorization"] for exchange in listed} == {"Bearer from-az"}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1", "az login"),
        ("echo 'AADSTS50173: The grant is revoked. To sign in again: az login' >&2; exit 1", "AADSTS50173"),
        ("echo 'no JSON'", "Unexpected output"),
        (None, "not found on path"),
    ],
)
def test_a_cli_that_gives_no_token(
    choice: WorkspaceChoice,
    wire: Wire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    said: str,
) -> None:
    if script is None:
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        az(tmp_path, monkeypatch, script)
    with pytest.raises(Denied, match="credential 'cli'") as caught:
        read_with(choice, "cli")
    assert said in caught.value.detail
    assert "az login" in caught.value.fix


def test_a_token_file_that_is_not_there(choice: WorkspaceChoice, tmp_path: Path) -> None:
    settings = {"tenant_id": "tenant", "client_id": "client", "token_file": str(tmp_path / "none")}
    with pytest.raises(Invalid, match="none") as caught:
        read_with(choice, {"workload_identity": settings})
    assert "AZURE_FEDERATED_TOKEN_FILE" in caught.value.fix


def test_a_secret_that_the_directory_refuses(choice: WorkspaceChoice, wire: Wire) -> None:
    refusal = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
    wire.rules.append(lambda exchange: Answer(401, refusal) if exchange.path.endswith("/token") else None)
    with pytest.raises(Denied, match="AADSTS7000215") as caught:
        read_with(choice, choice.settings["credential"])
    assert "app registration" in caught.value.fix


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


@pytest.mark.parametrize(("credential", "advice"), [("environment", "AZURE_CLIENT_SECRET"), ("default", "az login")])
def test_nobody_signed_in_is_told_what_to_do(
    choice: WorkspaceChoice,
    wire: Wire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    credential: str,
    advice: str,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{wire.url}/msi/token")  # so that nobody looks for the machine's own
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    wire.rules.append(lambda exchange: Answer(400, {}) if exchange.path == "/msi/token" else None)
    with pytest.raises(Denied) as caught:
        read_with(choice, credential)
    assert advice in caught.value.fix
