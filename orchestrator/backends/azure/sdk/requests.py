"""Requests that the client has no method for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azure.core.rest import HttpRequest


def send(client: Any, method: str, address: str, query: Mapping[str, str], body: Any = None) -> Mapping[str, Any]:
    """Ask Azure Resource Manager for what the client has no method for, with its credential, its retries and its cloud.

    Args:
        address: a path, or the whole address of a further page.

    Returns:
        The answer; empty if there is no body.

    Raises:
        HttpResponseError: the answer is a refusal.
    """
    response = exchange(client, method, address, query, body)
    response.raise_for_status()
    answer: Mapping[str, Any] = response.json() if response.content else {}
    return answer


def exchange(client: Any, method: str, address: str, query: Mapping[str, str], body: Any = None) -> Any:
    """As `send`, with the whole response, also of a refusal."""
    whole = address if "://" in address else f"{manager(client)}{address}"
    return client.compute._operation._client.send_request(HttpRequest(method, whole, params=dict(query), json=body))


def manager(client: Any) -> str:
    """The address of Azure Resource Manager, without a slash at its end."""
    return str(client._base_url).rstrip("/")
