"""Feature stores: workspaces that keep features, with their stores for materialized values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, Behaviour
from orchestrator.core.bodies import EXACT
from orchestrator.core.field_mark import ServiceValue, WriteOnly
from orchestrator.core.kind import AzureBinding, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.wire import GroupWire
from orchestrator.core.workspace_bodies import WorkspaceResource
from orchestrator.core.workspace_marks import without_service_values

_CONNECTED: Final = WriteOnly("the service keeps a connection, so it is compared with what was last written")

_Resource = Annotated[str, Field(pattern=r"^/?subscriptions/[^/]+/resourceGroups/[^/]+/.+")]


class ComputeRuntime(Spec):
    """The Spark runtime of the feature store's jobs."""

    spark_runtime_version: str = Field(description="Version of Spark, such as 3.4.")


class OfflineStore(Spec):
    """The store of materialized feature values for training."""

    type: Annotated[Literal["azure_data_lake_gen2"], EXACT] = Field(
        description="azure_data_lake_gen2: a container of Azure Data Lake Storage Gen2."
    )
    target: _Resource = Field(description="Resource ID of the container.")


class OnlineStore(Spec):
    """The store of materialized feature values for low-latency reads."""

    type: Annotated[Literal["redis"], EXACT] = Field(description="redis: Azure Cache for Redis.")
    target: _Resource = Field(description="Resource ID of the cache.")


class MaterializationIdentity(Spec):
    """The managed identity of materialization jobs."""

    client_id: str | None = Field(None, description="Client ID of the identity.")
    resource_id: str | None = Field(None, description="Resource ID of the identity.")
    principal_id: str | None = Field(None, description="Object ID of the identity.")


class FeatureStoreBody(WorkspaceResource):
    """A feature store."""

    compute_runtime: Annotated[ComputeRuntime | None, ServiceValue("set by azure-ai-ml by default")] = Field(
        None, description="Spark runtime of the feature store's jobs."
    )
    offline_store: Annotated[OfflineStore | None, _CONNECTED] = Field(
        None, description="Store of materialized values for training. Default: created by the service."
    )
    online_store: Annotated[OnlineStore | None, _CONNECTED] = Field(
        None, description="Store of materialized values for low-latency reads. Default: none."
    )
    materialization_identity: Annotated[MaterializationIdentity | None, _CONNECTED] = Field(
        None, description="User-assigned identity of materialization jobs."
    )


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """Without the resource group: it is that of the target."""
    body.pop("resource_group", None)
    return body


def _body(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = resource.get("properties") or {}
    runtime = ((properties.get("featureStoreSettings") or {}).get("computeRuntime") or {}).get("sparkRuntimeVersion")
    return {
        "location": resource.get("location"),
        "display_name": properties.get("friendlyName"),
        "description": properties.get("description"),
        "compute_runtime": {"spark_runtime_version": runtime} if runtime else None,
    }


KIND: Final = Kind(
    key="feature_stores",
    order=160,
    title="feature store",
    identity=Identity.NAMED,
    variants={"": FeatureStoreBody},
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}",
        "3 to 33 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, Microsoft.MachineLearningServices/workspaces",
    ),
    azure=AzureBinding(
        "feature_stores",
        loader="load_feature_store",
        tracked=True,
        create="begin_create",
        remove="begin_delete",
        driver="siblings",
        for_loader=_for_loader,
        returned=without_service_values,
        readers={"": "_feature_store.feature_store_schema:FeatureStoreSchema"},
    ),
    behaviour=Behaviour(timeout_s=3_600.0, rank=0, instant=False, tested_alone=False),
    local=LOCAL_RECORD,
    wire=GroupWire(collection="workspaces", body=_body, given={"provisioningState": "Succeeded"}, only="featurestore"),
    source="Azure ML CLI v2 YAML reference: feature store",
    schemas=("featureStore.schema", "featureStore"),
    shape=("offline_store", "online_store", "compute_runtime", "materialization_identity"),
    removal=Removal.DELETE,
    attributes=("id", "name", "location"),
)
