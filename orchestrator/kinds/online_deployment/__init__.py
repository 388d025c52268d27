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
    Flag,
    Number,
    Properties,
    Resource,
    Whole,
)
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.field_mark import Computed, Immutable, Ref, ServiceValue
from orchestrator.core.kind import AzureBinding, Identity, Kind, NameRule, Spec
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Removal
from orchestrator.core.served import CodeConfiguration, ServedModel
from orchestrator.kinds.online_deployment.azure import for_loader, returned
from orchestrator.kinds.online_deployment.problems import problems, unfit


class InlineModel(ServedModel):
    """An anonymous model."""

    path: Annotated[str, DATA_FILES, Ref("made from it", kind="models")] = Field(
        description="A local path, a URL, a datastore path or a job's output."
    )


class RequestSettings(Spec):
    """Time-outs and concurrency of requests."""

    request_timeout_ms: Whole | None = Field(
        None, gt=0, description="Maximum time to score a request, in milliseconds. Default: 5000."
    )
    max_concurrent_requests_per_instance: Whole | None = Field(
        None, ge=1, description="Maximum number of concurrent requests on each instance. Default: 1."
    )
    max_queue_wait_ms: Whole | None = Field(
        None, ge=0, description="Maximum time that a request waits in the queue, in milliseconds. Default: 500."
    )


class Probe(Spec):
    """How the service checks a container."""

    initial_delay: Whole | None = Field(
        None, ge=0, description="Time after the start of the container before the first probe, in seconds. Default: 10."
    )
    period: Whole | None = Field(None, ge=1, description="Time between two probes, in seconds. Default: 10.")
    timeout: Whole | None = Field(None, ge=1, description="Time-out of a probe, in seconds. Default: 2.")
    success_threshold: Whole | None = Field(
        None, ge=1, description="Consecutive successes after which a failed probe counts as successful. Default: 1."
    )
    failure_threshold: Whole | None = Field(
        None, ge=1, description="Consecutive failures after which the container counts as failed. Default: 30."
    )


class FixedScale(Spec):
    """A fixed number of instances, or scaling by rules outside Azure ML."""

    type: Annotated[Literal["default"], ANY_CASE] = Field(
        description="default: the number of instances is instance_count."
    )


class UtilizationScale(Spec):
    """The number of instances follows the load."""

    type: Annotated[Literal["target_utilization"], ANY_CASE] = Field(
        description="target_utilization: the number of instances follows the load."
    )
    min_instances: Whole | None = Field(None, ge=0, description="Minimum number of instances. Default: 1.")
    max_instances: Whole | None = Field(None, ge=0, description="Maximum number of instances. Default: 1.")
    polling_interval: Whole | None = Field(
        None, ge=1, description="Time between two evaluations of the load, in seconds. Default: 1."
    )
    target_utilization_percentage: Whole | None = Field(
        None, ge=1, le=100, description="Utilization that scaling aims at, in percent. Default: 70."
    )


class CollectedData(Spec):
    """The data asset that collected data are registered as."""

    name: str | None = Field(None, description="Name of the data asset.")
    path: str | None = Field(None, description="Path at which the data are stored.")
    version: str | None = Field(None, description="Version of the data asset.")
    data_id: str | None = Field(None, description="ID of the data asset.")


class Collection(Spec):
    """One set of collected data."""

    enabled: Annotated[Literal["true", "false"] | Flag, ON_OR_OFF] = Field(
        description="Whether the data are collected."
    )
    sampling_rate: Number | None = Field(
        None, ge=0, le=1, description="Fraction of the requests to collect, 0 to 1. Default: 1."
    )
    client_id: str | None = Field(None, description="Client ID of the identity that writes the data.")
    data: CollectedData | str | None = Field(None, description="Data asset that the data are registered as.")


class RequestLogging(Spec):
    """Logging of requests."""

    capture_headers: list[str] | None = Field(None, description="Names of the headers to log.")


class DataCollector(Spec):
    """Collection of requests and responses."""

    collections: dict[str, Collection] = Field(
        description="Data to collect, by name: model_inputs, model_outputs or a custom name."
    )
    rolling_rate: Literal["day", "hour", "minute"] | None = Field(
        None, description="How often a new file is started. Default: hour."
    )
    sampling_rate: Number | None = Field(
        None, ge=0, le=1, description="Fraction of the requests to collect, 0 to 1. Default: 1."
    )
    request_logging: RequestLogging | None = Field(None, description="Request headers to log with the data.")


class OnlineDeployment(Resource):
    """What all deployments have."""

    endpoint_name: str | None = Field(
        None, description="Endpoint that contains the deployment. Optional: it follows from the place in the spec."
    )
    model: Annotated[str, Ref("what answers", kind="models")] | InlineModel | None = Field(
        None, description="azureml:NAME:VERSION, or an inline model."
    )
    model_mount_path: str | None = Field(None, description="Path in the container at which the model is mounted.")
    code_configuration: CodeConfiguration | None = Field(None, description="Scoring code. MLflow models need none.")
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, or an inline environment. MLflow models need none."
    )
    environment_variables: Environ | None = Field(
        None, description="Environment variables of the container: name to value."
    )
    instance_count: Whole | None = Field(None, ge=1, description="Number of instances. Default: 1.")
    app_insights_enabled: Flag | None = Field(
        None, description="Whether logs are sent to Application Insights. Default: false."
    )
    scale_settings: Annotated[FixedScale | UtilizationScale | None, ServiceValue("the service's default")] = Field(
        None, description="How the number of instances is determined. Default: instance_count."
    )
    request_settings: Annotated[RequestSettings | None, ServiceValue("the service cuts milliseconds to seconds")] = (
        Field(None, description="Time-outs and concurrency of requests.")
    )
    liveness_probe: Annotated[Probe | None, ServiceValue("set by the service")] = Field(
        None, description="Probe that determines whether the container is alive."
    )
    readiness_probe: Annotated[Probe | None, ServiceValue("set by the service")] = Field(
        None, description="Probe that determines whether the container can score."
    )
    data_collector: DataCollector | None = Field(None, description="Collection of requests and responses.")
    properties: Properties | None = Field(None, description="Properties: key-value pairs for programs.")
    provisioning_state: Annotated[str | None, Computed("read-only status of the deployment")] = Field(
        None, description="Read-only: provisioning state of the deployment."
    )


class ManagedOnlineDeployment(OnlineDeployment):
    """A deployment on machines of the service."""

    type: Literal["managed"] | None = Field(None, description="managed: runs on machines of the service (default).")
    instance_type: Annotated[str, ANY_CASE] = Field(description="VM size of an instance, such as Standard_DS3_v2.")
    egress_public_network_access: Annotated[
        Literal["enabled", "disabled"] | None,
        ANY_CASE,
        Immutable("the network of a deployment is set when it is created"),
        ServiceValue("enabled by default"),
    ] = Field(None, description="Whether the deployment can reach the internet. Default: enabled.")
    private_network_connection: Flag | None = Field(
        None, description="Whether the deployment connects to the workspace through a private endpoint. Default: false."
    )


class ContainerAmount(Spec):
    """Amounts of CPU, memory and GPUs."""

    cpu: Annotated[str | Number | None, AS_TEXT, WRITTEN] = Field(
        None, description="Number of CPU cores, such as 0.5 or 500m."
    )
    memory: Annotated[str | Number | None, AS_TEXT, WRITTEN] = Field(
        None, description="Amount of memory, such as 500Mi or 2Gi."
    )
    gpu: Annotated[str | Number | None, AS_TEXT, WRITTEN, ServiceValue("the same as nvidia.com/gpu")] = Field(
        None, description="Number of NVIDIA GPUs."
    )
    nvidia_gpu: Annotated[str | Number | None, AS_TEXT, WRITTEN, ServiceValue("the same as gpu")] = Field(
        None, alias="nvidia.com/gpu", description="Number of NVIDIA GPUs, as Kubernetes spells it."
    )


class ContainerResources(Spec):
    """Resource requests and limits of a container."""

    requests: ContainerAmount | None = Field(None, description="Resources that are reserved for the container.")
    limits: ContainerAmount | None = Field(None, description="Maximum resources of the container.")


class KubernetesOnlineDeployment(OnlineDeployment):
    """A deployment on an attached Kubernetes cluster."""

    type: Literal["kubernetes"] = Field(description="kubernetes: runs on an attached Kubernetes cluster.")
    instance_type: str | None = Field(
        None, description="Instance type defined on the cluster. Default: defaultinstancetype."
    )
    resources: ContainerResources | None = Field(None, description="Resource requests and limits of the container.")


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
        loader="load_online_deployment",
        tracked=True,
        create="begin_create_or_update",
        remove="begin_delete",
        driver="deployments",
        for_loader=for_loader,
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
