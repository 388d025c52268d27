"""Registries: assets that several workspaces share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, Behaviour
from orchestrator.core.bodies import Flag, Resource, Whole, Words
from orchestrator.core.field_mark import Alias, Computed, Immutable, ServiceValue, Spelling, WriteOnly
from orchestrator.core.kind import AzureBinding, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.wire import GroupWire

_COMES_BACK: Final = WriteOnly("it comes back with what the service adds, so it is compared with what was last written")
_REGION: Final = Alias(
    "'West Europe' and 'westeurope' are one region", fold=lambda text: str(text).replace(" ", "").lower()
)


class SystemStorage(Spec):
    """A storage account that the service makes."""

    storage_account_hns: Flag | None = Field(None, description="Hierarchical namespace. Default: false.")
    storage_account_type: (
        Literal[
            "standard_lrs", "standard_grs", "standard_ragrs", "standard_zrs", "standard_gzrs", "standard_ragzrs",
            "premium_lrs", "premium_zrs",
        ]
        | None
    ) = Field(None, description="Kind of storage account. Default: standard_lrs.")  # fmt: skip
    replication_count: Annotated[Whole, Field(ge=1)] | None = Field(None, description="Number of accounts. Default: 1.")


_Account = Annotated[
    str, Field(pattern=r"(?s)^/subscriptions/.*/resourceGroups/.*/providers/Microsoft.Storage/storageAccounts/.*")
]
_Acr = Annotated[
    str, Field(pattern=r"(?s)^/subscriptions/.*/resourceGroups/.*/providers/Microsoft.ContainerRegistry/registries/.*")
]


class Region(Spec):
    """A region in which the registry keeps its assets."""

    location: str | None = Field(None, description="Azure region.")
    storage_config: SystemStorage | list[_Account] | None = Field(
        None, description="Storage account to create, or the resource IDs of existing ones."
    )


class SystemAcr(Spec):
    """A container registry that the service makes."""

    acr_account_sku: Literal["premium"] | None = Field(None, description="Tier of the container registry.")


class Publisher(Spec):
    """Who publishes the assets."""

    publisher: str | None = Field(None, description="Name of the publisher.")


class Registry(Resource):
    """A registry with a storage account and a container registry in each region."""

    description: Annotated[Words | None, Computed("azure-ai-ml does not send it")] = Field(
        None, description="A description, for readers of the document."
    )
    location: Annotated[str, Immutable("a registry cannot be moved"), _REGION] = Field(description="Azure region.")
    public_network_access: Annotated[
        Literal["Enabled", "Disabled"] | None,
        Spelling("the service writes capitals", camel=True),
        ServiceValue("Enabled by default"),
    ] = Field(None, description="Whether the registry accepts traffic from the internet. Default: Enabled.")
    replication_locations: Annotated[list[Region], _COMES_BACK] = Field(description="Regions, the first one included.")
    intellectual_property: Annotated[Publisher | None, _COMES_BACK] = Field(
        None, description="Publisher of the assets."
    )
    container_registry: Annotated[_Acr | SystemAcr | None, _COMES_BACK] = Field(
        None, description="Container registry to create, or the resource ID of an existing one."
    )
    discovery_url: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Address of the registry's services."
    )


def _body(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = resource.get("properties") or {}
    regions = [{"location": region.get("location")} for region in properties.get("regionDetails") or ()]
    return {
        "location": resource.get("location"),
        "public_network_access": properties.get("publicNetworkAccess"),
        "replication_locations": regions,
    }


def _seen(properties: Mapping[str, Any], group: str) -> dict[str, Any]:
    """With the accounts that the service makes in each region. Source: Azure REST specification, registries, ``ArmResourceId``."""
    regions = [
        {
            **region,
            "storageAccountDetails": [
                _made(
                    each, "systemCreatedStorageAccount", f"{group}/providers/Microsoft.Storage/storageAccounts", place
                )
                for place, each in enumerate(region.get("storageAccountDetails") or ())
            ],
            "acrDetails": [
                _made(
                    each, "systemCreatedAcrAccount", f"{group}/providers/Microsoft.ContainerRegistry/registries", place
                )
                for place, each in enumerate(region.get("acrDetails") or ())
            ],
        }
        for region in properties.get("regionDetails") or ()
    ]
    return {**properties, "regionDetails": regions} if regions else dict(properties)


def _made(account: Mapping[str, Any], member: str, collection: str, place: int) -> Mapping[str, Any]:
    """One account with its ID, if the service makes it."""
    made = account.get(member)
    if not isinstance(made, Mapping):
        return account
    return {**account, member: {**made, "armResourceId": {"resourceId": f"{collection}/made{place}"}}}


KIND: Final = Kind(
    key="registries",
    order=140,
    title="registry",
    identity=Identity.NAMED,
    variants={"": Registry},
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}",
        "3 to 33 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, registries",
    ),
    azure=AzureBinding(
        "registries",
        loader="load_registry",
        tracked=True,
        create="begin_create",
        remove="begin_delete",
        driver="named",
        readers={"": "registry.registry:RegistrySchema"},
    ),
    behaviour=Behaviour(timeout_s=3_600.0, rank=0, instant=False, tested_alone=False),
    local=LOCAL_RECORD,
    wire=GroupWire(
        collection="registries",
        body=_body,
        given={"publicNetworkAccess": "Enabled"},
        seen=_seen,
        missing="RegistryNotFound",
    ),
    source="Azure ML CLI v2 YAML reference: registry",
    schemas=("registry.schema", "registry."),
    shape=("replication_locations",),
    removal=Removal.DELETE,
    attributes=("id", "name", "location"),
)
