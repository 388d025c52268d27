"""Making the client, and keeping it quiet."""

from __future__ import annotations

import logging
import os
from typing import Any

import azure.ai.ml as ml
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
