"""Other resources of the resource group: registries, other workspaces, feature stores. They are kept, and do nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from orchestrator.core.kind import Kind
from orchestrator.core.wire import GroupWire, without_nothing
from orchestrator.workspace.arm.account import GROUP, LOCATION, WORKSPACE
from orchestrator.workspace.arm.messages import Answer, WireError
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.wire_store import Entry, WireStore, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.records.record import Record, RecordKey

_KEPT: Final = ("location", "kind", "identity", "sku", "properties")
"""Members of a resource that are kept as they were sent."""


_IDENTITIES: Final = {
    "systemassigned": "SystemAssigned",
    "userassigned": "UserAssigned",
    "systemassigned,userassigned": "SystemAssigned,UserAssigned",
}
"""As the service spells them. Source: Azure REST specification, ``ManagedServiceIdentityType``."""


_SWITCHES: Final = {"true": True, "false": False, "True": True, "False": False}
"""Parameters of templates are texts."""


_STORE: Final = "featureStoreSettings"
"""The template of the client spells what is in them in its own way. Source: azure-ai-ml 1.35, ``workspace_base.json``."""

_CONNECTIONS: Final = ("offlineStoreConnectionName", "onlineStoreConnectionName")
"""Connections of a feature store. They are in it, and what is in it is not kept; a client that is told their names asks for them."""


def _spelt(tree: Any) -> Any:
    if not isinstance(tree, Mapping):
        return tree
    known = {name.lower(): name for name in ("computeRuntime", "sparkRuntimeVersion", *_CONNECTIONS)}
    return {known.get(name.lower(), name): _spelt(value) for name, value in tree.items()}


def _normalized(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without members that are expressions of a template: what they name is made beside it."""
    return {
        name: _normalized(value)
        if isinstance(value, Mapping)
        else _SWITCHES.get(value, value)
        if isinstance(value, str)
        else value
        for name, value in tree.items()
        if not (isinstance(value, str) and (name in _CONNECTIONS or (value.startswith("[") and value.endswith("]"))))
    }


class Siblings:
    """Answers for the kinds of one collection.

    Args:
        kinds: whose records, and how they look. The first one has those that belong to no other.
    """

    def __init__(self, kinds: Sequence[tuple[Kind, GroupWire]], wire_store: WireStore) -> None:
        self._kinds = {kind.key: (kind, wire) for kind, wire in kinds}
        self._kind, self._wire = kinds[0]
        self._wire_store = wire_store

    def register(self, group: Routes, subscription: Routes) -> None:
        """Answer for them, below the resource group; and list them, below the subscription."""
        collection = f"providers/{PROVIDER}/{self._wire.collection}"
        here, above = Routes(self._kind.key), Routes(self._kind.key)
        for routes in (here, above):
            routes.add("GET", collection, self._list)
        here.add("GET", f"{collection}/{{name}}", self._get)
        here.add("PUT", f"{collection}/{{name}}", self._put)
        here.add("PATCH", f"{collection}/{{name}}", self._patch)
        here.add("DELETE", f"{collection}/{{name}}", self._delete)
        group.include(here)
        subscription.include(above)

    def find(self, name: str) -> Record | None:
        """One of them by its name, in any case; None if it is not there."""
        return next((record for record in self._all() if record.name.lower() == name.lower()), None)

    def _all(self) -> list[Record]:
        return [record for key in self._kinds for record in self._wire_store.list(key)]

    def views(self, scope: Scope) -> list[dict[str, Any]]:
        """All of them as the service shows them."""
        return [self.view(scope, record) for record in self._all()]

    def view(self, scope: Scope, record: Record) -> dict[str, Any]:
        """One of them as the service shows it."""
        sent = sent_of(record) or {}
        above = f"/subscriptions/{scope.subscription}/resourceGroups/{scope.group}"
        group = f"{above}/providers/{PROVIDER}"
        wire = self._kinds[record.kind][1]
        return {
            "location": LOCATION,
            **sent,
            "id": f"{group}/{self._wire.collection}/{record.name}",
            "name": record.name,
            "type": f"{PROVIDER}/{self._wire.collection}",
            "systemData": system_data(record),
            "tags": all_tags(record),
            "properties": {**wire.given, **wire.seen(without_nothing(sent.get("properties") or {}), above)},
        }

    def put(self, name: str, tree: Mapping[str, Any]) -> Record:
        """Make one, or write it anew."""
        sent = _normalized({member: tree[member] for member in _KEPT if tree.get(member) is not None})
        properties = sent.get("properties")
        if properties and properties.get(_STORE):
            properties[_STORE] = _normalized(_spelt(properties[_STORE]))
        identity = sent.get("identity")
        if isinstance(identity, Mapping) and identity.get("type"):
            sent["identity"] = {
                **identity,
                "type": _IDENTITIES.get(str(identity["type"]).lower().replace(" ", ""), "None"),
            }
        tags, marks = split_tags(tree.get("tags"))
        existing = self.find(name)
        kind, wire = self._kinds[existing.kind] if existing is not None else self._of(sent)
        body = without_nothing({**wire.body(sent), "tags": tags or None})
        key = existing.key if existing is not None else RecordKey(kind.key, f"{kind.key}.{name}")
        record, _ = self._wire_store.write(Entry(key, body, sent, marks, kind.variant(body)))
        return record

    def _of(self, sent: Mapping[str, Any]) -> tuple[Kind, GroupWire]:
        """The kind that a resource belongs to."""
        sent_kind = str(sent.get("kind") or "").lower()
        return next(
            (each for each in self._kinds.values() if each[1].only and each[1].only == sent_kind),
            (self._kind, self._wire),
        )

    def patch(self, record: Record, tree: Mapping[str, Any]) -> Record:
        """Change the members that a body has."""
        sent = sent_of(record) or {}
        more = without_nothing({name: tree.get(name) for name in _KEPT if name != "properties"})
        properties = {**(sent.get("properties") or {}), **without_nothing(tree.get("properties") or {})}
        tags = tree["tags"] if tree.get("tags") is not None else all_tags(record)
        return self.put(record.name, {**sent, **more, "properties": properties, "tags": tags})

    def remove(self, record: Record) -> None:
        """Take one away."""
        self._wire_store.remove(record, works=False)

    def refuse_contents(self, name: str) -> None:
        """Tell who asks for what is in one of them.

        Raises:
            WireError: it is one of them.
        """
        record = self.find(name)
        if record is not None:
            raise WireError(
                404,
                "NotSupportedLocally",
                f"The {self._kinds[record.kind][0].title} '{name}' is only recorded on this server; what is in it is not served. "
                f"Connect to the workspace '{WORKSPACE}'.",
            )

    def _list(self, call: Call) -> Answer:
        scope = replace(call.scope, group=call.scope.group or GROUP)
        return page(call.request, self.views(scope), lambda view: view)

    def _found(self, call: Call) -> Record:
        record = self.find(call.names["name"])
        if record is None:
            text = f"The {self._kind.title} '{call.names['name']}' was not found. This server only records them, and serves none."
            raise WireError(404, self._wire.missing, text)
        return record

    def _get(self, call: Call) -> Answer:
        return Answer.of(self.view(call.scope, self._found(call)))

    def _put(self, call: Call) -> Answer:
        new = self.find(call.names["name"]) is None
        record = self.put(call.names["name"], call.request.json())
        return Answer.of(self.view(call.scope, record), 201 if new else 200)

    def _patch(self, call: Call) -> Answer:
        return Answer.of(self.view(call.scope, self.patch(self._found(call), call.request.json())))

    def _delete(self, call: Call) -> Answer:
        record = self.find(call.names["name"])
        if record is None:
            return Answer(204)
        self.remove(record)
        return Answer(204)
