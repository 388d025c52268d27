"""Marketplace subscriptions: the leave to use a model that somebody else offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, Behaviour
from orchestrator.core.bodies import Words
from orchestrator.core.catalogue import model_id_problems, without_history
from orchestrator.core.field_mark import Computed, Immutable, Metadata
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Spec
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Removal
from orchestrator.core.wire import RecordWire


class Subscription(Spec):
    """The leave to use one model."""

    schema_: Annotated[str | None, Metadata("tells editors the kind")] = Field(
        None, alias="$schema", description="URL of the JSON schema of the document."
    )
    name: Annotated[str | None, Metadata("the key in the spec is the name")] = Field(
        None, description="Name of the subscription; the key in the spec decides it."
    )
    model_id: Annotated[str, Immutable("a subscription is for one model")] = Field(
        description="azureml://registries/REGISTRY/models/MODEL, without a version."
    )
    description: Annotated[Words | None, Computed("azure-ai-ml does not send it")] = Field(
        None, description="A description."
    )
    id: Annotated[str | None, Computed("set by the service")] = Field(None, description="Resource ID.")
    marketplace_plan: Annotated[dict[str, Any] | None, Computed("set by the service")] = Field(
        None, description="Publisher, offer and plan."
    )
    status: Annotated[str | None, Computed("read-only status of the resource")] = Field(
        None, description="Subscription status, such as subscribed."
    )
    provisioning_state: Annotated[str | None, Computed("read-only status of the resource")] = Field(
        None, description="Provisioning state."
    )


def _problems(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    return model_id_problems(body)


def _refusals(variant: str, body: Mapping[str, Any]) -> Iterator[Refusal]:
    yield Refusal(
        "subscriptions are sold by Azure Marketplace only",
        (),
        "Exclude it from this target with `lifecycle: {targets: […]}`.",
    )


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"modelId": body.get("model_id")}


def _body(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"model_id": properties.get("modelId")}


KIND: Final = Kind(
    key="marketplace_subscriptions",
    order=94,
    title="marketplace subscription",
    identity=Identity.NAMED,
    variants={"": Subscription},
    name=NameRule(
        r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}",
        "1 to 255 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, workspaces/marketplaceSubscriptions",
    ),
    azure=AzureBinding(
        "marketplace_subscriptions",
        loader="load_marketplace_subscription",
        create="begin_create_or_update",
        remove="begin_delete",
        driver="named",
        returned=without_history,
        forgives=("",),
    ),
    behaviour=Behaviour(timeout_s=3_600.0, rank=0, instant=False, tested_alone=False),
    local=LOCAL_RECORD,
    wire=RecordWire(
        collection="marketplaceSubscriptions",
        properties=_properties,
        body=_body,
        deleted=204,
        given={
            "marketplacePlan": {"publisherId": "local", "offerId": "local", "planId": "local"},
            "marketplaceSubscriptionStatus": "Subscribed",
            "provisioningState": "Succeeded",
        },
    ),
    source="azure-ai-ml, load_marketplace_subscription",
    schemas=("marketplaceSubscription",),
    removal=Removal.DELETE,
    taggable=False,
    problems=_problems,
    local_refusals=_refusals,
    attributes=("id", "name"),
)
