"""Pieces that bodies of several kinds have in common, as the Azure ML CLI v2 YAML schemas have them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, Strict, WithJsonSchema

from orchestrator.core.field_mark import Alias, AsWritten, Computed, Files, Keyed, Metadata, Ref, RunSetting, Spelling
from orchestrator.core.folds import bare_resource_name, identity_id, lower, scalar_text, seconds
from orchestrator.core.kind import Spec

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

    schema_: Annotated[str | None, Metadata("tells editors the kind")] = Field(
        None, alias="$schema", description="URL of the CLI v2 schema; editors use it, amlctl ignores it."
    )
    name: Annotated[str | None, Metadata("the key in the spec is the name")] = Field(
        None, description="Name of the resource. In a spec, the key is the name."
    )
    description: Annotated[Words | None, Metadata("a description is a label only")] = Field(
        None, description="Description of the resource."
    )
    id: Annotated[str | None, Computed("set by the service")] = Field(None, description="Read-only: Azure resource ID.")
    creation_context: Annotated[dict[str, Any] | None, Computed("read-only status of the resource")] = Field(
        None, description="Read-only: creator and time of creation."
    )


class Resource(Named):
    """A body that takes tags."""

    tags: Tags | None = Field(None, description="Tags: key-value pairs.")


DATA_FILES: Final = Files("the bytes are the data")
UPLOADED_TO: Final = RunSetting("where local files are uploaded to")


class FileAsset(Resource):
    """What assets that are files have: data and models. Each says more of `type`, `path` and `version`."""

    type: str | None = Field(None, description="Type of the files.")
    path: Annotated[str, DATA_FILES] = Field(description="A local path, a URL, a datastore path or a job's output.")
    version: Version | None = Field(None, description="Version. Default: the digest of the content.")
    datastore: Annotated[str | None, UPLOADED_TO] = Field(
        None,
        description="azureml:NAME of the datastore for local files. Default: the default datastore.",
    )
    properties: Properties | None = Field(None, description="Properties: key-value pairs for programs.")


class ServiceIdentity(Spec):
    """The managed identity of a compute or endpoint."""

    type: Annotated[
        Literal["system_assigned", "user_assigned", "system_assigned,user_assigned", "none"], ANY_CASE, CAMEL
    ] = Field(description="Type of the managed identity.")
    user_assigned_identities: (
        Annotated[
            list[Annotated[UserAssignedIdentity | str, Alias("Azure compares ids without case", fold=identity_id)]],
            Keyed("identities have no order", key="resource_id"),
        ]
        | None
    ) = Field(None, description="Resource IDs of the user-assigned identities. Required for user_assigned.")
    principal_id: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: object ID of the system-assigned identity."
    )
    tenant_id: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: tenant ID of the system-assigned identity."
    )


class UserAssignedIdentity(Spec):
    """A user-assigned managed identity."""

    resource_id: str | None = Field(None, description="Resource ID of the identity.")
    client_id: str | None = Field(None, description="Client ID of the identity.")
    principal_id: str | None = Field(None, description="Object ID of the identity.")


class ManagedIdentity(Spec):
    """A job runs as the compute's identity, or as one that the user made."""

    type: Annotated[Literal["managed", "managed_identity"], ANY_CASE, CAMEL] = Field(
        description="managed (or managed_identity): the compute's managed identity."
    )
    client_id: str | None = Field(None, description="Client ID of a user-assigned identity of the compute.")
    object_id: str | None = Field(None, description="Object ID of that identity.")


class CallerIdentity(Spec):
    """The identity of the user who submits the job, or the workspace's token."""

    type: Annotated[Literal["user_identity", "aml_token"], ANY_CASE, CAMEL] = Field(
        description="user_identity: the identity of the person who submits the job; aml_token: the workspace's token."
    )


JobIdentity: TypeAlias = ManagedIdentity | CallerIdentity
PathMode: TypeAlias = Literal["ro_mount", "download", "direct", "eval_mount", "eval_download"]
AssetType: TypeAlias = Literal["uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model"]

CODE_FILES: Final = Files("the code is what runs", gitignore=True)
TEXT_FILE: Final = Files("the text counts, not its line ends", text=True)
ASSET: Final = Ref("the bytes come from there")
"""The section follows from the sibling ``type``: data, or models for the model types."""


class DataInput(Spec):
    """Data or a model as an input of a job."""

    type: AssetType | None = Field(None, description="Type of the input. Default: uri_folder.")
    path: Annotated[str, DATA_FILES, ASSET] = Field(
        description="A local path, a URL, an asset (azureml:NAME:VERSION) or a job's output."
    )
    mode: Annotated[PathMode | None, RunSetting("affects how data reaches the job, not which data")] = Field(
        None, description="How the data reach the job: mounted, downloaded or passed as a URL. Default: ro_mount."
    )
    path_on_compute: Annotated[str | None, RunSetting("affects where the job finds the data, not which data")] = Field(
        None, description="Path in the job's container at which the data are mounted or downloaded."
    )
    datastore: Annotated[str | None, RunSetting("where a local path is uploaded to")] = Field(
        None,
        description="azureml:NAME of the datastore for a local path. Default: the default datastore.",
    )


class LiteralInput(Spec):
    """A literal value with its type as an input of a job."""

    type: Literal["integer", "number", "boolean", "string"] | None = Field(
        None, description="Type of the value. Default: the type of the YAML value."
    )
    value: Annotated[Scalar | None, AS_TEXT] = Field(None, description="The value.")


class Output(Spec):
    """An output of a job."""

    type: AssetType | None = Field(None, description="Type of the output. Default: uri_folder.")
    path: Annotated[str | None, RunSetting("affects where data is stored, not which data")] = Field(
        None,
        description="Where the output is stored. Default: a folder of the job on the workspace's default datastore.",
    )
    mode: Annotated[
        Literal["rw_mount", "mount", "upload", "direct"] | None,
        RunSetting("affects how data is written, not which data"),
    ] = Field(
        None, description="How the job writes the output: mounted, uploaded or passed as a URL. Default: rw_mount."
    )
    path_on_compute: Annotated[str | None, RunSetting("affects where the job writes the data, not which data")] = Field(
        None, description="Path in the job's container at which the output is mounted."
    )
    name: Annotated[str | None, RunSetting("affects registration only, not the result")] = Field(
        None, description="Registers the output as an asset of this name."
    )
    version: Annotated[Version | None, RunSetting("affects registration only, not the result")] = Field(
        None, description="Version of that asset. Default: the next number."
    )


Inputs: TypeAlias = dict[str, Annotated[Scalar, AS_TEXT] | DataInput | LiteralInput]
Outputs: TypeAlias = dict[str, Output | None]


class JobResources(Spec):
    """The machines that a job runs on."""

    instance_count: Whole | None = Field(None, ge=1, description="Number of nodes. Default: 1.")
    max_instance_count: Whole | None = Field(None, ge=1, description="Maximum number of nodes of an elastic job.")
    instance_type: str | list[str] | None = Field(
        None, description="VM size of a node, such as Standard_DS3_v2, or a list of sizes."
    )
    locations: list[str] | None = Field(None, description="Azure regions in which the job may run.")
    properties: dict[str, Any] | None = Field(None, description="Additional settings of the compute.")
    shm_size: str | None = Field(None, description="Size of the container's shared memory, such as 2g. Default: 2g.")
    docker_args: str | list[str] | None = Field(None, description="Additional arguments of docker run.")


class QueueSettings(Spec):
    """How a job waits for serverless compute."""

    job_tier: Annotated[Literal["spot", "basic", "standard", "premium", "null"] | None, ANY_CASE] = Field(
        None, description="Tier of serverless compute: spot is the cheapest and can be preempted. Default: standard."
    )
    priority: Annotated[Literal["low", "medium", "high"] | None, ANY_CASE] = Field(
        None, description="Priority in the queue. Default: medium."
    )


class JobService(Spec):
    """An interactive service of a running job."""

    type: str | None = Field(None, description="Type: ssh, jupyter_lab, tensor_board, vs_code or custom.")
    port: Whole | None = Field(None, description="Port inside the job's container.")
    ssh_public_keys: str | None = Field(None, description="Public keys that may log in. For type ssh only.")
    log_dir: str | None = Field(None, description="Log directory. For type tensor_board only.")
    nodes: Annotated[Literal["all"] | None, EXACT] = Field(
        None, description="all: the service runs on every node. Default: the first node only."
    )
    properties: dict[str, Any] | None = Field(None, description="Additional settings of the service.")
    endpoint: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: address of the service."
    )
    status: Annotated[str | None, Computed("read-only status of the run")] = Field(
        None, description="Read-only: status of the service."
    )
    error_message: Annotated[str | None, Computed("read-only status of the run")] = Field(
        None, description="Read-only: why the service failed."
    )


PLACE: Final = RunSetting("affects where it runs only")
ComputeName: TypeAlias = Annotated[
    str | None,
    Ref("affects where it runs only", kind="compute", cascades=False, bare=True),
    PLACE,
    Alias("the azureml: prefix and the case of a compute's name are ignored", fold=bare_resource_name),
]


class JobRecord(Resource):
    """What all jobs have, whether or not they name what they run on."""

    display_name: Annotated[Words | None, Metadata("a display name")] = Field(
        None, description="Display name; it need not be unique."
    )
    experiment_name: Annotated[str | None, RunSetting("affects where the run is listed only")] = Field(
        None, description="Experiment under which the run is listed. Default: Default."
    )
    properties: Properties | None = Field(None, description="Properties: key-value pairs for programs.")
    identity: Annotated[JobIdentity | None, RunSetting("affects who runs it only")] = Field(
        None, description="Identity under which the job accesses data."
    )
    services: Annotated[dict[str, JobService] | None, RunSetting("affects interactive access only")] = Field(
        None, description="Interactive services of the running job, by name."
    )
    status: Annotated[str | None, Computed("read-only status of the run")] = Field(
        None, description="Read-only: status of the run."
    )
    log_files: Annotated[dict[str, str] | None, Computed("set by the service")] = Field(
        None, description="Read-only: log files of the run, by name."
    )


class AnyJob(JobRecord):
    """What jobs have that run on a compute of the workspace, or on serverless compute."""

    compute: ComputeName = Field(None, description="azureml:NAME of a compute target. Default: serverless compute.")
    outputs: Outputs | None = Field(None, description="Outputs of the job, by name.")


class Job(AnyJob):
    """What jobs have that run on machines of the workspace."""

    resources: Annotated[JobResources | None, PLACE] = Field(
        None, description="Number and size of the machines that the job runs on."
    )
    queue_settings: Annotated[QueueSettings | None, RunSetting("affects how long it waits only")] = Field(
        None, description="Tier and priority of the job in the queue of serverless compute."
    )
