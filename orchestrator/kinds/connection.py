"""Connections: outside services that a workspace knows by name, with what opens them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, WRITTEN
from orchestrator.core.bodies import ANY_CASE, CAMEL, Flag, Text
from orchestrator.core.field_mark import Computed, Metadata, Sensitive, ServiceValue, WriteOnly
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import MARK_TAGS, Removal
from orchestrator.core.rules import variant_by_type
from orchestrator.core.wire import RecordWire, camel, folded, pascal, without_nothing

_HIDDEN: Final = WriteOnly("the service never returns credentials")
_KEPT_AS_TARGET: Final = WriteOnly("the service keeps the address that is made of it")
_KEY: Final = Sensitive("opens the service")


class Token(Spec):
    """A personal access token."""

    type: Annotated[Literal["pat"], ANY_CASE, CAMEL] = Field(description="pat: a personal access token.")
    pat: Annotated[str, Sensitive("a token")] = Field(description="Personal access token, as ${secret.NAME}.")


class SasToken(Spec):
    """A SAS token of a storage account."""

    type: Annotated[Literal["sas"], ANY_CASE, CAMEL] = Field(description="sas: a shared access signature.")
    sas_token: Annotated[str, Sensitive("opens part of the account")] = Field(
        description="SAS token, as ${secret.NAME}."
    )


class Password(Spec):
    """A user name and a password."""

    type: Annotated[Literal["username_password"], ANY_CASE, CAMEL] = Field(
        description="username_password: a user name and a password."
    )
    username: Annotated[str, _HIDDEN] = Field(description="User name.")
    password: Annotated[str, Sensitive("a password")] = Field(description="Password, as ${secret.NAME}.")


class AssignedIdentity(Spec):
    """A managed identity."""

    type: Annotated[Literal["managed_identity"], ANY_CASE, CAMEL] = Field(
        description="managed_identity: a managed identity."
    )
    client_id: Annotated[str | None, _HIDDEN] = Field(None, description="Client ID of the identity.")
    resource_id: Annotated[str | None, _HIDDEN] = Field(None, description="Resource ID of the identity.")


class Principal(Spec):
    """A service principal."""

    type: Annotated[Literal["service_principal"], ANY_CASE, CAMEL] = Field(
        description="service_principal: a service principal with a secret."
    )
    client_id: Annotated[str | None, _HIDDEN] = Field(None, description="Client ID of the service principal.")
    client_secret: Annotated[str, Sensitive("the principal's password")] = Field(
        description="Secret of the service principal, as ${secret.NAME}."
    )
    tenant_id: Annotated[str | None, _HIDDEN] = Field(None, description="Tenant ID of the service principal.")


class AccessKey(Spec):
    """A pair of access keys, as in Amazon S3."""

    type: Annotated[Literal["access_key"], ANY_CASE, CAMEL] = Field(
        description="access_key: an access key ID and a secret key, as in Amazon S3."
    )
    access_key_id: Annotated[str, _HIDDEN] = Field(description="Access key ID.")
    secret_access_key: Annotated[str, _KEY] = Field(description="Secret access key, as ${secret.NAME}.")


class ApiKey(Spec):
    """An API key."""

    type: Annotated[Literal["api_key"], ANY_CASE, CAMEL] = Field(description="api_key: an API key.")
    key: Annotated[str, _KEY] = Field(description="API key, as ${secret.NAME}.")


class AccountKey(Spec):
    """The key of a storage account."""

    type: Annotated[Literal["account_key"], ANY_CASE, CAMEL] = Field(
        description="account_key: the key of a storage account."
    )
    account_key: Annotated[str, Sensitive("opens the whole account")] = Field(
        description="Account key, as ${secret.NAME}."
    )


class Caller(Spec):
    """The caller's identity (``aad``), or anonymous access (``none``)."""

    type: Annotated[Literal["aad", "none"], ANY_CASE, CAMEL] = Field(
        description="aad: the caller's identity; none: anonymous access."
    )


_SILENT: Final = ServiceValue("none, or the caller's identity, by default")
_Any = Token | SasToken | Password | AssignedIdentity | Principal | AccessKey | ApiKey | AccountKey | Caller


class ConnectionBody(Spec):
    """What all connections have. They have no description, and tags are a former name of ``metadata``."""

    schema_: Annotated[str | None, Metadata("tells editors the kind")] = Field(
        None, alias="$schema", description="URL of the CLI v2 schema; editors use it, amlctl ignores it."
    )
    name: Annotated[str | None, Metadata("the key in the spec is the name")] = Field(
        None, description="Name of the connection. In a spec, the key is the name."
    )
    id: Annotated[str | None, Computed("set by the service")] = Field(None, description="Read-only: Azure resource ID.")
    creation_context: Annotated[dict[str, Any] | None, Computed("read-only status of the resource")] = Field(
        None, description="Read-only: who created the connection, and when."
    )
    metadata: dict[str, Text | None] | None = Field(
        None, description="Metadata: key-value pairs that the service stores with the connection."
    )
    is_shared: Annotated[Flag | None, ServiceValue("true by default")] = Field(
        None, description="Whether other projects of the same hub can use the connection. Default: true."
    )


class Service(ConnectionBody):
    """A service without additional fields."""

    type: Literal[
        "git", "python_feed", "container_registry", "s3", "snowflake", "azure_sql_db", "azure_synapse_analytics",
        "azure_my_sql_db", "azure_postgres_db", "custom",
    ] = Field(description="Type of the service.")  # fmt: skip
    target: str = Field(description="URL of the service.")
    credentials: Annotated[_Any | None, _SILENT] = Field(None, description="Credentials. Default: none.")


class DataLake(ConnectionBody):
    """Azure Data Lake Storage Gen2."""

    type: Literal["azure_data_lake_gen2"] = Field(description="azure_data_lake_gen2: Azure Data Lake Storage Gen2.")
    target: str = Field(description="URL of the file system.")
    credentials: Annotated[AssignedIdentity | Principal | Caller | None, _SILENT] = Field(
        None, description="Credentials. Default: the caller's identity is used."
    )


class BlobStore(ConnectionBody):
    """A container of Azure Blob Storage."""

    type: Literal["azure_blob"] = Field(description="azure_blob: a container of Azure Blob Storage.")
    url: str = Field(description="URL of the container.")
    account_name: str = Field(description="Name of the storage account.")
    container_name: str = Field(description="Name of the container.")
    credentials: Annotated[SasToken | AccountKey | Caller | None, _SILENT] = Field(
        None, description="Credentials. Default: the caller's identity is used."
    )


class LakeHouse(Spec):
    """A lakehouse in OneLake."""

    type: Annotated[Literal["lake_house"], CAMEL] = Field(description="lake_house: a lakehouse.")
    name: str = Field(description="Name or ID of the lakehouse.")


class OneLake(ConnectionBody):
    """A lake house in OneLake: its address, or what makes it up."""

    type: Literal["azure_one_lake"] = Field(description="azure_one_lake: a lakehouse in Microsoft OneLake.")
    target: Annotated[str | None, ServiceValue("made of the other fields")] = Field(
        None, description="URL of the lakehouse. Default: built from endpoint, one_lake_workspace_name and artifact."
    )
    endpoint: Annotated[str | None, _KEPT_AS_TARGET] = Field(
        None, description="Host name of OneLake, such as onelake.dfs.fabric.microsoft.com."
    )
    one_lake_workspace_name: Annotated[str | None, _KEPT_AS_TARGET] = Field(
        None, description="Name or ID of the Fabric workspace."
    )
    artifact: Annotated[LakeHouse | None, _KEPT_AS_TARGET] = Field(None, description="The lakehouse.")
    credentials: Annotated[Principal | Caller | None, _SILENT] = Field(
        None, description="Credentials. Default: the caller's identity is used."
    )


class AzureService(ConnectionBody):
    """An Azure AI resource, accessed with a key or the caller's identity."""

    type: Literal["azure_ai_search", "azure_content_safety", "azure_speech_services"] = Field(
        description="Type of the Azure AI resource."
    )
    endpoint: str = Field(description="URL of the resource.")
    api_key: Annotated[str | None, _KEY] = Field(
        None, description="API key, as ${secret.NAME}. Default: the caller's identity is used."
    )


class AiServices(AzureService):
    """An Azure AI services resource."""

    type: Literal["azure_ai_services"] = Field(description="azure_ai_services: an Azure AI services resource.")  # type: ignore[assignment]
    ai_services_resource_id: str = Field(description="Resource ID of the Azure AI services resource.")


class AzureOpenAi(ConnectionBody):
    """An Azure OpenAI resource."""

    type: Literal["azure_open_ai"] = Field(description="azure_open_ai: an Azure OpenAI resource.")
    azure_endpoint: str = Field(description="URL of the Azure OpenAI resource.")
    api_key: Annotated[str | None, _KEY] = Field(
        None, description="API key, as ${secret.NAME}. Default: the caller's identity is used."
    )
    api_version: Text | None = Field(None, description="Version of the API, such as 2024-02-01.")
    open_ai_resource_id: str | None = Field(None, description="Resource ID of the Azure OpenAI resource.")


class KeyedApi(ConnectionBody):
    """An API with a key."""

    type: Literal["api_key"] = Field(description="api_key: any API with a key.")
    api_base: str = Field(description="URL of the API.")
    api_key: Annotated[str, _KEY] = Field(description="API key, as ${secret.NAME}.")


class Serverless(ConnectionBody):
    """A serverless endpoint."""

    type: Literal["serverless"] = Field(description="serverless: a serverless endpoint.")
    endpoint: str = Field(description="URL of the endpoint.")
    api_key: Annotated[str, _KEY] = Field(description="API key, as ${secret.NAME}.")


class KeyOnly(ConnectionBody):
    """A service with a fixed URL."""

    type: Literal["open_ai", "serp"] = Field(description="open_ai: OpenAI; serp: Serp.")
    api_key: Annotated[str, _KEY] = Field(description="API key, as ${secret.NAME}.")


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    """Source: azure-ai-ml, ``MicrosoftOneLakeConnectionSchema``."""
    if variant != "azure_one_lake" or body.get("target") is not None:
        return
    for needed in ("endpoint", "one_lake_workspace_name", "artifact"):
        if body.get(needed) is None:
            yield BodyProblem(
                (),
                "missing-field",
                f"A connection to OneLake without 'target' needs '{needed}'.",
                f"Add '{needed}: …', or 'target: https://…'.",
            )


_CATEGORIES: Final = {
    "custom": "CustomKeys",
    "azure_data_lake_gen2": "ADLSGen2",
    "azure_ai_search": "CognitiveSearch",
    "azure_ai_services": "AIServices",
    "azure_open_ai": "AzureOpenAI",
    "open_ai": "OpenAI",
    "azure_content_safety": "CognitiveService",
    "azure_speech_services": "CognitiveService",
}
"""Categories that are not the type in Pascal case. Source: azure-ai-ml, ``ConnectionTypes``."""

_SERVICES: Final = {"azure_content_safety": "Content Safety", "azure_speech_services": "speech"}
"""The metadata ``Kind`` that tells services of one category apart. Source: azure-ai-ml, ``CognitiveServiceKinds``."""

_TARGETS: Final = {"azure_blob": "url", "azure_open_ai": "azure_endpoint", "api_key": "api_base"} | dict.fromkeys(
    ("azure_ai_search", "azure_content_safety", "azure_speech_services", "azure_ai_services", "serverless"), "endpoint"
)
"""What the target is called where it has a name of its own. Source: azure-ai-ml, ``CONNECTION_ALTERNATE_TARGET_NAMES``."""

_FIELDS: Final = {
    "azure_blob": {"ContainerName": "container_name", "AccountName": "account_name"},
    "azure_open_ai": {"ApiVersion": "api_version", "ResourceId": "open_ai_resource_id", "ApiType": ""},
    "azure_ai_services": {"ResourceId": "ai_services_resource_id"},
    "azure_content_safety": {"Kind": ""},
    "azure_speech_services": {"Kind": ""},
}
"""Fields that the service keeps among the metadata. Source: azure-ai-ml, ``_get_required_metadata_fields``."""

_AUTH: Final = {"pat": "PAT", "sas": "SAS", "aad": "AAD"}
_WIRE_NAMES: Final = {"sas_token": "sas", "account_key": "sas"}
"""Members of credentials with another name on the wire. Source: azure-ai-ml, ``_to_workspace_connection_rest_object``."""


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """Marks of ownership go among the metadata, and OneLake has an endpoint even where its whole address is said.

    Source: azure-ai-ml, ``WorkspaceConnection``, of which tags are metadata; ``MicrosoftOneLakeConnection``.
    """
    marks = body.pop("tags", None) or {}
    if body.get("type") == "azure_one_lake" and body.get("target"):
        body.setdefault("endpoint", str(body["target"]).removeprefix("https://").partition("/")[0])
    return {**body, "metadata": {**(body.get("metadata") or {}), **marks}}


def _returned(body: dict[str, Any]) -> dict[str, Any]:
    """Metadata without what stands in fields; the target under its own name; a key only says that there is one."""
    kind = str(body.get("type"))
    metadata = {name: text for name, text in (body.get("metadata") or {}).items() if name not in _FIELDS.get(kind, {})}
    marks = {name: metadata.pop(name) for name in MARK_TAGS if name in metadata}
    drop = {"tags", "metadata", *(("endpoint",) if kind == "azure_one_lake" else ())}
    if kind in _TARGETS or kind in _KEYED:
        drop.add("target")
    if kind in _KEYED:
        drop.add("credentials")
    found = {name: value for name, value in body.items() if name not in drop}
    return {**found, **({"metadata": metadata} if metadata else {}), **({"tags": marks} if marks else {})}


_KEYED: Final = frozenset({"open_ai", "serp", *_TARGETS} - {"azure_blob"})
"""Types with ``api_key`` in the place of credentials."""


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(body.get("type")).lower()
    inside = {name: body.get(field) for name, field in _FIELDS.get(kind, {}).items() if field and body.get(field)}
    if kind in _SERVICES:
        inside["Kind"] = _SERVICES[kind]
    target = body.get(_TARGETS.get(kind, "target"))
    if target is None and kind == "azure_one_lake":
        name = (body.get("artifact") or {}).get("name")
        target = f"https://{body.get('endpoint')}/{body.get('one_lake_workspace_name')}/{name}.Lakehouse"
    silent = "none" if kind in Service.model_fields["type"].annotation.__args__ else "aad"  # type: ignore[union-attr]
    given = dict(body.get("credentials") or {"type": silent})
    if body.get("api_key"):
        given = {"type": "api_key", "key": body["api_key"]}
    form = str(given.pop("type")).lower()
    return {
        "category": _CATEGORIES.get(kind, pascal(kind)),
        "authType": _AUTH.get(form, pascal(form)),
        "target": target,
        "metadata": {**(body.get("metadata") or {}), **inside},
        "isSharedToAll": body.get("is_shared", True),
        "credentials": {_WIRE_NAMES.get(name, camel(name)): value for name, value in given.items()} or None,
    }


def _body(properties: Mapping[str, Any]) -> dict[str, Any]:
    metadata = dict(properties.get("metadata") or {})
    category = folded(properties.get("category"))
    alike = [kind for kind in _TYPES if category in (folded(kind), folded(_CATEGORIES.get(kind, kind)))]
    service = str(metadata.get("Kind")).lower()
    kind = next((one for one in alike if _SERVICES.get(one, service).lower() == service), "custom")
    fields = {field: metadata.pop(name, None) for name, field in _FIELDS.get(kind, {}).items()}
    fields.pop("", None)
    form = next((name for name in _FORMS if folded(name) == folded(properties.get("authType"))), "none")
    given = {
        name: (properties.get("credentials") or {}).get(_WIRE_NAMES.get(name, camel(name))) for name in _FORMS[form]
    }
    keyed = (
        {"api_key": given.get("key")} if kind in _KEYED else {"credentials": {"type": form, **without_nothing(given)}}
    )
    return {
        "type": kind,
        _TARGETS.get(kind, "target"): properties.get("target"),
        **fields,
        **keyed,
        "metadata": metadata or None,
        "is_shared": properties.get("isSharedToAll"),
    }


_FORMS: Final = {
    name: tuple(field for field in model.model_fields if field != "type")
    for model in (Token, SasToken, Password, AssignedIdentity, Principal, AccessKey, ApiKey, AccountKey, Caller)
    for name in model.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
}
"""Fields of each form of credentials."""

_MODELS: Final = (
    Service, DataLake, BlobStore, OneLake, AzureService, AiServices, AzureOpenAi, KeyedApi, Serverless, KeyOnly
)  # fmt: skip
_TYPES: Final[dict[str, type[Spec]]] = {
    name: model
    for model in _MODELS
    for name in model.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
}

_READERS: Final = dict.fromkeys(_TYPES, "workspace.connections:WorkspaceConnectionSchema") | {
    name: f"workspace.connections:{schema}ConnectionSchema"
    for name, schema in {
        "azure_blob": "AzureBlobStore",
        "azure_one_lake": "MicrosoftOneLake",
        "azure_ai_search": "AzureAISearch",
        "azure_content_safety": "AzureContentSafety",
        "azure_speech_services": "AzureSpeechServices",
        "azure_ai_services": "AzureAIServices",
        "azure_open_ai": "AzureOpenAI",
        "api_key": "APIKey",
        "open_ai": "OpenAI",
        "serp": "Serp",
        "serverless": "Serverless",
    }.items()
}

KIND: Final = Kind(
    key="connections",
    order=110,
    title="connection",
    identity=Identity.NAMED,
    variants=_TYPES,
    variant=variant_by_type(any_case=True),
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}",
        "3 to 33 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, workspaces/connections",
    ),
    azure=AzureBinding(
        "connections",
        loader="load_connection",
        create="create_or_update",
        remove="delete",
        driver="named",
        for_loader=_for_loader,
        returned=_returned,
        typed=True,
        readers=_READERS,
        listing={"include_data_connections": True},
    ),
    behaviour=WRITTEN,
    local=replace(LOCAL_RECORD, reveals=True),
    wire=RecordWire(
        collection="connections",
        properties=_properties,
        body=_body,
        marks="metadata",
        hidden=("credentials",),
        secrets="listsecrets",
    ),
    source="Azure ML CLI v2 YAML reference: connections",
    schemas=("workspaceConnection", "connection"),
    shape=("azure_endpoint", "api_base"),
    renamed_fields={"tags": "metadata"},
    removal=Removal.DELETE,
    problems=_problems,
    attributes=("id", "name"),
)
