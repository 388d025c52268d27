"""Serverless endpoints: a model of the catalogue, served by the service and paid by use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, Behaviour
from orchestrator.core.bodies import Resource, Text, Words
from orchestrator.core.catalogue import model_id_problems, without_history
from orchestrator.core.field_mark import Computed, Immutable, ServiceValue
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Removal
from orchestrator.core.wire import RecordWire

_NOT_SENT: Final = "azure-ai-ml does not send it"


class ServerlessEndpoint(Resource):
    """A model of the catalogue behind an address."""

    model_id: Annotated[str, Immutable("an endpoint serves one model for its life")] = Field(
        description="azureml://registries/REGISTRY/models/MODEL, without a version."
    )
    auth_mode: Annotated[str | None, Computed("the service decides it: key")] = Field(None, description="key.")
    location: Annotated[str | None, ServiceValue("the region of the workspace")] = Field(
        None, description="The region."
    )
    description: Annotated[Words | None, Computed(_NOT_SENT)] = Field(None, description="A description.")
    properties: Annotated[dict[str, Text | None] | None, Computed(_NOT_SENT)] = Field(
        None, description="Further settings."
    )
    provisioning_state: Annotated[str | None, Computed("read-only status of the resource")] = Field(
        None, description="Provisioning state."
    )
    scoring_uri: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Address that takes requests."
    )
    headers: Annotated[dict[str, Any] | None, Computed("set by the service")] = Field(
        None, description="Headers that requests need."
    )


def _problems(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    return model_id_problems(body)


def _refusals(variant: str, body: Mapping[str, Any]) -> Iterator[Refusal]:
    yield Refusal(
        "models of the catalogue are served by Azure only",
        ("model_id",),
        "Exclude it from this target with `lifecycle: {targets: […]}`, or deploy a model of your own to an online endpoint.",
    )


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"modelSettings": {"modelId": body.get("model_id")}}


def _body(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"model_id": (properties.get("modelSettings") or {}).get("modelId")}


KIND: Final = Kind(
    key="serverless_endpoints",
    order=95,
    title="serverless endpoint",
    identity=Identity.NAMED,
    variants={"": ServerlessEndpoint},
    name=NameRule(
        r"[a-zA-Z][a-zA-Z0-9-]{1,50}[a-zA-Z0-9]",
        "3 to 52 letters, digits and '-'; starts with a letter, ends with a letter or digit",
        "Azure REST specification, workspaces/serverlessEndpoints",
    ),
    azure=AzureBinding(
        "serverless_endpoints",
        loader="load_serverless_endpoint",
        tracked=True,
        create="begin_create_or_update",
        remove="begin_delete",
        driver="named",
        returned=without_history,
        forgives=("",),
    ),
    behaviour=Behaviour(timeout_s=3_600.0, rank=0, instant=False, tested_alone=False),
    local=LOCAL_RECORD,
    wire=RecordWire(
        collection="serverlessEndpoints",
        properties=_properties,
        body=_body,
        keys="listKeys",
        deleted=204,
        given={
            "authMode": "Key",
            "provisioningState": "Succeeded",
            "inferenceEndpoint": {"uri": "https://models.localhost", "headers": {}},
        },
    ),
    source="azure-ai-ml, load_serverless_endpoint",
    schemas=("serverlessEndpoint",),
    shape=("model_id",),
    removal=Removal.DELETE,
    problems=_problems,
    local_refusals=_refusals,
    attributes=("id", "name", "scoring_uri"),
)
