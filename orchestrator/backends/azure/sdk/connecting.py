"""Making the client, and keeping it quiet."""

from __future__ import annotations

import logging
import os
from typing import Any
from urllib.parse import urlsplit

import azure.ai.ml as ml
from azure.ai.ml._azure_environments import _get_cloud_details
from azure.ai.ml._utils import _azureml_polling as polling
from azure.ai.ml.constants._common import LROConfigurations
from azure.mgmt.core.polling.arm_polling import ARMPolling

from orchestrator.backends.azure.connection import CLOUDS, Connection, Endpoints
from orchestrator.backends.azure.sdk import repairs


def connect(connection: Connection, credential: Any, transport: Any = None) -> Any:
    """Make the client. Speaks to nobody yet.

    The settings are those that let failures be seen: with ``show_progress`` off, an upload of a folder of which one file fails never
    returns; the bars themselves are switched off by tqdm's own variable. Source: measured with azure-ai-ml 1.35, issue 48269.
    """
    os.environ.setdefault("TQDM_DISABLE", "1")
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
        **({} if transport is None else {"transport": transport}),
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
    metadata = _metadata(connection, endpoints)
    return {"cloud": f"amlctl {' '.join(metadata.values())}", "cloud_metadata": metadata}


def hosts_of_the_cloud(cloud: str) -> tuple[str, ...]:
    """Hosts of a cloud as azure-ai-ml knows it; of the environment's one if it is empty."""
    details = _get_cloud_details(CLOUDS[cloud] if cloud else None)
    found = [urlsplit(text).netloc if "://" in text else f"*.{text}" for text in map(str, details.values())]
    return tuple(host.lower() for host in found if host.strip("*."))


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
