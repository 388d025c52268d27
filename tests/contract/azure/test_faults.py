"""What the real client makes of refusals, storms and lost answers, and what we make of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.backends.azure import patience
from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.errors import (
    Ambiguous,
    BackendError,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    Throttled,
    Transient,
)
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.kinds import discover
from tests.contract.azure.requests import request
from tests.contract.azure.wire import WORKSPACE, Answer, Exchange, Rule, Wire

CPU = Address("compute", "cpu")
COMPUTE = {"type": "amlcompute", "size": "Standard_DS3_v2"}
KINDS: list[tuple[Address, str, dict[str, Any]]] = [
    (CPU, "", COMPUTE),
    (Address("environments", "py"), "1", {"image": "python:3.11"}),
    (Address("data", "rows"), "1", {"type": "uri_file", "path": "https://example.org/rows.csv"}),
    (Address("models", "heart"), "1", {"path": "azureml://jobs/train/outputs/model"}),
    (Address("jobs", "train"), "train-1", {"type": "command", "command": "true", "environment": "azureml:py:1"}),
    (Address("online_endpoints", "heart"), "", {"auth_mode": "key"}),
]


def refusing(status: int, code: str, message: str, headers: dict[str, str] | None = None, method: str = "") -> Rule:
    def rule(exchange: Exchange) -> Answer | None:
        if exchange.path.startswith("/tenant") or not exchange.method.startswith(method):
            return None
        return Answer(status, {"error": {"code": code, "message": message}}, headers or {})

    return rule


def lost_after_effect(wire: Wire, method: str = "PUT") -> Callable[[Exchange], Answer | None]:
    """The request has its effect, once; its answer never comes."""
    state = {"left": 1}

    def rule(exchange: Exchange) -> Answer | None:
        if exchange.method != method or not state["left"]:
            return None
        state["left"] = 0
        wire._usual(exchange)
        return Answer(drop=True)

    return rule


NO_RIGHT = "The client 'x' does not have authorization to perform action '{}' over scope 'y'."
PROVIDER = "Microsoft.MachineLearningServices/workspaces"


@pytest.mark.parametrize(
    ("rule", "kind", "text"),
    [
        (refusing(403, "AuthorizationFailed", NO_RIGHT.format(f"{PROVIDER}/computes/write"), method="PUT"), Denied,
         "AzureML Compute Operator"),
        (refusing(403, "AuthorizationFailed", NO_RIGHT.format(f"{PROVIDER}/computes/read")), Denied, "'Reader'"),
        (refusing(409, "Conflict", "Another operation is in progress.", method="PUT"), Transient, "in progress"),
        (refusing(409, "ResourceExists", "It has another size.", method="PUT"), Conflict, "another size"),
        (refusing(400, "UserError", "No such size.", method="PUT"), Invalid, "No such size"),
        (refusing(500, "InternalServerError", "Oops.", method="PUT"), Ambiguous, "Oops"),
        (refusing(503, "ServiceUnavailable", "Later.", method="GET"), Transient, "Later"),
    ],
    ids=["role to write", "role to read", "busy", "conflict", "bad request", "error after a write", "error at a read"],
)  # fmt: skip
def test_a_refusal_is_told_by_its_type(
    backend: AzureBackend, wire: Wire, rule: Rule, kind: type[BackendError], text: str
) -> None:
    wire.rules.append(rule)
    with pytest.raises(kind) as caught:
        backend.create(request(CPU, COMPUTE))
    assert text in f"{caught.value.detail} {caught.value.fix}"


def test_a_storm_tells_how_long_to_wait(backend: AzureBackend, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BUDGET", replace(patience.BUDGET, total_s=5))
    storm = refusing(429, "TooManyRequests", "Slow down.", {"Retry-After": "7", "x-ms-request-id": "r-1"})
    wire.rules.append(storm)
    with pytest.raises(Throttled) as caught:
        list(backend.list("compute"))
    assert caught.value.retry_after == 7
    assert caught.value.request_id == "r-1"


@pytest.mark.parametrize(("address", "revision", "body"), KINDS, ids=[str(kind[0]) for kind in KINDS])
def test_a_lost_answer_leads_to_no_second_object(
    backend: AzureBackend, wire: Wire, address: Address, revision: str, body: dict[str, Any]
) -> None:
    wire.rules.append(lost_after_effect(wire))
    wanted = request(address, body, revision)
    with pytest.raises(Ambiguous):
        backend.create(wanted)
    writes = len(wire.calls("PUT"))
    assert writes == 1
    again = backend.create(wanted)
    assert wanted.fingerprint.matches(again.fingerprint)
    assert len(wire.calls("PUT")) == writes
    assert len(list(backend.list(address.kind))) == 1


def test_a_workspace_that_is_not_there_is_named(choice: WorkspaceChoice, wire: Wire) -> None:
    wire.rules.append(refusing(404, "ResourceNotFound", "The workspace 'ws' was not found."))
    backend = AzureBackend(choice, discover(), SystemClock())
    with pytest.raises(NotFound, match="workspace 'ws'"):
        list(backend.list("compute"))
    backend.close()


def test_nobody_there_is_transient(choice: WorkspaceChoice) -> None:
    gone = {
        **choice.settings["connection"],
        "resource_manager": "https://127.0.0.1:9",
        "authority": "https://127.0.0.1:9",
    }
    settings = {**choice.settings, "connection": gone}
    backend = AzureBackend(replace(choice, settings=settings), discover(), SystemClock())
    with pytest.raises(BackendError) as caught:
        list(backend.list("compute"))
    assert isinstance(caught.value, Transient | Denied)
    assert "hush" not in caught.value.detail
    backend.close()


def test_all_pages_are_read(backend: AzureBackend, wire: Wire) -> None:
    wire.page = 2
    for number in range(5):
        backend.create(request(Address("compute", f"cpu{number}"), COMPUTE))
    assert len(list(backend.list("compute"))) == 5
    assert any(
        WORKSPACE.lower() in exchange.written.lower() and "$skip" in exchange.query for exchange in wire.exchanges
    )


def test_the_principals_secret_is_in_no_message(backend: AzureBackend, wire: Wire) -> None:
    def no_token(exchange: Exchange) -> Answer | None:
        body = {"error": "invalid_client", "error_description": "The secret is wrong."}
        return Answer(401, body) if exchange.path.endswith("/token") else None

    wire.rules.append(no_token)
    with pytest.raises(Denied) as caught:
        list(backend.list("compute"))
    assert "secret is wrong" in caught.value.detail
    assert "hush" not in caught.value.detail
