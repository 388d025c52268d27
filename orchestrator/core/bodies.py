"""Pieces that bodies of several kinds have in common, as the Azure ML CLI v2 YAML schemas have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, Strict, WithJsonSchema

from orchestrator.core.field_mark import Alias, AsWritten, Computed, Files, Keyed, Metadata, Passive, Ref, Spelling
from orchestrator.core.folds import bare_resource_name, identity_id, lower, scalar_text, seconds
from orchestrator.core.kind import Spec
from orchestrator.core.routes import InferenceConfig

Whole: TypeAlias = Annotated[int, Strict()]
Flag: TypeAlias = Annotated[bool, Strict()]
Number: TypeAlias = Annotated[int, Strict()] | Annotated[float, Strict()]
Scalar: TypeAlias = str | Flag | Number


AS_SECONDS: Final = Alias("the service writes seconds as ISO 8601 durations", fold=seconds)
AS_TEXT: Final = Alias("the service stores scalars as strings", fold=scalar_text)
ON_OR_OFF: Final = Alias(
    "the service stores booleans as strings",
    fold=lambda value: {"true": True, "false": False}.get(str(value).lower(), value),
)
ANY_CASE: Final = Alias("the service changes the case", fold=lower)
CAMEL: Final = Spelling("the service writes it as one word", camel=True)
EXACT: Final = Spelling("the service knows no other spelling", exact=True)

WRITTEN: Final = AsWritten("always a string")
_SCALAR: Final = WithJsonSchema({"type": ["string", "boolean", "number"]})

Text: TypeAlias = Annotated[Scalar, AS_TEXT, WRITTEN, _SCALAR]
"""A text in a mapping from names: ``1.10`` stays ``1.10``."""

Words: TypeAlias = Annotated[Scalar, AsWritten("always a string", blank=True), _SCALAR]
"""A text for people; none is as good as an empty one."""

Version: TypeAlias = Annotated[Scalar, AS_TEXT, WRITTEN, _SCALAR]
"""A version is text; the service's own loader takes numbers as well."""

Tags: TypeAlias = Annotated[dict[str, Text | None], Metadata("tags are labels only")]
Properties: TypeAlias = Annotated[
    dict[str, Text | None], Metadata("properties are labels only; the service adds its own")
]
Environ: TypeAlias = dict[str, Text | None]


class Named(Spec):
    """What every resource body has.

    ``$schema`` and ``name`` are read and left out: the kind follows from the section, the name from the key.
    """

    schema_: Annotated[str | None, Metadata("tells editors the kind")] = Field(None, alias="$schema")
    name: Annotated[str | None, Metadata("the key in the spec is the name")] = None
    description: Annotated[Words | None, Metadata("a description is a label only")] = Field(
        None, description="A description."
    )
    id: Annotated[str | None, Computed("set by the service")] = None
    creation_context: Annotated[dict[str, Any] | None, Computed("read-only status of the resource")] = None


class Resource(Named):
    """A body that takes tags."""

    tags: Tags | None = Field(None, description="Labels: name to value.")


DATA_FILES: Final = Files("the bytes are the data")
UPLOADED_TO: Final = Passive("where local files are uploaded to")


class FileAsset(Resource):
    """What assets that are files have: data and models. Each says more of `type`, `path` and `version`."""

    type: str | None = Field(None, description="What the files are.")
    path: Annotated[str, DATA_FILES] = Field(description="A local path, a URL, a datastore's path or a job's output.")
    version: Version | None = Field(None, description="Pins the version (default: the digest of the content).")
    datastore: Annotated[str | None, UPLOADED_TO] = Field(
        None, description="azureml:NAME of the datastore for local files; the workspace's own if left out."
    )
    properties: Properties | None = Field(None, description="Labels that programs read.")


class ServiceIdentity(Spec):
    """The identity under which a compute or endpoint acts."""

    type: Annotated[
        Literal["system_assigned", "user_assigned", "system_assigned,user_assigned", "none"], ANY_CASE, CAMEL
    ] = Field(description="system_assigned, user_assigned or none.")
    user_assigned_identities: (
        Annotated[
            list[Annotated[UserAssignedIdentity | str, Alias("Azure compares ids without case", fold=identity_id)]],
            Keyed("identities have no order", key="resource_id"),
        ]
        | None
    ) = Field(None, description="The identities, for user_assigned.")
    principal_id: Annotated[str | None, Computed("set by the service")] = None
    tenant_id: Annotated[str | None, Computed("set by the service")] = None


class UserAssignedIdentity(Spec):
    """A managed identity made by the user."""

    resource_id: str | None = Field(None, description="The identity's resource id.")
    client_id: str | None = Field(None, description="The identity's client id.")
    principal_id: str | None = Field(None, description="The identity's object id.")


class ManagedIdentity(Spec):
    """A job runs as the compute's identity, or as one that the user made."""

    type: Annotated[Literal["managed", "managed_identity"], ANY_CASE, CAMEL] = Field(
        description="managed: the compute's identity."
    )
    client_id: str | None = Field(None, description="Client id of one of the compute's user-assigned identities.")
    object_id: str | None = Field(None, description="Object id of that identity.")


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

    type: AssetType | None = Field(None, description="What the input is; uri_folder if left out.")
    path: Annotated[str, DATA_FILES, ASSET] = Field(
        description="A local path, a URL, an asset (azureml:NAME:VERSION) or a job's output."
    )
    mode: Annotated[PathMode | None, Passive("affects how data reaches the job, not which data")] = Field(
        None, description="How the job gets the bytes: mounted, downloaded or as a URL."
    )
    path_on_compute: Annotated[str | None, Passive("affects where the job finds the data, not which data")] = Field(
        None, description="Where the job finds them on its machine."
    )
    datastore: Annotated[str | None, Passive("where a local path is uploaded to")] = Field(
        None, description="azureml:NAME of the datastore for a local path."
    )


class LiteralInput(Spec):
    """A number, text or switch that goes into a job, with its type."""

    type: Literal["integer", "number", "boolean", "string"] | None = Field(None, description="The type of the value.")
    value: Annotated[Scalar | None, AS_TEXT] = Field(None, description="The value.")


class Output(Spec):
    """Where a job leaves a result."""

    type: AssetType | None = Field(None, description="What the output is; uri_folder if left out.")
    path: Annotated[str | None, Passive("affects where data is stored, not which data")] = Field(
        None, description="Where it is stored; the workspace's own datastore if left out."
    )
    mode: Annotated[
        Literal["rw_mount", "mount", "upload", "direct"] | None, Passive("affects how data is written, not which data")
    ] = Field(None, description="How the bytes leave the job's machine.")
    path_on_compute: Annotated[str | None, Passive("affects where the job writes the data, not which data")] = Field(
        None, description="Where the job writes it on its machine."
    )
    name: Annotated[str | None, Passive("affects registration only, not the result")] = Field(
        None, description="Registers the output as an asset of this name."
    )
    version: Annotated[Version | None, Passive("affects registration only, not the result")] = Field(
        None, description="Version of that asset; the next number if left out."
    )


Inputs: TypeAlias = dict[str, Annotated[Scalar, AS_TEXT] | DataInput | LiteralInput]
Outputs: TypeAlias = dict[str, Output | None]


class JobResources(Spec):
    """The machines a job runs on."""

    instance_count: Whole | None = Field(None, ge=1, description="Number of machines.")
    max_instance_count: Whole | None = Field(None, ge=1, description="The most machines that an elastic job may use.")
    instance_type: str | list[str] | None = Field(None, description="Size of the machines, such as Standard_DS3_v2.")
    locations: list[str] | None = Field(None, description="Regions in which the job may run.")
    properties: dict[str, Any] | None = Field(None, description="Further settings of the compute.")
    shm_size: str | None = Field(None, description="Shared memory of the container, such as 2g.")
    docker_args: str | list[str] | None = Field(None, description="Further arguments of docker run.")


class QueueSettings(Spec):
    """How a job waits for serverless machines."""

    job_tier: Annotated[Literal["spot", "basic", "standard", "premium", "null"] | None, ANY_CASE] = None
    priority: Annotated[Literal["low", "medium", "high"] | None, ANY_CASE] = Field(
        None, description="Place in the queue."
    )


class JobService(Spec):
    """A way to look into a running job."""

    type: str | None = Field(None, description="ssh, jupyter_lab, tensor_board, vs_code or custom.")
    port: Whole | None = Field(None, description="Port inside the job.")
    ssh_public_keys: str | None = Field(None, description="Who may log in, for ssh.")
    log_dir: str | None = Field(None, description="Folder that TensorBoard shows.")
    nodes: Annotated[Literal["all"] | None, EXACT] = Field(
        None, description="all: on every node; otherwise on the first."
    )
    properties: dict[str, Any] | None = Field(None, description="Further settings of the service.")
    endpoint: Annotated[str | None, Computed("set by the service")] = None
    status: Annotated[str | None, Computed("read-only status of the run")] = None
    error_message: Annotated[str | None, Computed("read-only status of the run")] = None


class AnyJob(Resource):
    """What all jobs have, whatever they run on."""

    display_name: Annotated[Words | None, Metadata("a display name")] = Field(
        None, description="Name for people; need not be unique."
    )
    experiment_name: Annotated[str | None, Passive("affects where the run is listed only")] = None
    properties: Properties | None = Field(None, description="Labels that programs read.")
    compute: Annotated[
        str | None,
        Ref("affects where it runs only", kind="compute", cascades=False, bare=True),
        Passive("affects where it runs only"),
        Alias("the azureml: prefix and the case of a compute's name are ignored", fold=bare_resource_name),
    ] = Field(None, description="azureml:NAME of a compute (default: serverless).")
    identity: Annotated[JobIdentity | None, Passive("affects who runs it only")] = None
    services: Annotated[dict[str, JobService] | None, Passive("affects interactive access only")] = None
    outputs: Outputs | None = Field(None, description="Name to output.")
    status: Annotated[str | None, Computed("read-only status of the run")] = None
    log_files: Annotated[dict[str, str] | None, Computed("set by the service")] = None


class Job(AnyJob):
    """What jobs have that run on machines of the workspace."""

    resources: Annotated[JobResources | None, Passive("affects where it runs only")] = None
    queue_settings: Annotated[QueueSettings | None, Passive("affects how long it waits only")] = None


class BuildContext(Spec):
    """A folder with a Dockerfile."""

    path: Annotated[str, replace(CODE_FILES, entry="dockerfile_path", usual="Dockerfile")] = Field(
        description="The folder."
    )
    dockerfile_path: str | None = Field(None, description="The Dockerfile inside the folder; Dockerfile if left out.")


class EnvironmentContent(Spec):
    """What an environment consists of: an image, packages on top of it, or a folder to build from."""

    image: str | None = Field(None, description="A container image.")
    conda_file: Annotated[str, replace(TEXT_FILE, conda=True)] | dict[str, Any] | None = Field(
        None, description="A conda file, or its content."
    )
    build: BuildContext | None = Field(None, description="A folder with a Dockerfile from which the image is built.")
    inference_config: InferenceConfig | None = Field(None, description="Where the image's own scoring server answers.")
    datastore: Annotated[str | None, UPLOADED_TO] = Field(
        None, description="azureml:NAME of the datastore for the build folder."
    )
    os_type: Annotated[Literal["linux", "windows", "Linux", "Windows"] | None, ANY_CASE] = None


class InlineEnvironment(EnvironmentContent, Resource):
    """An environment without a life of its own, inside a job or deployment."""

    version: Version | None = None


EnvironmentRef: TypeAlias = Annotated[str, Ref("runs in it", kind="environments")] | InlineEnvironment


def special(value: Any) -> bool:
    """Whether a value is none of plain data: a reference, a secret, … whose text nobody knows yet."""
    return not isinstance(value, str | int | float | bool | Mapping | list | type(None))
