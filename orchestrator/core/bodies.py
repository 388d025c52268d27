"""Pieces that bodies of several kinds have in common, as the Azure ML CLI v2 YAML schemas have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, Strict, WithJsonSchema

from orchestrator.core.field_mark import Alias, AsWritten, Computed, Files, Keyed, Metadata, Passive, Ref, Spelling
from orchestrator.core.folds import bare_resource_name, identity_id, lower, scalar_text, seconds
from orchestrator.core.kind import Spec

Whole: TypeAlias = Annotated[int, Strict()]
Flag: TypeAlias = Annotated[bool, Strict()]
Number: TypeAlias = Annotated[int, Strict()] | Annotated[float, Strict()]
Scalar: TypeAlias = str | Flag | Number


AS_SECONDS: Final = Alias("the service writes seconds as ISO 8601 durations", fold=seconds)
AS_TEXT: Final = Alias("the service keeps scalars as text", fold=scalar_text)
ON_OR_OFF: Final = Alias(
    "the service has true and false as texts",
    fold=lambda value: {"true": True, "false": False}.get(str(value).lower(), value),
)
ANY_CASE: Final = Alias("the service changes the case", fold=lower)
CAMEL: Final = Spelling("the service writes it as one word", camel=True)
EXACT: Final = Spelling("the service knows no other spelling", exact=True)

WRITTEN: Final = AsWritten("a text, whatever it looks like")
_SCALAR: Final = WithJsonSchema({"type": ["string", "boolean", "number"]})

Text: TypeAlias = Annotated[Scalar, AS_TEXT, WRITTEN, _SCALAR]
"""A text in a mapping from names: ``1.10`` stays ``1.10``."""

Words: TypeAlias = Annotated[Scalar, AsWritten("a text, whatever it looks like", blank=True), _SCALAR]
"""A text for people; none is as good as an empty one."""

Version: TypeAlias = Annotated[Scalar, AS_TEXT, WRITTEN, _SCALAR]
"""A version is text; the service's own loader takes numbers as well."""

Tags: TypeAlias = Annotated[dict[str, Text | None], Metadata("tags only label")]
Properties: TypeAlias = Annotated[dict[str, Text | None], Metadata("properties label; the service adds its own")]
Environ: TypeAlias = dict[str, Text | None]


class Named(Spec):
    """What every resource body has.

    ``$schema`` and ``name`` are read and left out: the kind follows from the section, the name from the key.
    """

    schema_: Annotated[str | None, Metadata("tells editors the kind")] = Field(None, alias="$schema")
    name: Annotated[str | None, Metadata("the key in the spec is the name")] = None
    description: Annotated[Words | None, Metadata("a description only labels")] = Field(None, description="For people.")
    id: Annotated[str | None, Computed("given by the service")] = None
    creation_context: Annotated[dict[str, Any] | None, Computed("a fact about the live resource")] = None


class Resource(Named):
    """A body that takes tags."""

    tags: Tags | None = Field(None, description="Labels: name to value.")


DATA_FILES: Final = Files("the bytes are the data")
UPLOADED_TO: Final = Passive("where local files are uploaded to")


class FileAsset(Resource):
    """What assets that are files have: data and models. Each says more of `type`, `path` and `version`."""

    type: str | None = None
    path: Annotated[str, DATA_FILES]
    version: Version | None = None
    datastore: Annotated[str | None, UPLOADED_TO] = None
    properties: Properties | None = None


class ServiceIdentity(Spec):
    """The identity under which a compute or endpoint acts."""

    type: Annotated[
        Literal["system_assigned", "user_assigned", "system_assigned,user_assigned", "none"], ANY_CASE, CAMEL
    ]
    user_assigned_identities: (
        Annotated[
            list[Annotated[UserAssignedIdentity | str, Alias("Azure compares ids without case", fold=identity_id)]],
            Keyed("identities have no order", key="resource_id"),
        ]
        | None
    ) = None
    principal_id: Annotated[str | None, Computed("given by the service")] = None
    tenant_id: Annotated[str | None, Computed("given by the service")] = None


class UserAssignedIdentity(Spec):
    """A managed identity made by the user."""

    resource_id: str | None = None
    client_id: str | None = None
    principal_id: str | None = None


class ManagedIdentity(Spec):
    """A job runs as the compute's identity, or as one that the user made."""

    type: Annotated[Literal["managed", "managed_identity"], ANY_CASE, CAMEL]
    client_id: str | None = None
    object_id: str | None = None


class CallerIdentity(Spec):
    """A job runs as whoever submits it, or with the workspace's token."""

    type: Annotated[Literal["user_identity", "aml_token"], ANY_CASE, CAMEL]


JobIdentity: TypeAlias = ManagedIdentity | CallerIdentity

PathMode: TypeAlias = Literal["ro_mount", "download", "direct", "eval_mount", "eval_download"]
AssetType: TypeAlias = Literal["uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model"]

CODE_FILES: Final = Files("the code is what runs", gitignore=True)
TEXT_FILE: Final = Files("the text counts, not its line ends", text=True)
ASSET: Final = Ref("the bytes come from there")
"""The section follows from the sibling ``type``: data, or models for the model types."""


class DataInput(Spec):
    """Data or a model that goes into a job."""

    type: AssetType | None = None
    path: Annotated[str, DATA_FILES, ASSET] = Field(
        description="A local path, a URL, an asset (azureml:NAME:VERSION) or a job's output."
    )
    mode: Annotated[PathMode | None, Passive("how the bytes reach the job, not which")] = None
    path_on_compute: Annotated[str | None, Passive("where the job finds it, not what it is")] = None
    datastore: Annotated[str | None, Passive("where a local path is uploaded to")] = None


class LiteralInput(Spec):
    """A number, text or switch that goes into a job, with its type."""

    type: Literal["integer", "number", "boolean", "string"] | None = None
    value: Annotated[Scalar | None, AS_TEXT] = None


class Output(Spec):
    """Where a job leaves a result."""

    type: AssetType | None = None
    path: Annotated[str | None, Passive("where the bytes go, not which")] = None
    mode: Annotated[Literal["rw_mount", "mount", "upload", "direct"] | None, Passive("how the bytes leave")] = None
    path_on_compute: Annotated[str | None, Passive("where the job writes it, not what it is")] = None
    name: Annotated[str | None, Passive("registers the result, does not change it")] = None
    version: Annotated[Version | None, Passive("registers the result, does not change it")] = None


Inputs: TypeAlias = dict[str, Annotated[Scalar, AS_TEXT] | DataInput | LiteralInput]
Outputs: TypeAlias = dict[str, Output | None]


class JobResources(Spec):
    """The machines a job runs on."""

    instance_count: Whole | None = Field(None, ge=1)
    max_instance_count: Whole | None = Field(None, ge=1)
    instance_type: str | list[str] | None = None
    locations: list[str] | None = None
    properties: dict[str, Any] | None = None
    shm_size: str | None = None
    docker_args: str | list[str] | None = None


class QueueSettings(Spec):
    """How a job waits for serverless machines."""

    job_tier: Annotated[Literal["spot", "basic", "standard", "premium", "null"] | None, ANY_CASE] = None
    priority: Annotated[Literal["low", "medium", "high"] | None, ANY_CASE] = None


class JobService(Spec):
    """A way to look into a running job."""

    type: str | None = None
    port: Whole | None = None
    ssh_public_keys: str | None = None
    log_dir: str | None = None
    nodes: Annotated[Literal["all"] | None, EXACT] = None
    properties: dict[str, Any] | None = None
    endpoint: Annotated[str | None, Computed("given by the service")] = None
    status: Annotated[str | None, Computed("a fact about the run")] = None
    error_message: Annotated[str | None, Computed("a fact about the run")] = None


class Job(Resource):
    """What all jobs have."""

    display_name: Annotated[Words | None, Metadata("a name for people")] = None
    experiment_name: Annotated[str | None, Passive("where the run is listed, not what it does")] = None
    properties: Properties | None = None
    compute: Annotated[
        str | None,
        Ref("the same work on another machine is the same work", kind="compute", cascades=False, bare=True),
        Passive("the same work on another machine is the same work"),
        Alias("azureml: before a compute's name says nothing, and its case neither", fold=bare_resource_name),
    ] = Field(None, description="azureml:NAME of a compute; nothing means serverless.")
    identity: Annotated[JobIdentity | None, Passive("who runs it, not what it does")] = None
    resources: Annotated[JobResources | None, Passive("where it runs, not what it does")] = None
    queue_settings: Annotated[QueueSettings | None, Passive("how long it waits, not what it does")] = None
    services: Annotated[dict[str, JobService] | None, Passive("ways to look in, not what it does")] = None
    outputs: Outputs | None = None
    status: Annotated[str | None, Computed("a fact about the run")] = None
    log_files: Annotated[dict[str, str] | None, Computed("the service fills it in")] = None


class BuildContext(Spec):
    """A folder with a Dockerfile."""

    path: Annotated[str, replace(CODE_FILES, entry="dockerfile_path", usual="Dockerfile")]
    dockerfile_path: str | None = None


class Route(Spec):
    """A path and port of a scoring container."""

    path: str
    port: Whole


class InferenceConfig(Spec):
    """Where a scoring container answers."""

    liveness_route: Route
    readiness_route: Route
    scoring_route: Route


class EnvironmentContent(Spec):
    """What an environment consists of: an image, packages on top of it, or a folder to build from."""

    image: str | None = Field(None, description="A container image.")
    conda_file: Annotated[str, replace(TEXT_FILE, conda=True)] | dict[str, Any] | None = Field(
        None, description="A conda file, or its content."
    )
    build: BuildContext | None = None
    inference_config: InferenceConfig | None = None
    datastore: Annotated[str | None, UPLOADED_TO] = None
    os_type: Annotated[Literal["linux", "windows", "Linux", "Windows"] | None, ANY_CASE] = None


class InlineEnvironment(EnvironmentContent, Resource):
    """An environment without a life of its own, inside a job or deployment."""

    version: Version | None = None


EnvironmentRef: TypeAlias = Annotated[str, Ref("runs in it", kind="environments")] | InlineEnvironment


def special(value: Any) -> bool:
    """Whether a value is none of plain data: a reference, a secret, … whose text nobody knows yet."""
    return not isinstance(value, str | int | float | bool | Mapping | list | type(None))
