"""Endpoints and deployments, without further reads of the client's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from azure.ai.ml.entities import OnlineDeployment, OnlineEndpoint

from orchestrator.backends.azure.sdk.scope import scope_of


def endpoint_entity(client: Any, name: str) -> Any:
    """One endpoint without its deployments, which the client's own ``get`` would list as well."""
    rest = client.online_endpoints._online_operation.get(endpoint_name=name, **scope_of(client))
    return OnlineEndpoint._from_rest_object(rest)


def deployments(client: Any, endpoint: str) -> Iterator[tuple[Any, Any]]:
    """The deployments of an endpoint, each with the service's own form of it.

    The client cuts milliseconds to whole seconds when it reads; the service's own form has them.
    """
    operations = client.online_deployments
    for rest in operations._online_deployment.list(endpoint_name=endpoint, **scope_of(client)):
        entity = OnlineDeployment._from_rest_object(rest)
        entity.endpoint_name = endpoint
        yield entity, rest


def deployment(client: Any, endpoint: str, name: str) -> tuple[Any, Any]:
    """One deployment, with the service's own form of it."""
    operations = client.online_deployments._online_deployment
    rest = operations.get(endpoint_name=endpoint, deployment_name=name, **scope_of(client))
    entity = OnlineDeployment._from_rest_object(rest)
    entity.endpoint_name = endpoint
    return entity, rest
