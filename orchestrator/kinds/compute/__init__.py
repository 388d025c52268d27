"""Compute targets: clusters, instances, and and attached computes: Kubernetes clusters, machines, Spark pools and others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, WRITTEN
from orchestrator.core.bodies import ANY_CASE, AS_SECONDS, Flag, ServiceIdentity, Whole
from orchestrator.core.field_mark import Alias, Computed, Immutable, ServiceValue, WriteOnly
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.rules import variant_by_type
from orchestrator.kinds.compute.attached import Databricks, DataFactory, DataLakeAnalytics, HdInsight
from orchestrator.kinds.compute.common import FIXED, Administrator, ComputeBody, MachineSsh
from orchestrator.kinds.compute.instances import AssignedUser, CustomApplication, InstanceSsh, Schedules, SetupScripts

_POOLS_OWN: Final = Computed("set in Synapse; Azure ML cannot change it")
_SIZE: Final = Alias("the service writes sizes in upper case", fold=lambda v: v.upper() if isinstance(v, str) else v)


class SshSettings(Administrator):
    """SSH access of the administrator."""

    ssh_key_value: Annotated[str | None, WriteOnly("never returned")] = Field(
        None, description="SSH public key of the administrator."
    )


class NetworkSettings(Spec):
    """The virtual network of the nodes."""

    vnet_name: str | None = Field(None, description="Name or resource ID of the virtual network.")
    subnet: str | None = Field(None, description="Name or resource ID of the subnet.")
    private_ip_address: Annotated[str | None, Computed("set by the network")] = Field(
        None, description="Read-only: private IP address of the compute."
    )
    public_ip_address: Annotated[str | None, Computed("set by the network")] = Field(
        None, description="Read-only: public IP address of the compute."
    )


class NodeBody(ComputeBody):
    """What computes made of the service's own nodes have."""

    size: Annotated[str | None, Immutable(FIXED), _SIZE] = Field(
        None, description="VM size of a node, such as Standard_DS3_v2."
    )
    ssh_public_access_enabled: Annotated[
        Flag | None, Immutable(FIXED), ServiceValue("set by the service unless the spec sets it")
    ] = Field(None, description="Whether the nodes accept SSH from the internet.")
    network_settings: Annotated[NetworkSettings | None, Immutable(FIXED), ServiceValue("returned empty")] = Field(
        None, description="Virtual network of the nodes."
    )
    identity: ServiceIdentity | None = Field(None, description="Managed identity of the compute.")
    enable_node_public_ip: Annotated[Flag | None, Immutable(FIXED)] = Field(
        None, description="Whether the nodes have public IP addresses. Default: true."
    )


class AmlCompute(NodeBody):
    """A compute cluster that scales with the load."""

    type: Literal["amlcompute"] = Field(description="amlcompute: a compute cluster.")
    ssh_settings: Annotated[SshSettings | None, Immutable(FIXED)] = Field(
        None, description="SSH access of the administrator."
    )
    tier: Annotated[Literal["dedicated", "low_priority"] | None, Immutable(FIXED), ANY_CASE] = Field(
        None, description="dedicated, or low_priority: cheaper, but nodes can be preempted. Default: dedicated."
    )
    min_instances: Whole | None = Field(
        None, ge=0, description="Minimum number of nodes. 0 means that an idle cluster costs nothing. Default: 0."
    )
    max_instances: Whole | None = Field(None, ge=0, description="Maximum number of nodes. Default: 4.")
    idle_time_before_scale_down: Annotated[Whole | None, AS_SECONDS] = Field(
        None, ge=0, description="Idle time before a node is removed, in seconds. Default: 120."
    )


class ComputeInstance(NodeBody):
    """A compute instance, a workstation for one user."""

    type: Literal["computeinstance"] = Field(
        description="computeinstance: a compute instance, a workstation for one user."
    )
    ssh_settings: Annotated[InstanceSsh | None, Immutable(FIXED)] = Field(None, description="SSH access of the user.")
    create_on_behalf_of: Annotated[AssignedUser | None, Immutable(FIXED)] = Field(
        None, description="User that the instance is assigned to. Default: its creator."
    )
    schedules: Schedules | None = Field(None, description="When the instance starts and stops.")
    setup_scripts: Annotated[SetupScripts | None, Immutable(FIXED)] = Field(
        None, description="Scripts that run when the instance is created and started."
    )
    idle_time_before_shutdown: Annotated[str | None, AS_SECONDS] = Field(
        None, description="Idle time before the instance stops, as an ISO 8601 duration such as PT30M."
    )
    idle_time_before_shutdown_minutes: Annotated[
        Whole | None, ServiceValue("follows from idle_time_before_shutdown")
    ] = Field(None, description="Idle time before the instance stops, in minutes.")
    custom_applications: Annotated[list[CustomApplication] | None, Immutable(FIXED)] = Field(
        None, description="Additional applications that run in containers."
    )
    enable_sso: Flag | None = Field(None, description="Whether applications use single sign-on. Default: true.")
    enable_root_access: Flag | None = Field(None, description="Whether the user has root access. Default: true.")
    enable_os_patching: Flag | None = Field(
        None, description="Whether the operating system is patched automatically. Default: false."
    )
    release_quota_on_stop: Flag | None = Field(
        None, description="Whether a stopped instance releases its quota. Default: false."
    )
    state: Annotated[str | None, Computed("read-only status of the compute")] = Field(
        None, description="Read-only: state of the instance."
    )


class KubernetesCompute(ComputeBody):
    """An attached Kubernetes cluster."""

    type: Literal["kubernetes"] = Field(description="kubernetes: an attached Kubernetes cluster.")
    resource_id: Annotated[str, Immutable(FIXED)] = Field(description="Resource ID of the cluster.")
    namespace: Annotated[str | None, Immutable(FIXED), ServiceValue("the service's default")] = Field(
        None, description="Namespace that jobs and deployments run in. Default: default."
    )
    properties: dict[str, Any] | None = Field(None, description="Additional settings of the attachment.")
    identity: ServiceIdentity | None = Field(None, description="Managed identity of the compute.")


class VirtualMachine(ComputeBody):
    """An attached virtual machine."""

    type: Literal["virtualmachine"] = Field(description="virtualmachine: an attached virtual machine.")
    resource_id: Annotated[str, Immutable(FIXED)] = Field(description="Resource ID of the virtual machine.")
    ssh_settings: MachineSsh | None = Field(None, description="SSH access to the virtual machine.")


class SparkScale(Spec):
    """How a Spark pool scales."""

    auto_scale_enabled: Flag | None = Field(None, description="Read-only: whether the pool scales automatically.")
    min_node_count: Whole | None = Field(None, description="Read-only: minimum number of nodes.")
    max_node_count: Whole | None = Field(None, description="Read-only: maximum number of nodes.")


class SparkPause(Spec):
    """When a Spark pool is paused."""

    auto_pause_enabled: Flag | None = Field(None, description="Read-only: whether an idle pool is paused.")
    delay_in_minutes: Whole | None = Field(
        None, description="Read-only: idle time before the pool is paused, in minutes."
    )


class SynapseSpark(ComputeBody):
    """An attached Synapse Spark pool."""

    type: Literal["synapsespark"] = Field(description="synapsespark: an attached Synapse Spark pool.")
    resource_id: Annotated[str, Immutable(FIXED)] = Field(description="Resource ID of the Spark pool.")
    identity: ServiceIdentity | None = Field(None, description="Managed identity of the compute.")
    node_count: Annotated[Whole | None, _POOLS_OWN] = Field(None, description="Read-only: number of nodes.")
    node_family: Annotated[str | None, _POOLS_OWN] = Field(None, description="Read-only: family of the nodes.")
    node_size: Annotated[str | None, _POOLS_OWN] = Field(None, description="Read-only: size of the nodes.")
    spark_version: Annotated[str | None, _POOLS_OWN] = Field(None, description="Read-only: version of Spark.")
    scale_settings: Annotated[SparkScale | None, _POOLS_OWN] = Field(
        None, description="Read-only: scaling of the pool."
    )
    auto_pause_settings: Annotated[SparkPause | None, _POOLS_OWN] = Field(
        None, description="Read-only: automatic pausing of the pool."
    )


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    """Source: Azure ML REST reference, compute, scale settings: the smallest number of nodes is not above the largest."""
    least, most = body.get("min_instances"), body.get("max_instances")
    if type(least) is int and type(most) is int and least > most:
        yield BodyProblem(
            ("min_instances",),
            "invalid-value",
            f"min_instances ({least}) is greater than max_instances ({most}).",
            f"Set min_instances to at most {most}.",
        )


_SOURCE: Final = "Azure naming rules, Microsoft.MachineLearningServices workspaces/computes"


def _name(longest: int, shortest: int) -> NameRule:
    return NameRule(
        rf"[A-Za-z](?=.{{{shortest - 1},{longest - 1}}}$)[A-Za-z0-9-]*[A-Za-z0-9]",
        f"{shortest} to {longest} letters, digits and '-'; starts with a letter and does not end with '-'",
        _SOURCE,
    )


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """The image of an application has no type, there is one only; a namespace has to be said, where the service has a default.

    Source: azure-ai-ml, ``ImageSettingsSchema`` and ``KubernetesComputeSchema``.
    """
    if str(body.get("type")).lower() == "kubernetes" and not body.get("namespace"):
        body["namespace"] = "default"
    if applications := body.get("custom_applications"):
        body["custom_applications"] = [_application(application) for application in applications]
    return body


def _application(application: Mapping[str, Any]) -> dict[str, Any]:
    image = {name: value for name, value in (application.get("image") or {}).items() if name != "type"}
    return {**application, "image": image}


def _returned(body: dict[str, Any]) -> dict[str, Any]:
    """Durations as ISO text where the client has not made seconds of them.

    The subnet is left out: it comes back as a long identifier, whichever of name and identifier was sent, and nothing tells
    which; a comparison would make a cluster anew for nothing. The service cannot change it. An application's image comes back
    without its type, of which there is one only. Source: azure-ai-ml, ``AmlCompute`` and ``ImageSettings``.
    """
    if isinstance(body.get("network_settings"), dict):
        body["network_settings"].pop("subnet", None)
    for application in body.get("custom_applications") or ():
        application["image"] = {"type": "docker", **(application.get("image") or {})}
    idle = body.get("idle_time_before_scale_down")
    if isinstance(idle, str) and idle.isdecimal():
        body["idle_time_before_scale_down"] = int(idle)
    return body


KIND: Final = Kind(
    key="compute",
    order=10,
    title="compute",
    identity=Identity.NAMED,
    variants={
        "amlcompute": AmlCompute,
        "computeinstance": ComputeInstance,
        "kubernetes": KubernetesCompute,
        "virtualmachine": VirtualMachine,
        "synapsespark": SynapseSpark,
        "databricks": Databricks,
        "datafactory": DataFactory,
        "datalakeanalytics": DataLakeAnalytics,
        "hdinsight": HdInsight,
    },
    variant=variant_by_type(any_case=True),
    name=_name(32, 2),
    variant_names={"computeinstance": _name(24, 3), "kubernetes": _name(16, 2), "virtualmachine": _name(16, 2)},
    azure=AzureBinding(
        "compute",
        loader="load_compute",
        tracked=True,
        create="begin_create_or_update",
        remove="begin_delete",
        driver="computes",
        rest={
            "databricks": "Databricks",
            "datafactory": "DataFactory",
            "datalakeanalytics": "DataLakeAnalytics",
            "hdinsight": "HDInsight",
        },
        for_loader=_for_loader,
        returned=_returned,
        readers={
            "amlcompute": "compute.aml_compute:AmlComputeSchema",
            "computeinstance": "compute.compute_instance:ComputeInstanceSchema",
            "kubernetes": "compute.kubernetes_compute:KubernetesComputeSchema",
            "virtualmachine": "compute.virtual_machine_compute:VirtualMachineComputeSchema",
            "synapsespark": "compute.synapsespark_compute:SynapseSparkComputeSchema",
        },
    ),
    behaviour=WRITTEN,
    local=replace(LOCAL_RECORD, unknown_is="this machine"),
    source="Azure ML CLI v2 YAML reference: compute cluster, compute instance, attached Kubernetes and virtual machine",
    schemas=("compute", "amlCompute", "computeInstance", "kubernetesCompute", "vmCompute", "synapseSparkCompute"),
    shape=("size", "min_instances", "max_instances", "idle_time_before_scale_down"),
    removal=Removal.DELETE,
    problems=_problems,
    attributes=("id", "name", "location"),
)
