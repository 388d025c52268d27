"""Workspaces beside the one of the target: plain ones, hubs and projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.behaviour import LOCAL_RECORD, Behaviour
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Variants
from orchestrator.core.resource import Removal
from orchestrator.core.wire import GroupWire
from orchestrator.core.workspace_marks import without_service_values

_HERE: Final = "orchestrator.core.workspace_bodies"


def _variant(body: Mapping[str, Any]) -> str:
    return str(body.get("kind") or "default").lower()


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """Without the resource group: it is that of the target."""
    body.pop("resource_group", None)
    return body


def _problems(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    acls = body.get("network_acls")
    if isinstance(acls, Mapping) and acls.get("default_action") == "Deny" and not acls.get("ip_rules"):
        yield BodyProblem(
            ("network_acls",),
            "missing-field",
            "With 'default_action: Deny' the network needs 'ip_rules': without them, all connections are rejected.",
            "Add 'ip_rules: [{value: 203.0.113.0/24}]', or use public_network_access: Disabled.",
        )


def _body(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = resource.get("properties") or {}
    kind = str(resource.get("kind") or "default").lower()
    return {
        "kind": None if kind == "default" else kind,
        "location": resource.get("location"),
        "display_name": properties.get("friendlyName"),
        "description": properties.get("description"),
        "hub_id": properties.get("hubResourceId"),
    }


KIND: Final = Kind(
    key="workspaces",
    order=150,
    title="workspace",
    identity=Identity.NAMED,
    variants=Variants(
        {"default": f"{_HERE}:PlainWorkspace", "hub": f"{_HERE}:HubWorkspace", "project": f"{_HERE}:ProjectWorkspace"}
    ),
    variant=_variant,
    variant_field="kind",
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}",
        "3 to 33 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, Microsoft.MachineLearningServices/workspaces",
    ),
    azure=AzureBinding(
        "workspaces",
        loader="load_workspace",
        tracked=True,
        create="begin_create",
        remove="begin_delete",
        driver="siblings",
        for_loader=_for_loader,
        returned=without_service_values,
        typed=True,
        readers={
            "default": "workspace.workspace:WorkspaceSchema",
            "hub": "workspace.ai_workspaces.hub:HubSchema",
            "project": "workspace.ai_workspaces.project:ProjectSchema",
        },
    ),
    behaviour=Behaviour(timeout_s=3_600.0, rank=0, instant=False, tested_alone=False),
    local=LOCAL_RECORD,
    wire=GroupWire(collection="workspaces", body=_body, given={"provisioningState": "Succeeded"}),
    source="Azure ML CLI v2 YAML reference: workspace",
    schemas=("workspace.schema", "workspace.", "hub.schema", "hub.", "project.schema"),
    shape=("hub_id", "managed_network", "hbi_workspace", "storage_account", "key_vault"),
    removal=Removal.DELETE,
    problems=_problems,
    attributes=("id", "name", "location"),
)
