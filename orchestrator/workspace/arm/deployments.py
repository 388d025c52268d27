"""Deployments of online endpoints on the wire: they really answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.workspace.arm import service_values
from orchestrator.workspace.arm.account import LOCATION
from orchestrator.workspace.arm.codes import Codes
from orchestrator.workspace.arm.deployment_bodies import deployment_body, deployment_properties, with_long_ids
from orchestrator.workspace.arm.endpoints import DEPLOYMENTS, KIND, PLACE, checked, endpoint_key
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.operations import Operation, Operations, provisioning_state
from orchestrator.workspace.arm.paging import filtered, page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.wire_store import Entry, WireStore, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.serving.files import DeploymentFiles

LOG_LINES: Final = 50
"""Lines of a log where the caller does not say how many."""

MOST_INSTANCES: Final = 50
"""Source: Azure ML documentation, limits of managed online endpoints: instances of a deployment."""

_PATH: Final = "onlineEndpoints/{name}/deployments"


class Deployments:
    """Answers for deployments."""

    def __init__(self, wire_store: WireStore, operations: Operations, codes: Codes) -> None:
        self._wire_store = wire_store
        self._operations = operations
        self._codes = codes

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        routes.add("GET", _PATH, self._list)
        routes.add("GET", f"{_PATH}/{{deployment}}", self._get)
        routes.add("PUT", f"{_PATH}/{{deployment}}", self._put)
        routes.add("PATCH", f"{_PATH}/{{deployment}}", self._patch)
        routes.add("DELETE", f"{_PATH}/{{deployment}}", self._delete)
        routes.add("POST", f"{_PATH}/{{deployment}}/getLogs", self._logs)
        routes.add("GET", f"{_PATH}/{{deployment}}/skus", self._skus)

    def _list(self, call: Call) -> Answer:
        endpoint = self._wire_store.get(endpoint_key(call.names["name"])).name
        inside = [
            r for r in self._wire_store.list(DEPLOYMENTS) if r.address.startswith(f"{KIND}.{endpoint}.deployments.")
        ]
        return page(call.request, filtered(call.request, inside), lambda record: _view(call.scope, endpoint, record))

    def _get(self, call: Call) -> Answer:
        return Answer.of(_view(call.scope, call.names["name"], self._wire_store.get(_key(call))))

    def _skus(self, call: Call) -> Answer:
        """How many instances it may have. Source: REST specification, SkuResource."""
        count = self._wire_store.get(_key(call)).body.get("instance_count", 1)
        capacity = {"minimum": 0, "maximum": MOST_INSTANCES, "default": count, "scaleType": "Manual"}
        kind = f"{PROVIDER}/workspaces/onlineEndpoints/deployments"
        sku = {"name": "Default", "tier": "Standard"}
        return Answer.of({"value": [{"resourceType": kind, "sku": sku, "capacity": capacity}]})

    def _put(self, call: Call) -> Answer:
        checked(call.names["deployment"])
        endpoint = self._wire_store.get(endpoint_key(call.names["name"])).name
        tree = call.request.json()
        sent = dict(tree.get("properties") or {})
        existing = self._wire_store.find(_key(call))
        if existing is not None:
            before = sent_of(existing) or deployment_properties(existing.body, call.scope)
            sent = service_values.said(sent, before, service_values.DEPLOYMENT)
        tags, marks = split_tags(tree.get("tags"))
        body = deployment_body(sent, tree.get("sku") or {}, self._codes.path)
        labelled = {**body, **({"tags": tags} if tags else {})}
        place = {PLACE: tree.get("location") or LOCATION}
        entry = Entry(_key(call), labelled, sent, marks, "managed", works=True, attributes=place)
        record, new = self._wire_store.write(entry)
        return self._started(call, endpoint, record, 201 if new else 200)

    def _patch(self, call: Call) -> Answer:
        record = self._wire_store.get(_key(call))
        tree = call.request.json()
        body = dict(record.body)
        capacity = (tree.get("sku") or {}).get("capacity")
        if capacity is not None:
            body["instance_count"] = capacity
        if tree.get("tags") is not None:
            body["tags"], _ = split_tags(tree["tags"])
        sent = sent_of(record) or deployment_properties(record.body, call.scope)
        changed, _ = self._wire_store.write(Entry(record.key, body, sent, variant=record.variant, works=True))
        return self._started(call, call.names["name"], changed, 202)

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.look(_key(call))
        if record is None:
            return Answer(204)
        if not record.deleting:
            self._wire_store.remove(record, works=True)
        return self._operations.accepted(call.request, call.scope, Operation("delete", (record.key,)), None, 202)

    def _logs(self, call: Call) -> Answer:
        record = self._wire_store.get(_key(call))
        lines = int(call.request.json().get("tail") or LOG_LINES)
        log = DeploymentFiles(self._wire_store.paths, call.names["name"], record.name).log
        text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        return Answer.of(
            {"content": self._wire_store.workspace.mask(record.key)("\n".join(text.splitlines()[-lines:]))}
        )

    def _started(self, call: Call, endpoint: str, record: Record, status: int) -> Answer:
        operation = Operation("put", (record.key,))
        view = _view(call.scope, endpoint, record)
        return self._operations.accepted(call.request, call.scope, operation, view, status)


def _view(scope: Scope, endpoint: str, record: Record) -> dict[str, Any]:
    sent = sent_of(record)
    properties: Mapping[str, Any] = deployment_properties(record.body, scope) if sent is None else sent
    return {
        "id": scope.resource("onlineEndpoints", endpoint, "deployments", record.name),
        "name": record.name,
        "type": f"{PROVIDER}/workspaces/onlineEndpoints/deployments",
        "location": record.attributes.get(PLACE, LOCATION),
        "kind": "Managed",
        "tags": all_tags(record),
        "sku": {"name": "Default", "tier": "Standard", "capacity": record.body.get("instance_count", 1)},
        "systemData": system_data(record),
        "properties": {
            **service_values.filled(with_long_ids(properties, scope), service_values.DEPLOYMENT),
            "properties": record.body.get("properties") or {},
            "description": record.body.get("description"),
            "provisioningState": provisioning_state(record),
        },
    }


def _key(call: Call) -> RecordKey:
    return RecordKey(DEPLOYMENTS, f"{KIND}.{call.names['name']}.deployments.{call.names['deployment']}")
