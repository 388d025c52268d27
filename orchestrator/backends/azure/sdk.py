"""Everything that depends on how azure-ai-ml is built: its private names, its loaders and its habits.

Contract tests run this module against the lowest and the highest supported version.
"""

from __future__ import annotations

import io
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import timedelta
from enum import Enum
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import azure.ai.ml as ml
from azure.ai.ml._restclient.runhistory.models import CreateRun, DeleteOrModifyTags
from azure.ai.ml._utils import _azureml_polling as polling
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.constants._common import ArmConstants, LROConfigurations
from azure.ai.ml.entities import Data, Environment, Model, OnlineDeployment, OnlineEndpoint
from azure.ai.ml.operations import _workspace_operations_base as workspaces
from azure.core.rest import HttpRequest
from azure.mgmt.core.polling.arm_polling import ARMPolling

from orchestrator.backends.azure import repairs
from orchestrator.backends.azure.connection import CLOUDS, Connection, Endpoints

ALL: Final = ListViewType.ALL
VIEWS: Final = {"ACTIVE": ListViewType.ACTIVE_ONLY, "ARCHIVED": ListViewType.ARCHIVED_ONLY}

_VERSIONED: Final[Mapping[str, tuple[str, Any]]] = {
    "data": ("_operation", Data),
    "environments": ("_version_operations", Environment),
    "models": ("_model_versions_operation", Model),
}


def connect(connection: Connection, credential: Any, transport: Any) -> Any:
    """Make the client. Speaks to nobody yet.

    The settings are those that let failures be seen: with ``show_progress`` off, an upload of a folder of which one file fails never
    returns; the bars themselves are switched off by tqdm's own variable. Source: measured with azure-ai-ml 1.35, issue 48269.
    """
    os.environ.setdefault("TQDM_DISABLE", "1")
    if connection.ca_file:
        # Blob clients are made inside the client without any of our options: only the variable reaches them.
        os.environ["REQUESTS_CA_BUNDLE"] = connection.ca_file
    _quieten(connection.polling_s)
    repairs.mend()
    client = ml.MLClient(
        credential,
        connection.subscription_id,
        connection.resource_group,
        connection.workspace_name,
        show_progress=True,
        enable_telemetry=False,
        polling_interval=connection.polling_s,
        retry_total=connection.retries,
        transport=transport,
        **_cloud(connection),
    )
    # It would fetch a schema from a public address for each table, and behind a firewall wait for it.
    client.data._try_get_mltable_metadata_jsonschema = lambda url: None
    return client


def _cloud(connection: Connection) -> dict[str, Any]:
    endpoints = connection.endpoints
    if endpoints is None:
        return {"cloud": CLOUDS[connection.cloud]} if connection.cloud else {}
    # A cloud's name is registered once for the whole process; a second registration is silently ignored.
    return {"cloud": f"amlctl {endpoints.resource_manager}", "cloud_metadata": _metadata(connection, endpoints)}


def _metadata(connection: Connection, endpoints: Endpoints) -> dict[str, str]:
    return {
        "azure_portal": endpoints.resource_manager,
        "resource_manager": f"{endpoints.resource_manager.rstrip('/')}/",
        "active_directory": f"{(connection.token_authority or endpoints.resource_manager).rstrip('/')}/",
        "aml_resource_id": endpoints.audience,
        "storage_endpoint": endpoints.storage_suffix,
        "registry_discovery_endpoint": endpoints.resource_manager,
    }


def _quieten(polling_s: int) -> None:
    """Keep the client from printing: our output may be JSON, and what it logs is raised anyway."""
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("azure") and isinstance(logger, logging.Logger):
            logger.handlers.clear()  # several bring handlers of their own
            if logger.level != logging.CRITICAL:  # setting it costs, and there are hundreds
                logger.setLevel(logging.CRITICAL)
    polling.AzureMLPolling.update_status = ARMPolling.update_status  # prints a dot to stdout at each poll
    LROConfigurations.POLL_INTERVAL = polling_s


def load_entity(loader: str, body: Mapping[str, Any]) -> Any:
    """Let the client's own loader read a body.

    Args:
        loader: ``load_compute``, …
        body: plain data with ``name`` and ``version``; local paths absolute.

    Raises:
        Exception: whatever the client raises on a body that it does not accept.
    """
    # The body is an override, so that no number goes through text; what decides the class has to be in the document itself.
    deciding = {name: body[name] for name in ("type", "task") if name in body}
    decides = "task" in deciding or loader == "load_online_deployment"
    source = io.StringIO(json.dumps(deciding)) if decides and deciding else None
    return getattr(ml, loader)(source=source, params_override=[dict(body)])


def body_of(entity: Any) -> dict[str, Any]:
    """An entity as a CLI v2 body: plain data without empty values.

    Tags go past the client's schema: that of the oldest kind of datastore fails on texts. Source: measured with azure-ai-ml 1.35.
    """
    converted = entity._to_job() if hasattr(entity, "_to_job") else entity
    tags = getattr(converted, "tags", None)
    without = copy(converted)  # others may be reading the entity
    if tags:
        without.tags = {}
    body: dict[str, Any] = plain_of(without._to_dict())
    return {**body, "tags": plain_of(tags)} if tags else body


def plain_of(value: Any) -> Any:
    """Ordered mappings, enumerations and text forms of them as plain data; members that are None are left out."""
    if isinstance(value, Mapping):
        return {str(key): plain_of(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [plain_of(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def names_of(client: Any, collection: str) -> list[str]:
    """The names of a kind of asset. Archived ones too: their versions stay taken."""
    return [entity.name for entity in getattr(client, collection).list(list_view_type=ALL)]


def versions(client: Any, collection: str, name: str) -> Iterator[tuple[Any, bool]]:
    """Every version of an asset, and whether it is archived, which the client's own entities do not tell."""
    operations, entity_of = _versioned(client, collection)
    for rest in operations.list(name=name, list_view_type=ALL, **_scope(client)):
        yield entity_of(rest), bool(rest.properties.is_archived)


def version(client: Any, collection: str, name: str, number: str) -> tuple[Any, bool]:
    """One version of an asset, and whether it is archived."""
    operations, entity_of = _versioned(client, collection)
    rest = operations.get(name=name, version=number, **_scope(client))
    return entity_of(rest), bool(rest.properties.is_archived)


def _versioned(client: Any, collection: str) -> tuple[Any, Callable[[Any], Any]]:
    attribute, entity = _VERSIONED[collection]
    return getattr(getattr(client, collection), attribute), entity._from_rest_object


def _scope(client: Any) -> dict[str, str]:
    return {"resource_group_name": client.resource_group_name, "workspace_name": client.workspace_name}


def deployments(client: Any, endpoint: str) -> Iterator[tuple[Any, Any]]:
    """The deployments of an endpoint, each with the service's own form of it.

    The client cuts milliseconds to whole seconds when it reads; the service's own form has them.
    """
    operations = client.online_deployments
    for rest in operations._online_deployment.list(endpoint_name=endpoint, **_scope(client)):
        entity = OnlineDeployment._from_rest_object(rest)
        entity.endpoint_name = endpoint
        yield entity, rest


def deployment(client: Any, endpoint: str, name: str) -> tuple[Any, Any]:
    """One deployment, with the service's own form of it."""
    operations = client.online_deployments._online_deployment
    rest = operations.get(endpoint_name=endpoint, deployment_name=name, **_scope(client))
    entity = OnlineDeployment._from_rest_object(rest)
    entity.endpoint_name = endpoint
    return entity, rest


def request_milliseconds(rest: Any) -> dict[str, int]:
    """The request settings of a deployment in full precision; empty where the service has none."""
    settings = getattr(rest.properties, "request_settings", None)
    names = {"request_timeout_ms": "request_timeout", "max_queue_wait_ms": "max_queue_wait"}
    found = {ours: _milliseconds(getattr(settings, theirs, None)) for ours, theirs in names.items()}
    return {name: value for name, value in found.items() if value is not None}


def mount_path(rest: Any) -> str | None:
    """Where a deployment's model lies, which the client sends and does not read. Source: azure-ai-ml 1.35, ``OnlineDeployment``."""
    path = getattr(rest.properties, "model_mount_path", None)
    return path if isinstance(path, str) else None


def collection_modes(rest: Any) -> dict[str, bool]:
    """Which of a deployment's data are collected. The client sends the mode in lower case and reads it with a capital.

    Source: azure-ai-ml 1.35, ``DeploymentCollection``.
    """
    collector = getattr(rest.properties, "data_collector", None)
    collections = getattr(collector, "collections", None) or {}
    modes = {name: getattr(each, "data_collection_mode", None) for name, each in collections.items()}
    return {name: str(getattr(mode, "value", mode)).lower() == "enabled" for name, mode in modes.items()}


def _milliseconds(value: Any) -> int | None:
    if isinstance(value, timedelta):
        return round(value.total_seconds() * 1000)
    if isinstance(value, str) and value:
        from isodate import parse_duration  # type: ignore[import-untyped]  # comes with the client

        seconds: float = parse_duration(value).total_seconds()
        return round(seconds * 1000)
    return None


def endpoint_entity(client: Any, name: str) -> Any:
    """One endpoint without its deployments, which the client's own ``get`` would list as well."""
    rest = client.online_endpoints._online_operation.get(endpoint_name=name, **_scope(client))
    return OnlineEndpoint._from_rest_object(rest)


def run_details(client: Any, name: str) -> Any:
    """What run history knows of a job: ``log_files`` (name to address), ``tags``, ``properties``."""
    return client.jobs._runs_operations.get_run_details(name)


def run_labels(client: Any, name: str) -> dict[str, Any]:
    """Tags and properties of a job as run history has them, which knows more of them than Azure Resource Manager."""
    run = client.jobs._runs_operations.get_run(name)
    return {**(run.properties or {}), **(run.tags or {})}


def relabel(client: Any, job: Any, tags: Mapping[str, str], description: str | None) -> None:
    """Change the labels of a job through run history: the client's older versions send the whole job again, which the service
    refuses for most kinds of jobs. Source: comments in azure-ai-ml 1.35, ``create_or_update`` of jobs."""
    client.jobs._runs_operations._operation.add_or_modify_by_experiment_name(
        subscription_id=client.subscription_id,
        resource_group_name=client.resource_group_name,
        workspace_name=client.workspace_name,
        experiment_name=job.experiment_name,
        run_id=job.name,
        body=CreateRun(display_name=job.display_name, description=description, tags=dict(tags)),
    )


def remove_tags(client: Any, job: Any, names: Sequence[str]) -> None:
    """Take tags from a job through run history, which keeps those that a change of labels does not mention.

    Source: azure-ai-ml 1.35, run history client: ``DeleteOrModifyTags``.
    """
    if names:
        client.jobs._runs_operations._operation.modify_or_delete_tags_by_experiment_name(
            subscription_id=client.subscription_id,
            resource_group_name=client.resource_group_name,
            workspace_name=client.workspace_name,
            experiment_name=job.experiment_name,
            run_id=job.name,
            body=DeleteOrModifyTags(tags_to_delete=list(names)),
        )


def send(client: Any, method: str, address: str, query: Mapping[str, str], body: Any = None) -> Mapping[str, Any]:
    """Ask Azure Resource Manager for what the client has no method for, with its credential, its retries and its cloud.

    Args:
        address: a path, or the whole address of a further page.

    Returns:
        The answer; empty if there is no body.

    Raises:
        HttpResponseError: the answer is a refusal.
    """
    whole = address if "://" in address else f"{client._base_url.rstrip('/')}{address}"
    response = client.compute._operation._client.send_request(HttpRequest(method, whole, params=dict(query), json=body))
    response.raise_for_status()
    answer: Mapping[str, Any] = response.json() if response.content else {}
    return answer


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


def make_workspace(client: Any, entity: Any, identity: str) -> Any:
    """Start a deployment that makes a workspace with its storage account, key vault, log and insights.

    The client draws new names for all of these at each call, so that a call repeated after a lost answer would leave a second set
    behind. Here they follow from the workspace. Source: azure-ai-ml, ``get_name_for_dependent_resource``.

    Args:
        identity: the workspace's identifier.

    Returns:
        The poller of the deployment: that of the client around it neither waits nor tells whether it is done.
    """
    with _steady_names(identity):
        poller = client.workspaces.begin_create(entity)
    return getattr(poller.polling_method(), "poller", poller)


@contextmanager
def _steady_names(identity: str) -> Iterator[None]:
    def dependent(workspace_name: str, resource_type: str) -> str:
        letters = "".join(char for char in workspace_name.lower() if char.isascii() and char.isalnum())
        return f"{letters[:8]}{resource_type[:8]}{uuid5(NAMESPACE_URL, f'{identity}/{resource_type}').hex}"[:24]

    with _NAMING:
        before = workspaces.get_name_for_dependent_resource, workspaces.get_deployment_name
        workspaces.get_name_for_dependent_resource = dependent
        workspaces.get_deployment_name = _deployment_name
        try:
            yield
        finally:
            workspaces.get_name_for_dependent_resource, workspaces.get_deployment_name = before
