"""Batch endpoints: a stable address that takes whole data sets. What scores them are its deployments."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, Behaviour
from orchestrator.core.bodies import ANY_CASE, CAMEL, Properties, Resource
from orchestrator.core.field_mark import Computed, ServiceValue
from orchestrator.core.kind import AzureBinding, Child, Identity, Kind, NameRule
from orchestrator.core.resource import Removal
from orchestrator.core.wire import RecordWire
from orchestrator.core.wire_shape import WireShape


class BatchEndpoint(Resource):
    """A batch endpoint."""

    auth_mode: Annotated[
        Literal["key", "aml_token", "aad_token"] | None, ANY_CASE, CAMEL, ServiceValue("aad_token by default")
    ] = Field(
        None,
        description="Authentication of callers: batch endpoints accept Microsoft Entra tokens (aad_token). Default: aad_token.",
    )
    properties: Properties | None = Field(None, description="Properties: key-value pairs for programs.")
    location: Annotated[str | None, Computed("the workspace's")] = Field(
        None, description="Read-only: Azure region of the endpoint."
    )
    provisioning_state: Annotated[str | None, Computed("read-only status of the endpoint")] = Field(
        None, description="Read-only: provisioning state of the endpoint."
    )
    scoring_uri: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: URL that scoring jobs are sent to."
    )
    openapi_uri: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: URL of the endpoint's OpenAPI document."
    )
    deployments: dict[str, dict[str, object]] | None = Field(None, description="Deployments of the endpoint, by name.")
    defaults: dict[str, object] | None = Field(None, description="Default deployment of the endpoint.")


_SHAPE: Final = WireShape(BatchEndpoint, words=frozenset({"auth_mode"}), unsent=frozenset({"deployments", "defaults"}))

KIND: Final = Kind(
    key="batch_endpoints",
    order=100,
    title="batch endpoint",
    identity=Identity.NAMED,
    variants={"": BatchEndpoint},
    name=NameRule(
        r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]",
        "3 to 32 letters, digits and '-'; starts with a letter and does not end with '-'",
        "azure-ai-ml, EndpointConfigurations",
    ),
    azure=AzureBinding(
        "batch_endpoints",
        loader="load_batch_endpoint",
        tracked=True,
        create="begin_create_or_update",
        remove="begin_delete",
        driver="written",
        readers={"": "_endpoint.batch.batch_endpoint:BatchEndpointSchema"},
    ),
    behaviour=Behaviour(timeout_s=1_800.0, rank=0, instant=True, tested_alone=False),
    local=LOCAL_RECORD,
    wire=RecordWire(
        collection="batchEndpoints",
        properties=_SHAPE.properties,
        body=_SHAPE.body,
        keys="listkeys",
        given={"authMode": "AADToken", "provisioningState": "Succeeded"},
    ),
    source="Azure ML CLI v2 YAML reference: batch endpoint",
    schemas=("batchEndpoint",),
    children=(
        Child("batch_endpoints.deployments", ("deployments",), keyed=True),
        Child("batch_endpoints.defaults", ("defaults",), keyed=False),
    ),
    removal=Removal.DELETE,
    batches=True,
    attributes=("id", "name", "location"),
)
