"""Names of azure-ai-ml that are not public: each that the package `sdk` relies on, by itself, so that a new version fails here first."""

from __future__ import annotations

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from tests.contract.azure.requests import request
from tests.contract.azure.wire import Wire


@pytest.mark.parametrize(
    "path",
    [
        "_base_url.rstrip",
        "compute._operation._client.send_request",
        "workspaces._operation.begin_update",
        "data._operation.list",
        "data._try_get_mltable_metadata_jsonschema",
        "environments._version_operations.list",
        "models._model_versions_operation.list",
        "online_endpoints._online_operation.get",
        "online_deployments._online_deployment.get",
        "jobs._runs_operations._operation.add_or_modify_by_experiment_name",
        "jobs._runs_operations._operation.modify_or_delete_tags_by_experiment_name",
        "jobs._get_job",
        "jobs._runs_operations.get_run",
        "jobs._runs_operations.get_run_details",
    ],
)
def test_a_private_name_is_still_there(backend: AzureBackend, path: str) -> None:
    found = backend.client.ml
    for name in path.split("."):
        found = getattr(found, name)
    assert callable(found)


def test_private_classes_are_still_there() -> None:
    from azure.ai.ml._utils._azureml_polling import AzureMLPolling
    from azure.ai.ml.constants._common import LROConfigurations
    from azure.ai.ml.entities import Data, Environment, Model, OnlineDeployment, OnlineEndpoint
    from azure.ai.ml.operations import _workspace_operations_base as workspaces
    from azure.mgmt.core.polling.arm_polling import ARMPolling

    assert callable(workspaces.get_name_for_dependent_resource)
    assert callable(workspaces.get_deployment_name)
    assert issubclass(AzureMLPolling, ARMPolling)
    assert isinstance(LROConfigurations.POLL_INTERVAL, int)
    for entity in (Data, Environment, Model, OnlineDeployment, OnlineEndpoint):
        assert callable(entity._from_rest_object)


def test_connecting_asks_nobody(backend: AzureBackend, wire: Wire) -> None:
    assert backend.client.ml is not None
    assert wire.exchanges == []


def test_a_certificate_goes_out_and_comes_back(backend: AzureBackend) -> None:
    said = {"tenant_id": "t", "client_id": "c", "thumbprint": "p", "certificate": "x", "resource_url": "https://r"}
    lake = {"type": "azure_data_lake_gen1", "store_name": "raw", "credentials": said}
    backend.create(request(Address("datastores", "old"), lake))
    credentials = backend.client.ml.datastores.get("old").credentials
    assert (credentials.thumbprint, credentials.resource_url) == ("p", "https://r")
