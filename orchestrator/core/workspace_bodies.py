"""The bodies of workspaces: plain ones, hubs and projects."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, CAMEL, EXACT, Flag, Resource, Words
from orchestrator.core.field_mark import Alias, Computed, Immutable, Metadata, ServiceValue, WriteOnly
from orchestrator.core.kind import Spec

_COMES_BACK: Final = WriteOnly("it comes back with what the service adds, so it is compared with what was last written")
_NAMED: Final = ServiceValue("the name of the workspace by default")
_MADE: Final = ServiceValue("created by the service unless the spec names one")
_REGION: Final = Alias(
    "'West Europe' and 'westeurope' are one region", fold=lambda text: str(text).replace(" ", "").lower()
)
_FIXED: Final = Immutable("chosen when the workspace is created")
_Id: TypeAlias = Annotated[str, Field(pattern=r"^/")]


class CustomerKey(Spec):
    """A customer-managed key that encrypts the data of the workspace."""

    key_vault: str | None = Field(None, description="Resource ID of the key vault.")
    key_uri: Annotated[str, Field(pattern=r"^https?://")] | None = Field(None, description="URL of the key.")
    cosmosdb_id: str | None = Field(None, description="Resource ID of a Cosmos DB account.")
    storage_id: str | None = Field(None, description="Resource ID of a storage account.")
    search_id: str | None = Field(None, description="Resource ID of a search service.")


class IpRule(Spec):
    """Addresses that may connect."""

    value: str = Field(description="An address or a range, such as 10.0.0.0/16.")


class NetworkAcls(Spec):
    """Who may connect."""

    default_action: Annotated[Literal["Deny", "Allow"], EXACT] = Field(description="What happens to all others.")
    ip_rules: list[IpRule] | None = Field(None, description="Addresses that may connect.")


class KnownIdentity(Spec):
    """More of an identity that the user made."""

    principal_id: str | None = Field(None, description="Object ID.")
    client_id: str | None = Field(None, description="Client ID.")
    resource_id: str | None = Field(None, description="Resource ID.")


class WorkspaceIdentity(Spec):
    """The identity under which the workspace acts."""

    type: Annotated[
        Literal["system_assigned", "user_assigned", "system_assigned,user_assigned", "none"], ANY_CASE, CAMEL
    ] = Field(description="system_assigned, user_assigned, both with a comma, or none.")
    user_assigned_identities: dict[str, KnownIdentity | None] | None = Field(
        None, description="Resource ID of each identity, with what is known of it."
    )
    principal_id: Annotated[str | None, Computed("set by the service")] = Field(None, description="Object ID.")
    tenant_id: Annotated[str | None, Computed("set by the service")] = Field(None, description="Tenant ID.")


class ServiceTag(Spec):
    """Addresses of a service of Azure."""

    service_tag: str = Field(description="Service tag, such as DataFactory.")
    protocol: str = Field(description="TCP, UDP, ICMP or *.")
    port_ranges: str = Field(description="Ports, such as 80, 443 or 8000-9000.")
    address_prefixes: list[str] | None = Field(None, description="Address ranges, in the place of those of the tag.")


class PrivateEndpoint(Spec):
    """A resource that is reached by a private endpoint."""

    service_resource_id: str = Field(description="Resource ID.")
    subresource_target: str = Field(description="Part of the resource, such as blob.")
    spark_enabled: Flag = Field(description="Whether Spark jobs reach it.")


class OutboundRule(Spec):
    name: str = Field(description="Name of the rule.")
    category: Annotated[str | None, Computed("set by the service")] = Field(None, description="Category of the rule.")
    status: Annotated[str | None, Computed("set by the service")] = Field(None, description="Status of the rule.")


class TagRule(OutboundRule):
    """Traffic to a service of Azure is allowed."""

    type: Literal["service_tag"] = Field(description="Type of the rule.")
    destination: ServiceTag = Field(description="Where the traffic goes.")


class EndpointRule(OutboundRule):
    """Traffic to one resource is allowed, by a private endpoint."""

    type: Literal["private_endpoint"] = Field(description="Type of the rule.")
    destination: PrivateEndpoint = Field(description="Where the traffic goes.")
    fqdns: list[str] | None = Field(None, description="Domain names of the resource.")


class DomainRule(OutboundRule):
    """Traffic to a domain is allowed."""

    type: Literal["fqdn"] = Field(description="Type of the rule.")
    destination: str = Field(description="Domain name, such as packages.example.org or *.example.org.")


class ManagedNetwork(Spec):
    """The network that the service manages for the workspace."""

    isolation_mode: Annotated[Literal["disabled", "allow_internet_outbound", "allow_only_approved_outbound"], CAMEL] = (
        Field(description="Outbound traffic that is allowed.")
    )
    outbound_rules: list[EndpointRule | TagRule | DomainRule] | None = Field(
        None, description="Rules for outbound traffic."
    )
    firewall_sku: Annotated[Literal["standard", "basic"] | None, CAMEL] = Field(
        None, description="Tier of the firewall."
    )
    status: Annotated[dict[str, Any] | None, Computed("set by the service")] = Field(
        None, description="Network status."
    )


class ServerlessNetwork(Spec):
    """The network of serverless computes."""

    custom_subnet: (
        Annotated[str, Field(pattern=r"^(None|/subscriptions/.+/resource[gG]roups/.+/providers/.+)$")] | None
    ) = Field(None, description="Resource ID of the subnet.")
    no_public_ip: Flag | None = Field(None, description="Whether the machines have no public address.")


class WorkspaceResource(Resource):
    """What workspaces and feature stores have."""

    description: Annotated[Words | None, Metadata("a description is a label only"), _NAMED] = Field(
        None, description="A description."
    )
    display_name: Annotated[Words | None, Metadata("a display name"), _NAMED] = Field(
        None, description="Name for people. Default: the name."
    )
    location: Annotated[
        str | None, Immutable("a workspace cannot be moved"), ServiceValue("the region of the resource group"), _REGION
    ] = Field(None, description="Azure region. Default: that of the resource group.")
    resource_group: Annotated[str | None, Computed("it is that of the target")] = Field(
        None, description="Resource group, for readers of the document: the target's is used."
    )
    hbi_workspace: Annotated[Flag | None, _FIXED, ServiceValue("false by default")] = Field(
        None, description="Whether the service collects fewer diagnostic data."
    )
    storage_account: Annotated[_Id | None, _FIXED, _MADE, ANY_CASE] = Field(
        None, description="Resource ID of the storage account."
    )
    container_registry: Annotated[_Id | None, _MADE, ANY_CASE] = Field(
        None, description="Resource ID of the container registry."
    )
    key_vault: Annotated[_Id | None, _FIXED, _MADE, ANY_CASE] = Field(None, description="Resource ID of the key vault.")
    application_insights: Annotated[_Id | None, _MADE, ANY_CASE] = Field(
        None, description="Resource ID of Application Insights."
    )
    customer_managed_key: Annotated[CustomerKey | None, _COMES_BACK] = Field(None, description="Encryption key.")
    image_build_compute: Annotated[str | None, _COMES_BACK] = Field(None, description="Compute that builds images.")
    public_network_access: Annotated[
        Literal["Enabled", "Disabled"] | None, CAMEL, ServiceValue("Enabled by default")
    ] = Field(None, description="Whether the workspace accepts traffic from the internet. Default: Enabled.")
    identity: Annotated[WorkspaceIdentity | None, _COMES_BACK] = Field(None, description="Managed identity.")
    primary_user_assigned_identity: Annotated[str | None, _COMES_BACK] = Field(
        None, description="Resource ID of the identity that is used first."
    )
    managed_network: Annotated[ManagedNetwork | None, _COMES_BACK] = Field(None, description="Managed virtual network.")


class WorkspaceBody(WorkspaceResource):
    """What all workspaces have."""

    network_acls: Annotated[NetworkAcls | None, _COMES_BACK] = Field(None, description="Who may connect.")
    system_datastores_auth_mode: Annotated[str | None, _COMES_BACK] = Field(
        None, description="How the default datastores are opened: accesskey or identity."
    )
    workspace_hub: Annotated[_Id | None, _FIXED, _COMES_BACK] = Field(None, description="Resource ID of a hub.")
    provision_network_now: Annotated[Flag | None, _COMES_BACK] = Field(
        None, description="Whether the managed network is made at once."
    )
    enable_data_isolation: Annotated[Flag | None, _FIXED, _COMES_BACK] = Field(
        None, description="Whether the data of projects are kept apart."
    )
    allow_roleassignment_on_rg: Annotated[Flag | None, _COMES_BACK] = Field(
        None, description="Whether roles may be assigned on the resource group."
    )
    serverless_compute: Annotated[ServerlessNetwork | None, _COMES_BACK] = Field(
        None, description="Network of serverless computes."
    )
    discovery_url: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Address of the workspace's services."
    )


class PlainWorkspace(WorkspaceBody):
    """A workspace with the storage account, key vault and insights that it names or the service creates."""


class HubWorkspace(WorkspaceBody):
    """A hub: what its projects share."""

    kind: Literal["hub"] = Field(description="Always hub.")
    default_resource_group: Annotated[str | None, _COMES_BACK] = Field(
        None, description="Resource ID of the group in which projects are created."
    )


class ProjectWorkspace(WorkspaceBody):
    """A project of a hub."""

    kind: Literal["project"] = Field(description="Always project.")
    hub_id: Annotated[str, Immutable("a project stays in its hub"), ANY_CASE] = Field(
        description="Resource ID of the hub."
    )
