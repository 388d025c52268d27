"""What clients ask about a workspace and its region beside resources: sizes, quotas, keys, diagnoses, registries."""

from __future__ import annotations

import os
from typing import Any, Final

from orchestrator.workspace.arm.account import LOCATION
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope

_SIZES: Final = (
    ("Standard_DS1_v2", "standardDSv2Family", 1, 3.5, 0), ("Standard_DS2_v2", "standardDSv2Family", 2, 7.0, 0),
    ("Standard_DS3_v2", "standardDSv2Family", 4, 14.0, 0), ("Standard_DS4_v2", "standardDSv2Family", 8, 28.0, 0),
    ("Standard_DS11_v2", "standardDSv2Family", 2, 14.0, 0), ("Standard_DS12_v2", "standardDSv2Family", 4, 28.0, 0),
    ("Standard_D2s_v3", "standardDSv3Family", 2, 8.0, 0), ("Standard_D4s_v3", "standardDSv3Family", 4, 16.0, 0),
    ("Standard_E4s_v3", "standardESv3Family", 4, 32.0, 0), ("Standard_F2s_v2", "standardFSv2Family", 2, 4.0, 0),
    ("Standard_F4s_v2", "standardFSv2Family", 4, 8.0, 0), ("Standard_NC6s_v3", "standardNCSv3Family", 6, 112.0, 1),
    ("Standard_NC4as_T4_v3", "standardNCASv3_T4Family", 4, 28.0, 1),
)  # fmt: skip
"""Name, family, processors, GiB of memory and GPUs of common sizes. Source: Azure documentation, sizes of virtual machines."""

_ABOUT: Final = "locations/{location}"


class Catalogue:
    """Answers for them. Jobs run on this machine, so its processors are the quota."""

    def register(self, workspace: Routes, group: Routes, subscription: Routes) -> None:
        """Answer below the workspace, the resource group and the subscription."""
        place = f"providers/{PROVIDER}/{_ABOUT}"
        subscription.add("GET", f"{place}/vmSizes", _sizes, "Sizes of virtual machines.")
        subscription.add("GET", f"{place}/usages", _usages, "Processors in use.")
        subscription.add("GET", f"{place}/quotas", _quotas, "Processors that may be used.")
        workspace.add("POST", "diagnose", _diagnosis, "Problems of the workspace: none.")
        workspace.add("POST", "listKeys", _keys, "Keys of what stands beside the workspace.")
        workspace.add("POST", "listNotebookKeys", _nothing, "Keys of notebooks: there are none.")
        workspace.add("POST", "listStorageAccountKeys", _storage_keys, "Keys of the storage account: there are none.")
        workspace.add("POST", "resyncKeys", _done, "Read the keys again.")
        for collection in ("outboundRules", "features", "outboundNetworkDependenciesEndpoints"):
            workspace.add("GET", collection, _none, f"List {collection}: there are none.")


def _sizes(call: Call) -> Answer:
    kinds = ["AmlCompute", "ComputeInstance"]
    fields = ("name", "family", "vCPUs", "memoryGB", "gpus")
    more = {"osVhdSizeMB": 1_047_552, "maxResourceVolumeMB": 65_536, "lowPriorityCapable": True, "premiumIO": True}
    found = [{**dict(zip(fields, size, strict=True)), **more, "supportedComputeTypes": kinds} for size in _SIZES]
    return Answer.of({"value": found})


def _usages(call: Call) -> Answer:
    unit = {"unit": "Count", "currentValue": 0, "limit": os.cpu_count() or 1}
    return Answer.of({"value": [{**_regional(call, "usages"), **unit}]})


def _quotas(call: Call) -> Answer:
    return Answer.of({"value": [{**_regional(call, "quotas"), "unit": "Count", "limit": os.cpu_count() or 1}]})


def _regional(call: Call, what: str) -> dict[str, Any]:
    place = f"/subscriptions/{call.scope.subscription}/providers/{PROVIDER}/locations/{LOCATION}/{what}"
    name = {"value": "TotalDedicatedCores", "localizedValue": "Total Dedicated Regional vCPUs"}
    return {
        "id": f"{place}/{name['value']}",
        "type": f"{PROVIDER}/{what}",
        "amlWorkspaceLocation": LOCATION,
        "name": name,
    }


def _diagnosis(call: Call) -> Answer:
    """Source: REST specification, DiagnoseResponseResultValue."""
    parts = (
        "userDefinedRouteResults", "networkSecurityRuleResults", "resourceLockResults", "dnsResolutionResults",
        "storageAccountResults", "keyVaultResults", "containerRegistryResults", "applicationInsightsResults", "otherResults",
    )  # fmt: skip
    return Answer.of({"value": {part: [] for part in parts}})


def _keys(call: Call) -> Answer:
    account = f"{_resource_group(call.scope)}/providers/Microsoft.Storage/storageAccounts/local"
    return Answer.of({"userStorageKey": None, "userStorageArmId": account, "appInsightsInstrumentationKey": None})


def _resource_group(scope: Scope) -> str:
    return f"/subscriptions/{scope.subscription}/resourceGroups/{scope.group}"


def _storage_keys(call: Call) -> Answer:
    return Answer.of({"userStorageKey": None})


def _nothing(call: Call) -> Answer:
    return Answer.of({})


def _none(call: Call) -> Answer:
    return Answer.of({"value": []})


def _done(call: Call) -> Answer:
    return Answer(200)
