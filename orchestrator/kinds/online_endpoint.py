"""Online endpoints: a stable address that answers scoring requests. What answers are its deployments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_PROCESSED, Behaviour
from orchestrator.core.bodies import ANY_CASE, CAMEL, Properties, Resource, Scalar, ServiceIdentity, Whole
from orchestrator.core.field_mark import Computed, Files, Immutable, Ref, ServiceValue
from orchestrator.core.kind import AzureBinding, BodyProblem, Child, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import Removal


class TestRequest(Spec):
    """The request to send. Set exactly one of the fields."""

    __test__ = False
    file: Annotated[str | None, Files("is sent")] = Field(
        None, description="Path of a JSON file with the request body."
    )
    json_: Any = Field(None, alias="json", description="Request body as JSON.")
    text: str | None = Field(None, description="Request body as text.")


class TestExpectation(Spec):
    """The expected response."""

    __test__ = False
    status: Whole | None = Field(None, ge=100, le=599, description="Expected HTTP status. Default: 200.")
    json_: Any = Field(None, alias="json", description="Expected response body as JSON.")
    match: Literal["equal", "subset"] | None = Field(
        None, description="equal: the response is the expected JSON; subset: it contains it. Default: equal."
    )


class EndpointTest(Spec):
    """A test request, sent to each new deployment and then to the endpoint."""

    name: str | None = Field(None, description="Name of the test.")
    request: TestRequest = Field(description="Request to send.")
    headers: dict[str, Scalar] | None = Field(None, description="Additional request headers: name to value.")
    expect: TestExpectation | None = Field(None, description="Expected response. Default: status 200.")
    timeout: Whole | float | None = Field(None, gt=0, description="Time-out of the request, in seconds. Default: 30.")


class OnlineEndpoint(Resource):
    """An online endpoint."""

    auth_mode: Annotated[Literal["key", "aml_token", "aad_token"] | None, ANY_CASE, CAMEL] = Field(
        None, description="How callers authenticate. Default: key."
    )
    identity: Annotated[
        ServiceIdentity | None,
        Immutable("the identity of an endpoint is set when it is created"),
        ServiceValue("set by the service unless the spec sets it"),
    ] = Field(None, description="Managed identity of the endpoint's deployments.")
    properties: Properties | None = Field(None, description="Properties: key-value pairs for programs.")
    location: Annotated[str | None, Computed("the workspace's")] = Field(
        None, description="Read-only: Azure region of the endpoint."
    )
    kind: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: kind of the endpoint."
    )
    provisioning_state: Annotated[str | None, Computed("read-only status of the endpoint")] = Field(
        None, description="Read-only: provisioning state of the endpoint."
    )
    scoring_uri: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: URL that scoring requests are sent to."
    )
    openapi_uri: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: URL of the endpoint's OpenAPI document."
    )
    deployments: dict[str, dict[str, Any]] | None = Field(None, description="Deployments of the endpoint, by name.")
    traffic: dict[str, Any] | None = Field(
        None, description="Percentage of the requests that each deployment receives: deployment name to 0–100."
    )
    mirror_traffic: dict[str, Any] | None = Field(
        None, description="Percentage of the requests that are copied to a deployment: deployment name to 0–50."
    )
    tests: list[EndpointTest] | None = Field(
        None, description="Test requests that new deployments, and then the endpoint, must answer."
    )


class ManagedOnlineEndpoint(OnlineEndpoint):
    """An endpoint on machines of the service."""

    public_network_access: Annotated[
        Literal["enabled", "disabled"] | None, ANY_CASE, ServiceValue("enabled by default")
    ] = Field(None, description="Whether the endpoint can be reached from the internet. Default: enabled.")


class KubernetesOnlineEndpoint(OnlineEndpoint):
    """An endpoint on an attached Kubernetes cluster."""

    compute: Annotated[
        str,
        Ref("where it runs", kind="compute", cascades=False, bare=True),
        Immutable("an endpoint stays on the cluster it was created on"),
    ] = Field(description="azureml:NAME of the Kubernetes compute.")


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    """Source: azure-ai-ml, ``IdentitySchema`` of endpoints: its reader takes one user-assigned identity."""
    identity = body.get("identity")
    users = identity.get("user_assigned_identities") if isinstance(identity, Mapping) else None
    if isinstance(users, list) and len(users) > 1:
        yield BodyProblem(
            ("identity", "user_assigned_identities"),
            "invalid-value",
            f"{len(users)} user-assigned identities are set; azure-ai-ml supports one per online endpoint.",
            "Keep one of them.",
        )


def _variant(body: Mapping[str, Any]) -> str:
    return "kubernetes" if "compute" in body else "managed"


_MADE: Final = frozenset({"createdBy", "createdAt", "lastModifiedAt"})


def _returned(body: dict[str, Any]) -> dict[str, Any]:
    """The client adds to an endpoint's properties who made it, and when. Source: azure-ai-ml, ``OnlineEndpoint``."""
    if isinstance(body.get("properties"), dict):
        body["properties"] = {name: value for name, value in body["properties"].items() if name not in _MADE}
    return body


KIND: Final = Kind(
    key="online_endpoints",
    order=90,
    title="online endpoint",
    identity=Identity.NAMED,
    variants={"managed": ManagedOnlineEndpoint, "kubernetes": KubernetesOnlineEndpoint},
    variant=_variant,
    variant_field="compute",
    name=NameRule(
        r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]",
        "3 to 32 letters, digits and '-'; starts with a letter and does not end with '-'",
        "Azure ML documentation, limits of online endpoints",
    ),
    azure=AzureBinding(
        "online_endpoints",
        loader="load_online_endpoint",
        tracked=True,
        create="begin_create_or_update",
        remove="begin_delete",
        driver="endpoints",
        returned=_returned,
        readers={
            "managed": "_endpoint.online.online_endpoint:ManagedOnlineEndpointSchema",
            "kubernetes": "_endpoint.online.online_endpoint:KubernetesOnlineEndpointSchema",
        },
    ),
    behaviour=Behaviour(timeout_s=1_800.0, rank=0, instant=False, tested_alone=False),
    local=replace(LOCAL_PROCESSED, served=True),
    source="Azure ML CLI v2 YAML reference: managed and Kubernetes online endpoint",
    schemas=("managedOnlineEndpoint", "kubernetesOnlineEndpoint", "onlineEndpoint"),
    shape=("auth_mode", "mirror_traffic"),
    children=(
        Child("online_endpoints.deployments", ("deployments",), keyed=True),
        Child("online_endpoints.traffic", ("traffic", "mirror_traffic"), keyed=False),
    ),
    removal=Removal.DELETE,
    problems=_problems,
    checks_field="tests",
    unsupported_fields=("deployment", "rollout"),
    attributes=("id", "name", "scoring_uri", "openapi_uri", "location"),
)
