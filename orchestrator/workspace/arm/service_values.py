"""What the service adds to what clients send: defaults of members, and facts that it knows about a resource.

Source, unless a table says otherwise: recordings of azure-ai-ml (bodies of answers), and the YAML reference of each resource.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.workspace.arm.tokens import TENANT
from orchestrator.workspace.arm.wording import without_nothing

_PROBE: Final = {
    "failureThreshold": 30, "initialDelay": "PT10S", "period": "PT10S", "successThreshold": 1, "timeout": "PT2S",
}  # fmt: skip
"""Source: YAML reference of managed online deployments, ProbeSettings."""

_REQUESTS: Final = {"maxConcurrentRequestsPerInstance": 1, "maxQueueWait": "PT0.5S", "requestTimeout": "PT5S"}
"""Source: YAML reference of managed online deployments, RequestSettings."""

DEPLOYMENT: Final[Mapping[str, Any]] = {
    "endpointComputeType": "Managed",
    "scaleSettings": {"scaleType": "Default"},
    "egressPublicNetworkAccess": "Enabled",
    "appInsightsEnabled": False,
    "environmentVariables": {},
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "requestSettings": _REQUESTS,
}
"""Members of ``properties`` of an online deployment."""

CLUSTER: Final[Mapping[str, Any]] = {
    "osType": "Linux",
    "vmPriority": "Dedicated",
    "isolatedNetwork": False,
    "enableNodePublicIp": True,
    "remoteLoginPortPublicAccess": "NotSpecified",
    "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT2M"},
}
"""Members of a cluster. Source: REST reference, AmlComputeProperties; ``PT2M``: YAML reference of clusters."""

INSTANCE: Final[Mapping[str, Any]] = {
    "applicationSharingPolicy": "Personal",
    "computeInstanceAuthorizationType": "personal",
    "enableNodePublicIp": True,
    "sshSettings": {"sshPublicAccess": "Disabled", "adminUserName": "azureuser", "sshPort": 50_000},
    "errors": [],
}
"""Members of a compute instance. Source: REST reference, ComputeInstanceProperties."""

DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {"amlcompute": CLUSTER, "computeinstance": INSTANCE}
"""Of the types of computes that a workspace makes, in lower case. The others are attached to it."""

_NODES: Final = ("idle", "leaving", "preempted", "preparing", "running", "unusable")

JOB: Final = {"experimentName": "Default"}
"""Members of ``properties`` of a job."""

JOB_OUTPUT: Final = {"jobOutputType": "uri_folder", "mode": "ReadWriteMount"}
"""Source: YAML reference of jobs, outputs."""


def filled(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with a default for each member that it leaves out or empty, in mappings inside as well."""
    found = {**defaults, **{name: value for name, value in given.items() if value is not None or name not in defaults}}
    for name, default in defaults.items():
        if isinstance(default, Mapping) and isinstance(found[name], Mapping):
            found[name] = filled(found[name], default)
    return found


def said(given: Mapping[str, Any], before: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` without the values of the service's own that a client sends back with what it was told.

    Args:
        before: what was said when the resource was written last; a default that stands there is somebody's wish.
        defaults: see `filled`.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        default, earlier = defaults.get(name), before.get(name)
        if isinstance(value, Mapping) and isinstance(default, Mapping) and default:
            inner = said(value, earlier if isinstance(earlier, Mapping) else {}, default)
            if inner or name in before:
                found[name] = inner
        elif name in before or name not in defaults or value != default:
            found[name] = value
    return found


def merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """``before`` with a JSON merge patch. Source: RFC 7396."""
    found = dict(before)
    for name, value in patch.items():
        inner = found.get(name)
        if value is None:
            found.pop(name, None)
        elif isinstance(value, Mapping):
            found[name] = merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            found[name] = value
    return found


def cluster(given: Mapping[str, Any]) -> dict[str, Any]:
    """``properties.properties`` of a cluster: nothing starts here, so that it always has its least number of idle nodes."""
    found = filled(given, CLUSTER)
    count = int(found["scaleSettings"]["minNodeCount"])
    counts = {f"{state}NodeCount": count if state == "idle" else 0 for state in _NODES}
    nodes = {"currentNodeCount": count, "targetNodeCount": count, "nodeStateCounts": counts}
    return {**found, **nodes, "allocationState": "Steady", "errors": None}


def instance(given: Mapping[str, Any], state: str) -> dict[str, Any]:
    """``properties.properties`` of a compute instance."""
    return {**filled(given, INSTANCE), "state": state}


def job_outputs(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """``outputs`` of a job, each with its type and mode."""
    if given is None:
        return None
    return {name: filled(output or {}, JOB_OUTPUT) for name, output in given.items()}


def tuned(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Properties of a job; of a fine-tuning one by Azure OpenAI with hyperparameters, which the service chooses and the client expects.

    Source: REST reference, AzureOpenAiFineTuning; azure-ai-ml 1.35 fails on an answer without them.
    """
    details = properties.get("fineTuningDetails")
    if not isinstance(details, Mapping) or details.get("modelProvider") != "AzureOpenAI":
        return properties
    return {**properties, "fineTuningDetails": {**details, "hyperParameters": details.get("hyperParameters") or {}}}


def identity(given: Mapping[str, Any] | None, owner: str) -> dict[str, Any] | None:
    """The identity of a resource with the principals that the directory made for it.

    Source: Azure Resource Manager documentation, managed identities: ``principalId`` and ``tenantId`` of a system-assigned one,
    ``principalId`` and ``clientId`` of each user-assigned one. They are derived from the names here.

    Args:
        owner: id of the resource.
    """
    if not given:
        return None
    kinds = str(given.get("type") or "None")
    if kinds == "None":
        return {"type": kinds}
    found: dict[str, Any] = {**given, "type": kinds}
    if "SystemAssigned" in kinds:
        found |= {"principalId": principal(owner), "tenantId": TENANT}
    users = given.get("userAssignedIdentities") or {}
    found["userAssignedIdentities"] = {
        name: {"principalId": principal(name), "clientId": principal(f"{name}/client"), **(about or {})}
        for name, about in users.items()
    } or None
    return without_nothing(found)


def principal(name: str) -> str:
    """The id of the principal of an identity, the same for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name.lower()))
