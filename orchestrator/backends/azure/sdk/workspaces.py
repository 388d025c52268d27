"""The deployment that makes a workspace."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from azure.ai.ml.constants._common import ArmConstants
from azure.ai.ml.operations import _feature_store_operations as feature_stores
from azure.ai.ml.operations import _workspace_operations_base as workspaces
from azure.core.exceptions import ResourceNotFoundError

from orchestrator.backends.azure.sdk.requests import send


def deployment_state(client: Any, identity: str) -> str:
    """How far the deployment that makes a workspace is: ``Running``, ``Succeeded``, …

    Args:
        identity: the workspace's identifier.

    Raises:
        HttpResponseError: there is none.
    """
    scope, _, name = identity.rpartition("/")
    group = scope.partition("/providers/")[0]
    address = f"{group}/providers/Microsoft.Resources/deployments/{_deployment_name(name)}"
    found = send(client, "GET", address, {"api-version": ArmConstants.AZURE_MGMT_RESOURCE_API_VERSION})
    return str((found.get("properties") or {}).get("provisioningState") or "")


def _deployment_name(workspace: str) -> str:
    return f"{workspace}-amlctl"


_NAMING: Final = threading.Lock()


def make_workspace(operations: Any, entity: Any, identity: str, *, new: bool = False) -> Any:
    """Start a deployment that makes a workspace with its storage account, key vault, log and insights.

    The client draws new names for all of these at each call, so that a call repeated after a lost answer would leave a second set
    behind. Here they follow from the workspace. Source: azure-ai-ml, ``get_name_for_dependent_resource``.

    Args:
        operations: of the client: its workspaces, or its feature stores.
        identity: the workspace's identifier.
        new: it is known not to be there, so that nobody asks for it: a server with one workspace answers by any name, and the client
            would change that one.

    Returns:
        The poller of the deployment: that of the client around it neither waits nor tells whether it is done.
    """
    with _steady_names(identity), _not_asked_for(operations, entity.name if new else ""):
        poller = operations.begin_create(entity)
    return getattr(poller.polling_method(), "poller", poller)


@contextmanager
def _steady_names(identity: str) -> Iterator[None]:
    def dependent(workspace_name: str, resource_type: str) -> str:
        letters = "".join(char for char in workspace_name.lower() if char.isascii() and char.isalnum())
        return f"{letters[:8]}{resource_type[:8]}{uuid5(NAMESPACE_URL, f'{identity}/{resource_type}').hex}"[:24]

    with _NAMING:
        before = workspaces.get_name_for_dependent_resource, workspaces.get_deployment_name, feature_stores.uuid
        workspaces.get_name_for_dependent_resource = dependent
        workspaces.get_deployment_name = _deployment_name
        feature_stores.uuid = SimpleNamespace(
            uuid4=lambda: uuid5(NAMESPACE_URL, identity)
        )  # names of connections to the stores
        try:
            yield
        finally:
            workspaces.get_name_for_dependent_resource, workspaces.get_deployment_name, feature_stores.uuid = before


@contextmanager
def _not_asked_for(operations: Any, name: str) -> Iterator[None]:
    asked = operations.get

    def get(requested: str | None = None, **named: Any) -> Any:
        if requested is not None and requested == name:
            raise ResourceNotFoundError(f"The workspace '{name}' was not found.")
        found = asked(requested, **named)
        # A project takes it over from its hub and would send the name of the enumeration. Source: azure-ai-ml 1.35, ``begin_create``.
        if found is not None:
            found.public_network_access = getattr(found.public_network_access, "value", found.public_network_access)
        return found

    operations.get = get
    try:
        yield
    finally:
        del operations.get
