"""Computes on the wire. They are recorded; jobs run on this machine whatever compute they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.workspace.arm import service_values
from orchestrator.workspace.arm.account import LOCATION
from orchestrator.workspace.arm.identities import identity_body, identity_properties
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.operations import Operation, Operations, provisioning_state
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.wire_store import Entry, WireStore, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.arm.wording import duration, seconds, snake, whole, without_nothing
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record, RecordKey

KIND: Final = record_kinds.COMPUTE

_STATE: Final = "state"
"""Attribute of an instance's record: ``Running`` or ``Stopped``."""


class Computes:
    """Answers for computes."""

    def __init__(self, wire_store: WireStore, operations: Operations) -> None:
        self._wire_store = wire_store
        self._operations = operations

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        routes.add("GET", "computes", self._list)
        routes.add("GET", "computes/{name}", self._get)
        routes.add("PUT", "computes/{name}", self._put)
        routes.add("PATCH", "computes/{name}", self._patch)
        routes.add("DELETE", "computes/{name}", self._delete)
        routes.add("POST", "computes/{name}/start", self._switch("Running"))
        routes.add("POST", "computes/{name}/restart", self._switch("Running"))
        routes.add("POST", "computes/{name}/stop", self._switch("Stopped"))
        routes.add("POST", "computes/{name}/listNodes", self._nodes)
        routes.add("POST", "computes/{name}/listKeys", self._keys)

    def _list(self, call: Call) -> Answer:
        return page(call.request, self._wire_store.list(KIND), lambda record: _view(call.scope, record))

    def _get(self, call: Call) -> Answer:
        return Answer.of(_view(call.scope, self._wire_store.get(_key(call))))

    def _put(self, call: Call) -> Answer:
        tree = call.request.json()
        properties = dict(tree.get("properties") or {})
        existing = self._wire_store.find(_key(call))
        if existing is not None:
            before = sent_of(existing) or compute_properties(existing.body)
            defaults = {"properties": service_values.DEFAULTS.get(str(properties.get("computeType")).lower(), {})}
            properties = service_values.said(properties, before, defaults)
        tags, marks = split_tags(tree.get("tags"))
        body = compute_body(properties)
        labels = {
            "location": tree.get("location"),
            "tags": tags or None,
            "identity": identity_body(tree.get("identity")),
        }
        entry = Entry(_key(call), {**body, **without_nothing(labels)}, _public(properties), marks, str(body["type"]))
        record, new = self._wire_store.write(entry)
        return self._started(call, record, 201 if new else 200)

    def _patch(self, call: Call) -> Answer:
        record = self._wire_store.get(_key(call))
        changes = call.request.json().get("properties") or {}
        sent = sent_of(record) or compute_properties(record.body)
        inner = service_values.merged(sent.get("properties") or {}, changes.get("properties") or changes)
        merged = {**sent, "properties": inner}
        body = {**record.body, **compute_body(merged)}
        changed, _ = self._wire_store.write(Entry(record.key, body, merged, variant=record.variant))
        return self._started(call, changed, 200)

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.find(_key(call))
        if record is None:
            return Answer(204)
        self._wire_store.remove(record, works=False)
        return self._operations.accepted(call.request, call.scope, Operation("delete", (record.key,)), None, 202)

    def _switch(self, state: str) -> Callable[[Call], Answer]:
        def switch(call: Call) -> Answer:
            record = self._wire_store.get(_key(call))
            self._wire_store.workspace.annotate(record.key, {_STATE: state})
            return self._operations.accepted(call.request, call.scope, Operation("put", (record.key,)), None, 202)

        return switch

    def _nodes(self, call: Call) -> Answer:
        self._wire_store.get(_key(call))
        return Answer.of({"nodes": []})

    def _keys(self, call: Call) -> Answer:
        """Of a compute here there are none. Source: REST specification, ComputeSecrets."""
        record = self._wire_store.get(_key(call))
        return Answer.of({"computeType": _view(call.scope, record)["properties"].get("computeType")})

    def _started(self, call: Call, record: Record, status: int) -> Answer:
        operation = Operation("put", (record.key,))
        return self._operations.accepted(call.request, call.scope, operation, _view(call.scope, record), status)


def compute_body(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The CLI v2 body of a compute's ``properties``, labels left out."""
    inner = dict(properties.get("properties") or {})
    scale = inner.pop("scaleSettings", None) or {}
    idle = scale.get("nodeIdleTimeBeforeScaleDown")
    renamed = {
        "type": str(properties.get("computeType") or "").lower(),
        "description": properties.get("description"),
        "resource_id": properties.get("resourceId"),
        "size": inner.pop("vmSize", None),
        "tier": snake(inner.pop("vmPriority", None) or "") or None,
        "min_instances": scale.get("minNodeCount"),
        "max_instances": scale.get("maxNodeCount"),
        "idle_time_before_scale_down": None if idle is None else whole(seconds(idle)),
        "enable_node_public_ip": inner.pop("enableNodePublicIp", None),
        "idle_time_before_shutdown": inner.pop("idleTimeBeforeShutdown", None),
        **{name: inner.pop(wire, None) for name, wire in _ATTACHED.items()},
    }
    access = inner.pop("remoteLoginPortPublicAccess", None)
    if access is not None:
        renamed["ssh_public_access_enabled"] = access == "Enabled"
    return without_nothing(renamed)


def compute_properties(body: Mapping[str, Any]) -> dict[str, Any]:
    """The ``properties`` of a CLI v2 body, for records that others wrote."""
    kind = str(body.get("type") or "amlcompute")
    idle = body.get("idle_time_before_scale_down")
    inner: dict[str, Any] = {"vmSize": body.get("size"), "enableNodePublicIp": body.get("enable_node_public_ip")}
    inner |= {wire: body.get(name) for name, wire in _ATTACHED.items()}
    if kind == "amlcompute":
        inner["vmPriority"] = "LowPriority" if body.get("tier") == "low_priority" else "Dedicated"
        inner["scaleSettings"] = {
            "minNodeCount": body.get("min_instances", 0),
            "maxNodeCount": body.get("max_instances", 4),
            "nodeIdleTimeBeforeScaleDown": duration(idle if idle is not None else 120),
        }
    properties = {"computeType": _TYPES.get(kind, kind), "description": body.get("description")}
    return {**without_nothing(properties), "properties": without_nothing(inner)}


_ATTACHED: Final = {
    "workspace_url": "workspaceUrl",
    "data_lake_store_account_name": "dataLakeStoreAccountName",
    "address": "address",
}
"""Fields of attached computes. Source: Azure REST specification, workspaces/computes."""

_TYPES: Mapping[str, str] = {
    "amlcompute": "AmlCompute",
    "computeinstance": "ComputeInstance",
    "kubernetes": "Kubernetes",
    "virtualmachine": "VirtualMachine",
    "synapsespark": "SynapseSpark",
    "databricks": "Databricks",
    "datafactory": "DataFactory",
    "datalakeanalytics": "DataLakeAnalytics",
    "hdinsight": "HDInsight",
}


def _view(scope: Scope, record: Record) -> dict[str, Any]:
    properties = sent_of(record) or compute_properties(record.body)
    inner = {**(properties.get("properties") or {})}
    if inner.get("vmSize"):
        # Source: recordings of azure-ai-ml, computes: sizes come back in upper case.
        inner["vmSize"] = str(inner["vmSize"]).upper()
    kind = str(properties.get("computeType")).lower()
    if kind == "computeinstance":
        inner = service_values.instance(inner, str(record.attributes.get(_STATE, "Running")))
    elif kind == "amlcompute":
        inner = service_values.cluster(inner)
    made, identifier = system_data(record), scope.resource("computes", record.name)
    return {
        "id": identifier,
        "name": record.name,
        "type": f"{PROVIDER}/workspaces/computes",
        "location": record.body.get("location") or LOCATION,
        "tags": all_tags(record) or None,
        "identity": service_values.identity(identity_properties(record.body.get("identity")), identifier),
        "systemData": made,
        "properties": {
            "computeLocation": record.body.get("location") or LOCATION,
            "isAttachedCompute": kind not in service_values.DEFAULTS,
            "createdOn": made.get("createdAt"),
            "modifiedOn": made.get("lastModifiedAt"),
            "resourceId": None,
            "provisioningErrors": None,
            "disableLocalAuth": False,
            **properties,
            "description": record.body.get("description"),
            "properties": inner,
            "provisioningState": provisioning_state(record),
        },
    }


def _public(properties: dict[str, Any]) -> dict[str, Any]:
    """Without what the service never gives back."""
    inner = {name: value for name, value in (properties.get("properties") or {}).items() if "Token" not in name}
    for name in ("userAccountCredentials", "administratorAccount"):
        credentials = inner.get(name)
        if isinstance(credentials, Mapping):
            inner[name] = {key: value for key, value in credentials.items() if "assword" not in key}
    return {**properties, "properties": inner}


def _key(call: Call) -> RecordKey:
    return RecordKey(KIND, f"{KIND}.{call.names['name']}")
