"""Online endpoints and their traffic on the wire."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.errors import Invalid
from orchestrator.workspace.arm import service_values
from orchestrator.workspace.arm.account import LOCATION
from orchestrator.workspace.arm.identities import identity_body, identity_properties
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.operations import Operation, Operations, provisioning_state
from orchestrator.workspace.arm.paging import filtered, page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.tokens import LIFETIME_S
from orchestrator.workspace.arm.wire_store import Entry, WireStore, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.arm.wording import without_nothing
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.serving.keys import ensure_keys, regenerate

KIND: Final = record_kinds.ENDPOINTS
TRAFFIC: Final = record_kinds.TRAFFIC
DEPLOYMENTS: Final = record_kinds.DEPLOYMENTS

PLACE: Final = "location"
"""Attribute of a record: where its resource was said to be."""

_AUTH: Mapping[str, str] = {"key": "Key", "aml_token": "AMLToken", "aad_token": "AADToken"}
_WHOLE: Final = 100


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]")


def checked(name: str) -> str:
    """The name of an endpoint or deployment. Source: Azure ML documentation, limits of online endpoints.

    Raises:
        Invalid: the service would not take it.
    """
    if not _NAME.fullmatch(name):
        raise Invalid(f"'{name}' is not a valid name: use 3 to 32 letters, digits and '-', starting with a letter.")
    return name


def endpoint_key(name: str) -> RecordKey:
    """The key of an endpoint's record."""
    return RecordKey(KIND, f"{KIND}.{name}")


def traffic_key(name: str) -> RecordKey:
    """The key of the record of an endpoint's traffic."""
    return RecordKey(TRAFFIC, f"{KIND}.{name}.traffic")


class Endpoints:
    """Answers for online endpoints."""

    def __init__(self, wire_store: WireStore, operations: Operations) -> None:
        self._wire_store = wire_store
        self._operations = operations

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        routes.add("GET", "onlineEndpoints", self._list)
        routes.add("GET", "onlineEndpoints/{name}", self._get)
        routes.add("PUT", "onlineEndpoints/{name}", self._put)
        routes.add("PATCH", "onlineEndpoints/{name}", self._patch)
        routes.add("DELETE", "onlineEndpoints/{name}", self._delete)
        routes.add("POST", "onlineEndpoints/{name}/listKeys", self._keys)
        routes.add("POST", "onlineEndpoints/{name}/regenerateKeys", self._regenerate)
        routes.add("POST", "onlineEndpoints/{name}/token", self._token)

    def _list(self, call: Call) -> Answer:
        return page(
            call.request,
            filtered(call.request, self._wire_store.list(KIND)),
            lambda record: self._view(call.scope, record),
        )

    def _get(self, call: Call) -> Answer:
        return Answer.of(self._view(call.scope, self._record(call)))

    def _record(self, call: Call) -> Record:
        return self._wire_store.get(endpoint_key(call.names["name"]))

    def _put(self, call: Call) -> Answer:
        name = checked(call.names["name"])
        tree = call.request.json()
        sent = dict(tree.get("properties") or {})
        traffic = {"traffic": sent.pop("traffic", None), "mirror_traffic": sent.pop("mirrorTraffic", None)}
        self._check(name, traffic)
        tags, marks = split_tags(tree.get("tags"))
        body = endpoint_body(sent, tree.get("identity"))
        labelled = {**body, **({"tags": tags} if tags else {})}
        place = {PLACE: tree.get("location") or LOCATION}
        record, new = self._wire_store.write(
            Entry(endpoint_key(name), labelled, sent, marks, "managed", works=True, attributes=place)
        )
        keys = [record.key, *self._put_traffic(name, traffic, record.owner)]
        operation = Operation("put", tuple(keys))
        view = self._view(call.scope, record)
        return self._operations.accepted(call.request, call.scope, operation, view, 201 if new else 200)

    def _patch(self, call: Call) -> Answer:
        """Change tags and identity: those that are given. Source: REST specification, PartialMinimalTrackedResourceWithIdentity."""
        record = self._record(call)
        tree, body, marks = call.request.json(), dict(record.body), None
        if tree.get("tags") is not None:
            body["tags"], marks = split_tags(tree["tags"])
        if tree.get("identity") is not None:
            body["identity"] = identity_body(tree["identity"])
        sent = sent_of(record) or endpoint_properties(record.body)
        entry = Entry(record.key, without_nothing(body), sent, marks or {}, record.variant, works=True)
        changed, _ = self._wire_store.write(entry)
        operation = Operation("put", (changed.key,))
        return self._operations.accepted(call.request, call.scope, operation, self._view(call.scope, changed), 202)

    def _check(self, name: str, traffic: Mapping[str, Any]) -> None:
        shares = {deployment: int(share) for deployment, share in (traffic["traffic"] or {}).items()}
        mirrored = {deployment: int(share) for deployment, share in (traffic["mirror_traffic"] or {}).items()}
        known = {
            record.name for record in self._wire_store.list(DEPLOYMENTS) if record.address.startswith(f"{KIND}.{name}.")
        }
        missing = sorted(name for name, share in {**mirrored, **shares}.items() if share and name not in known)
        if missing:
            raise Invalid(f"The traffic refers to {', '.join(missing)}, which the endpoint '{name}' does not have.")
        if sum(shares.values()) not in (0, _WHOLE):
            raise Invalid(f"The traffic adds up to {sum(shares.values())}; it must be 0 or {_WHOLE}.")

    def _put_traffic(self, name: str, traffic: Mapping[str, Any], owner: str | None) -> list[RecordKey]:
        """Write the traffic if the caller said something about it. Nothing for nobody needs no record."""
        if all(share is None for share in traffic.values()):
            return []
        key = traffic_key(name)
        given = {field: shares for field, shares in traffic.items() if shares}
        existing = self._wire_store.find(key)
        if existing is None and not given:
            return []
        body = {"traffic": {}, **given}
        self._wire_store.write(Entry(key, body, {}, works=True))
        return [key]

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.look(endpoint_key(call.names["name"]))
        if record is None:
            return Answer(204)
        if not record.deleting:
            self._wire_store.remove(record, works=True)
        return self._operations.accepted(call.request, call.scope, Operation("delete", (record.key,)), None, 202)

    def _keys(self, call: Call) -> Answer:
        keys = ensure_keys(self._wire_store.paths, self._record(call).name)
        return Answer.of({"primaryKey": keys.primary, "secondaryKey": keys.secondary})

    def _regenerate(self, call: Call) -> Answer:
        record = self._record(call)
        which = str(call.request.json().get("keyType") or "Primary").lower()
        regenerate(self._wire_store.paths, record.name, "secondary" if which == "secondary" else "primary")
        self._wire_store.workspace.wake()
        return self._operations.accepted(call.request, call.scope, Operation("put", (record.key,)), None, 202)

    def _token(self, call: Call) -> Answer:
        keys = ensure_keys(self._wire_store.paths, self._record(call).name)
        ends = int(time.time()) + LIFETIME_S
        fields = {"accessToken": keys.primary, "tokenType": "Bearer"}
        return Answer.of({**fields, "expiryTimeUtc": ends, "refreshAfterTimeUtc": ends})

    def _view(self, scope: Scope, record: Record) -> dict[str, Any]:
        traffic = self._wire_store.find(traffic_key(record.name))
        shares = traffic.body if traffic is not None else {}
        sent = sent_of(record) or endpoint_properties(record.body)
        uri = str(record.attributes.get("scoring_uri") or "")
        identifier = scope.resource("onlineEndpoints", record.name)
        identity = identity_properties(record.body.get("identity")) or {"type": "SystemAssigned"}
        added = {"azureml.onlineendpointid": identifier}
        return {
            "id": identifier,
            "name": record.name,
            "type": f"{PROVIDER}/workspaces/onlineEndpoints",
            "location": record.attributes.get(PLACE, LOCATION),
            "kind": "Managed",
            "tags": all_tags(record),
            "identity": service_values.identity(identity, identifier),
            "systemData": system_data(record),
            "properties": {
                "authMode": "Key",
                "publicNetworkAccess": "Enabled",
                **sent,
                "description": record.body.get("description"),
                "properties": {**(record.body.get("properties") or {}), **added},
                "traffic": dict(shares.get("traffic") or {}),
                "mirrorTraffic": dict(shares.get("mirror_traffic") or {}),
                "scoringUri": uri or None,
                "swaggerUri": uri.replace("/score", "/swagger.json") or None,
                "provisioningState": provisioning_state(record),
            },
        }


def endpoint_body(sent: Mapping[str, Any], identity: Mapping[str, Any] | None) -> dict[str, Any]:
    """The CLI v2 body of an endpoint's ``properties``, without traffic."""
    modes = {wire.lower(): body for body, wire in _AUTH.items()}
    access = sent.get("publicNetworkAccess")
    fields = {
        "auth_mode": modes.get(str(sent.get("authMode") or "Key").lower(), "key"),
        "description": sent.get("description"),
        "properties": sent.get("properties") or None,
        "identity": identity_body(identity),
        "public_network_access": str(access).lower() if access else None,
    }
    return without_nothing(fields)


def endpoint_properties(body: Mapping[str, Any]) -> dict[str, Any]:
    """The ``properties`` of a CLI v2 body, without traffic."""
    access = body.get("public_network_access")
    fields = {
        "authMode": _AUTH.get(str(body.get("auth_mode") or "key").lower(), "Key"),
        "publicNetworkAccess": str(access).capitalize() if access else None,
    }
    return without_nothing(fields)
