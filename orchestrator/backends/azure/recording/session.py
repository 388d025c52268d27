"""A round through the client of one workspace of Azure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.recording.step import Place, Reply, Send
from orchestrator.core.errors import NotFound


def sender(client: Client) -> Send:
    """Send requests with the client's credential and retries; a refusal is an answer."""
    from orchestrator.backends.azure import sdk

    def send(method: str, address: str, query: Mapping[str, str], body: Any) -> Reply:
        call = client.read if method == "GET" else client.write
        doing = f"{method} {address.rpartition('/workspaces/')[2]}"
        return call(doing, lambda ml: _reply(sdk.exchange(ml, method, address, query, body)))

    return send


def manager(client: Client) -> str:
    """The address of Azure Resource Manager."""
    from orchestrator.backends.azure import sdk

    return sdk.manager(client.ml)


def place(client: Client, prefix: str) -> Place:
    """Where a round of this client goes.

    Raises:
        NotFound: there is no such workspace.
        BackendError: it cannot be read.
    """
    from orchestrator.backends.azure.specification.operations import api_version

    found = Place(_path(client), api_version(), prefix)
    reply = sender(client)("GET", found.address(""), {"api-version": found.api_version}, None)
    if not reply.taken or not isinstance(reply.body, dict):
        raise NotFound(f"The workspace cannot be read ({reply.status}).", fix="Check the target's names and your role.")
    return Place(found.workspace, found.api_version, prefix, str(reply.body.get("location") or ""))


def _path(client: Client) -> str:
    connection = client.connection
    return (
        f"/subscriptions/{connection.subscription_id}/resourceGroups/{connection.resource_group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{connection.workspace_name}"
    )


def _reply(response: Any) -> Reply:
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    if not response.content:
        return Reply(int(response.status_code), headers)
    try:
        body = response.json()
    except ValueError:
        body = response.text()
    return Reply(int(response.status_code), headers, body)
