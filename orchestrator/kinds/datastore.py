"""Datastores: storage accounts that a workspace knows by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, WRITTEN
from orchestrator.core.bodies import ANY_CASE, CAMEL, Resource
from orchestrator.core.field_mark import Immutable, Sensitive, ServiceValue, WriteOnly
from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.rules import variant_by_type

_MOVED: Final = "registered assets refer to paths in it, so a different location is a different datastore"
_HIDDEN: Final = WriteOnly("the service never returns credentials")
_ENDPOINT: Final = ServiceValue("the address of the public cloud by default")


class KeyOrToken(Spec):
    """An account key or a SAS token. Without one, the caller's identity is used."""

    account_key: Annotated[str | None, Sensitive("opens the whole account")] = Field(
        None, description="Account key, as ${secret.NAME}."
    )
    sas_token: Annotated[str | None, Sensitive("opens part of the account")] = Field(
        None, description="SAS token, as ${secret.NAME}."
    )


class SecretPrincipal(Spec):
    """A service principal with a secret. Without one, the caller's identity is used."""

    tenant_id: Annotated[str | None, _HIDDEN] = Field(None, description="Tenant ID of the service principal.")
    client_id: Annotated[str | None, _HIDDEN] = Field(None, description="Client ID of the service principal.")
    client_secret: Annotated[str | None, Sensitive("the principal's password")] = Field(
        None, description="Secret of the service principal, as ${secret.NAME}."
    )
    resource_url: Annotated[str | None, _HIDDEN] = Field(
        None, description="Resource that tokens are requested for. Default: that of the storage service."
    )
    authority_url: Annotated[str | None, _HIDDEN] = Field(
        None, description="URL of the authority that issues tokens. Default: https://login.microsoftonline.com."
    )
    authority_uri: Annotated[str | None, _HIDDEN] = Field(None, description="Another spelling of authority_url.")


class Principal(SecretPrincipal):
    """A service principal with a secret or a certificate. Without one, the caller's identity is used."""

    certificate: Annotated[str | None, Sensitive("the principal's private key")] = Field(
        None, description="Private key of the service principal in PEM format, as ${secret.NAME}."
    )
    thumbprint: Annotated[str | None, _HIDDEN] = Field(None, description="Thumbprint of the certificate.")


class StorageBody(Resource):
    """What datastores of storage accounts have."""

    account_name: Annotated[str, Immutable(_MOVED)] = Field(description="Name of the storage account.")
    endpoint: Annotated[str | None, Immutable(_MOVED), _ENDPOINT] = Field(
        None, description="Endpoint suffix of the storage service. Default: core.windows.net."
    )
    protocol: Annotated[Literal["http", "https", "wasb", "wasbs", "abfs", "abfss"] | None, _ENDPOINT] = Field(
        None, description="Protocol used to access the storage. Default: https (data lakes: abfss)."
    )


class AzureBlob(StorageBody):
    """A container of Azure Blob Storage."""

    type: Literal["azure_blob"] = Field(description="azure_blob: a container of Azure Blob Storage.")
    container_name: Annotated[str, Immutable(_MOVED)] = Field(description="Name of the container.")
    credentials: KeyOrToken | None = Field(
        None, description="An account key or a SAS token. Default: the caller's identity is used."
    )


class AzureFile(StorageBody):
    """An Azure file share."""

    type: Literal["azure_file"] = Field(description="azure_file: an Azure file share.")
    file_share_name: Annotated[str, Immutable(_MOVED)] = Field(description="Name of the file share.")
    credentials: KeyOrToken = Field(description="An account key or a SAS token.")


class AzureDataLakeGen2(StorageBody):
    """A file system of Azure Data Lake Storage Gen2."""

    type: Literal["azure_data_lake_gen2"] = Field(description="azure_data_lake_gen2: Azure Data Lake Storage Gen2.")
    filesystem: Annotated[str, Immutable(_MOVED)] = Field(description="Name of the file system (container).")
    credentials: Principal | None = Field(
        None, description="A service principal. Default: the caller's identity is used."
    )


class AzureDataLakeGen1(Resource):
    """A store of Azure Data Lake Storage Gen1."""

    type: Literal["azure_data_lake_gen1"] = Field(description="azure_data_lake_gen1: Azure Data Lake Storage Gen1.")
    store_name: Annotated[str, Immutable(_MOVED)] = Field(description="Name of the Data Lake store.")
    credentials: Principal | None = Field(
        None, description="A service principal. Default: the caller's identity is used."
    )


class OneLakeArtifact(Spec):
    """A lakehouse of a Fabric workspace."""

    name: str | None = Field(None, description="Name or ID of the lakehouse.")
    type: Annotated[Literal["lake_house"] | None, ANY_CASE, CAMEL] = Field(None, description="lake_house: a lakehouse.")
    artifact_name: str | None = Field(None, description="Another spelling of name.")
    artifact_type: Annotated[Literal["lake_house"] | None, ANY_CASE, CAMEL] = Field(
        None, description="Another spelling of type."
    )


class OneLake(Resource):
    """A lakehouse of Microsoft Fabric. Source: azure-ai-ml, ``OneLakeSchema``, which takes no certificate."""

    type: Literal["one_lake"] = Field(description="one_lake: a lakehouse in Microsoft OneLake.")
    one_lake_workspace_name: Annotated[str, Immutable(_MOVED)] = Field(
        description="Name or ID of the Fabric workspace."
    )
    artifact: Annotated[OneLakeArtifact, Immutable(_MOVED)] = Field(description="The lakehouse.")
    endpoint: Annotated[str, Immutable(_MOVED)] = Field(
        description="Host name of OneLake, such as onelake.dfs.fabric.microsoft.com."
    )
    credentials: SecretPrincipal | None = Field(
        None, description="A service principal. Default: the caller's identity is used."
    )


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    artifact = body.get("artifact")
    if isinstance(artifact, Mapping) and not artifact.keys() & {"name", "artifact_name"}:
        yield BodyProblem(
            ("artifact",),
            "missing-field",
            "A OneLake datastore requires 'artifact_name'.",
            "Add 'artifact_name: …' under 'artifact'.",
        )
    credentials = body.get("credentials")
    if not isinstance(credentials, Mapping):
        return
    if "account_key" in credentials and "sas_token" in credentials:
        yield BodyProblem(
            ("credentials", "sas_token"),
            "invalid-value",
            "'account_key' and 'sas_token' are mutually exclusive.",
            "Remove 'account_key' or 'sas_token'.",
        )
    if variant == "azure_file" and not credentials.keys() & {"account_key", "sas_token"}:
        yield BodyProblem(
            ("credentials",),
            "missing-field",
            "A file share requires 'account_key' or 'sas_token'.",
            "Add 'account_key: ${secret.NAME}'.",
        )
    if credentials and variant in ("azure_data_lake_gen1", "azure_data_lake_gen2", "one_lake"):
        yield from _half_a_principal(variant, credentials)


def _half_a_principal(variant: str, credentials: Mapping[str, Any]) -> Iterable[BodyProblem]:
    for needed in ("tenant_id", "client_id"):
        if needed not in credentials:
            yield BodyProblem(
                ("credentials",),
                "missing-field",
                f"A service principal requires '{needed}'.",
                f"Add '{needed}: …' under 'credentials'.",
            )
    if not credentials.keys() & {"client_secret", "certificate", "thumbprint"}:
        yield BodyProblem(
            ("credentials",),
            "missing-field",
            "A service principal requires 'client_secret'"
            + ("." if variant == "one_lake" else ", or 'certificate' with 'thumbprint'."),
            "Add 'client_secret: ${secret.NAME}' under 'credentials'.",
        )
    if variant != "one_lake" and "certificate" in credentials and "thumbprint" not in credentials:
        yield BodyProblem(
            ("credentials",),
            "missing-field",
            "The certificate of a service principal requires 'thumbprint'.",
            "Add 'thumbprint: …' under 'credentials'.",
        )


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """A lake house's fields are called otherwise in the JSON schema and in the loader.

    Source: the published CLI schema against azure-ai-ml, ``OneLakeArtifactSchema``.
    """
    artifact = body.get("artifact")
    if isinstance(artifact, Mapping):
        body["artifact"] = {name.removeprefix("artifact_"): value for name, value in artifact.items()}
    return body


def _returned(body: dict[str, Any]) -> dict[str, Any]:
    """Credentials are never returned: an empty mapping in their place says nothing. See `_for_loader` for a lake house's names."""
    if isinstance(body.get("artifact"), dict):
        body["artifact"] = {f"artifact_{name}": value for name, value in body["artifact"].items()}
    if not body.get("credentials"):
        body.pop("credentials", None)
    return body


KIND: Final = Kind(
    key="datastores",
    order=20,
    title="datastore",
    identity=Identity.NAMED,
    variants={
        "azure_blob": AzureBlob,
        "azure_file": AzureFile,
        "azure_data_lake_gen1": AzureDataLakeGen1,
        "azure_data_lake_gen2": AzureDataLakeGen2,
        "one_lake": OneLake,
    },
    variant=variant_by_type(any_case=True),
    unsupported=("hdfs",),
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}",
        "1 to 255 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, workspaces/datastores",
    ),
    azure=AzureBinding(
        "datastores",
        loader="load_datastore",
        create="create_or_update",
        remove="delete",
        driver="named",
        opening={"include_secrets": True},
        for_loader=_for_loader,
        returned=_returned,
        readers={
            "azure_blob": "_datastore.azure_storage:AzureBlobSchema",
            "azure_file": "_datastore.azure_storage:AzureFileSchema",
            "azure_data_lake_gen1": "_datastore.adls_gen1:AzureDataLakeGen1Schema",
            "azure_data_lake_gen2": "_datastore.azure_storage:AzureDataLakeGen2Schema",
            "one_lake": "_datastore.one_lake:OneLakeSchema",
        },
    ),
    behaviour=WRITTEN,
    local=replace(
        LOCAL_RECORD,
        replaceable=True,
        inborn_is="a folder of the workspace",
        reference="azureml://datastores/{name}",
    ),
    source="Azure ML CLI v2 YAML reference: datastores (blob, file, data lake, OneLake)",
    schemas=("azureBlob", "azureFile", "azureDataLakeGen1", "azureDataLakeGen2", "oneLake", "datastore"),
    shape=("container_name", "file_share_name", "filesystem", "store_name", "one_lake_workspace_name"),
    exact_variants=True,
    removal=Removal.DELETE,
    inborn=DEFAULT_DATASTORES,
    problems=_problems,
    attributes=("id", "name"),
)
