"""Deployments of online endpoints: a model, the code around it and the machines it runs on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import Behaviour, LocalBehaviour
from orchestrator.core.bodies import (
    ANY_CASE,
    AS_TEXT,
    DATA_FILES,
    ON_OR_OFF,
    WRITTEN,
    Environ,
    EnvironmentRef,
    Flag,
    Number,
    Properties,
    Resource,
    Whole,
)
from orchestrator.core.field_mark import Computed, Immutable, Ref, ServiceValue
from orchestrator.core.kind import AzureBinding, Identity, Kind, NameRule, Spec
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Removal
from orchestrator.core.served import CodeConfiguration, ServedModel
from orchestrator.kinds.online_deployment.azure import returned, spoken
from orchestrator.kinds.online_deployment.problems import problems, unfit


class InlineModel(ServedModel):
    """A model without a life of its own."""

    path: Annotated[str, DATA_FILES, Ref("made from it", kind="models")] = Field(
        description="A local path, a URL, a datastore's path or a job's output."
    )


class RequestSettings(Spec):
    """How requests wait and time out."""

    request_timeout_ms: Whole | None = Field(None, gt=0, description="Milliseconds that scoring may take.")
    max_concurrent_requests_per_instance: Whole | None = Field(
        None, ge=1, description="Requests that one server takes at a time."
    )
    max_queue_wait_ms: Whole | None = Field(
        None, ge=0, description="Milliseconds that a request may wait before it is refused."
    )


class Probe(Spec):
    """How the service asks whether a server lives."""

    initial_delay: Whole | None = Field(None, ge=0, description="Seconds.")
    period: Whole | None = Field(None, ge=1, description="Seconds.")
    timeout: Whole | None = Field(None, ge=1, description="Seconds.")
    success_threshold: Whole | None = Field(None, ge=1, description="Answers in a row after which it is healthy again.")
    failure_threshold: Whole | None = Field(None, ge=1, description="Failures in a row after which it is given up.")


class FixedScale(Spec):
    """As many servers as the deployment says, or as rules outside of it say."""

    type: Annotated[Literal["default"], ANY_CASE] = Field(description="default: as many servers as instance_count.")


class UtilizationScale(Spec):
    """How the number of servers follows the load."""

    type: Annotated[Literal["target_utilization"], ANY_CASE] = Field(description="target_utilization.")
    min_instances: Whole | None = Field(None, ge=0, description="The fewest servers.")
    max_instances: Whole | None = Field(None, ge=0, description="The most servers.")
    polling_interval: Whole | None = Field(None, ge=1, description="Seconds.")
    target_utilization_percentage: Whole | None = Field(
        None, ge=1, le=100, description="Load at which servers are added."
    )


class CollectedData(Spec):
    """The asset that collected data become."""

    name: str | None = Field(None, description="The asset's name.")
    path: str | None = Field(None, description="Where it is stored.")
    version: str | None = Field(None, description="The asset's version.")
    data_id: str | None = Field(None, description="The asset's id.")


class Collection(Spec):
    """One stream of collected data."""

    enabled: Annotated[Literal["true", "false"] | Flag, ON_OR_OFF] = Field(description="Whether it is collected.")
    sampling_rate: Number | None = Field(None, ge=0, le=1, description="Share of requests that is kept, from 0 to 1.")
    client_id: str | None = Field(None, description="Client id of the identity that writes.")
    data: CollectedData | str | None = Field(None, description="The asset that the collected data become.")


class RequestLogging(Spec):
    """What of a request is written down."""

    capture_headers: list[str] | None = Field(None, description="Headers that are kept.")


class DataCollector(Spec):
    """What is kept of requests and answers."""

    collections: dict[str, Collection] = Field(
        description="Name (model_inputs, model_outputs, …) to what is collected."
    )
    rolling_rate: Literal["day", "hour", "minute"] | None = Field(None, description="How often a new file is begun.")
    sampling_rate: Number | None = Field(None, ge=0, le=1, description="Share of requests that is kept, from 0 to 1.")
    request_logging: RequestLogging | None = Field(None, description="What of a request is written down beside it.")


class OnlineDeployment(Resource):
    """What all deployments have."""

    endpoint_name: str | None = Field(None, description="The endpoint that contains it; optional.")
    model: Annotated[str, Ref("what answers", kind="models")] | InlineModel | None = Field(
        None, description="azureml:NAME:VERSION, or a model without a name."
    )
    model_mount_path: str | None = Field(None, description="Where the model lies in the container.")
    code_configuration: CodeConfiguration | None = Field(
        None, description="The code around the model; MLflow models need none."
    )
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, or an environment without a name."
    )
    environment_variables: Environ | None = Field(None, description="Environment variables of the servers.")
    instance_count: Whole | None = Field(None, ge=1, description="Number of servers.")
    app_insights_enabled: Flag | None = Field(None, description="Whether logs go to Application Insights.")
    scale_settings: Annotated[FixedScale | UtilizationScale | None, ServiceValue("the service's default")] = Field(
        None, description="How the number of servers is found."
    )
    request_settings: Annotated[RequestSettings | None, ServiceValue("the service cuts milliseconds to seconds")] = (
        Field(None, description="How requests wait and time out.")
    )
    liveness_probe: Annotated[Probe | None, ServiceValue("set by the service")] = Field(
        None, description="How the service asks whether a server lives."
    )
    readiness_probe: Annotated[Probe | None, ServiceValue("set by the service")] = Field(
        None, description="How the service asks whether a server can score."
    )
    data_collector: DataCollector | None = Field(None, description="What is kept of requests and answers.")
    properties: Properties | None = Field(None, description="Labels that programs read.")
    provisioning_state: Annotated[str | None, Computed("read-only status of the deployment")] = None


class ManagedOnlineDeployment(OnlineDeployment):
    """A deployment on machines of the service."""

    type: Literal["managed"] | None = None
    instance_type: Annotated[str, ANY_CASE] = Field(description="Size of a machine, such as Standard_DS3_v2.")
    egress_public_network_access: Annotated[
        Literal["enabled", "disabled"] | None,
        ANY_CASE,
        Immutable("the network of a deployment is set when it is created"),
        ServiceValue("enabled by default"),
    ] = None
    private_network_connection: Flag | None = None


class ContainerAmount(Spec):
    """Cores, memory and graphics processors of a container."""

    cpu: Annotated[str | Number | None, AS_TEXT, WRITTEN] = None
    memory: Annotated[str | Number | None, AS_TEXT, WRITTEN] = None
    gpu: Annotated[str | Number | None, AS_TEXT, WRITTEN] = None
    nvidia_gpu: Annotated[str | Number | None, AS_TEXT, WRITTEN] = Field(None, alias="nvidia.com/gpu")


class ContainerResources(Spec):
    """What a container asks for and may take."""

    requests: ContainerAmount | None = None
    limits: ContainerAmount | None = None


class KubernetesOnlineDeployment(OnlineDeployment):
    """A deployment on an attached Kubernetes cluster."""

    type: Literal["kubernetes"]
    instance_type: str | None = None
    resources: ContainerResources | None = None


def _variant(body: Mapping[str, Any]) -> str:
    return str(body.get("type") or "managed")


def _refusals(variant: str, properties: Mapping[str, Any]) -> Iterable[Refusal]:
    if variant == "kubernetes":
        yield Refusal(
            "a Kubernetes deployment requires a cluster; the embedded workspace is a single machine", ("type",)
        )
    model = properties.get("model")
    if isinstance(model, Mapping) and model.get("type") == "triton_model":
        yield Refusal(
            "a Triton model requires NVIDIA Triton Inference Server, which is not available there", ("model", "type")
        )


KIND: Final = Kind(
    key="online_endpoints.deployments",
    title="online deployment",
    identity=Identity.NAMED,
    variants={"managed": ManagedOnlineDeployment, "kubernetes": KubernetesOnlineDeployment},
    variant=_variant,
    name=NameRule(
        r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]",
        "3 to 32 letters, digits and '-'; starts with a letter and does not end with '-'",
        "Azure ML documentation, limits of online deployments",
    ),
    azure=AzureBinding(
        "online_deployments",
        "load_online_deployment",
        "begin_create_or_update",
        "begin_delete",
        driver="deployments",
        spoken=spoken,
        returned=returned,
        readers={
            "managed": "_deployment.online.online_deployment:ManagedOnlineDeploymentSchema",
            "kubernetes": "_deployment.online.online_deployment:KubernetesOnlineDeploymentSchema",
        },
    ),
    behaviour=Behaviour(timeout_s=7_200.0, rank=1, instant=False, tested_alone=True),
    local=LocalBehaviour(
        processes=True,
        served=True,
        runs=True,
        registers=False,
        serves=True,
        archivable=False,
        labels_only=False,
        reveals=True,
        log=("endpoints", "{name}", "deployments", "{leaf}", "deployment.log"),
        log_is_news=False,
        shares=False,
        replaceable=False,
        ready_made=False,
        unknown_is="",
        inborn_is="",
        reference="azureml:{name}",
    ),
    source="Azure ML CLI v2 YAML reference: managed and Kubernetes online deployment",
    schemas=("managedOnlineDeployment", "kubernetesOnlineDeployment", "onlineDeployment"),
    shape=("endpoint_name", "instance_type", "code_configuration"),
    removal=Removal.DELETE,
    nests={"environment": "environments", "model": "models"},
    problems=problems,
    unfit=unfit,
    attributes=("id", "name"),
    local_refusals=_refusals,
)
