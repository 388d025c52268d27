"""Kinds that say themselves how they look on the wire, as long as a record is all there is of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.field_mark import Sensitive
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.resource import OWNER_TAG
from orchestrator.core.value import Secret, plain
from orchestrator.core.wire import FieldWire, RecordWire, camel, without_nothing
from orchestrator.workspace.arm.account import LOCATION
from orchestrator.workspace.arm.batches import scoring_uri
from orchestrator.workspace.arm.ids import with_ids
from orchestrator.workspace.arm.key_pairs import endpoint_keys, replaced
from orchestrator.workspace.arm.merging import merged
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, shorten
from orchestrator.workspace.arm.wire_store import Entry, WireStore, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.secrets import SecretValues


class Records:
    """Answers for one such kind.

    Args:
        kind: whose records.
        wire: how they look.
        kinds: all, for what the records have inside.
    """

    def __init__(self, kind: Kind, wire: RecordWire, wire_store: WireStore, kinds: Kinds) -> None:
        self._kind = kind
        self._wire = wire
        self._wire_store = wire_store
        self._inside = [child.kind for child in kind.children]
        self._fields = {key: found for key in self._inside if isinstance(found := kinds[key].wire, FieldWire)}

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        collection = self._wire.collection
        place = f"{collection}/{{name}}"
        if self._wire.part:
            collection = f"{place}/{self._wire.part}"
            place = f"{collection}/{{deployment}}"
        routes.add("GET", collection, self._list)
        routes.add("GET", place, self._get)
        routes.add("PUT", place, self._put)
        routes.add("PATCH", place, self._patch)
        routes.add("DELETE", place, self._delete)
        if self._wire.keys:
            listed, again = self._wire.keys, "regenerateKeys"
            routes.add("POST", f"{place}/{listed}", self._keys, "The keys of an endpoint.")
            routes.add("POST", f"{place}/{again}", self._regenerate, "Replace a key of an endpoint.")
        if self._wire.secrets:
            routes.add("POST", f"{place}/{self._wire.secrets}", self._secrets)

    def _list(self, call: Call) -> Answer:
        records = self._wire_store.list(self._kind.key)
        if self._wire.part:
            inside = f"{self._whole(call).address}."
            records = [record for record in records if record.address.startswith(inside)]
        return page(call.request, records, lambda record: self._view(call, record))

    def _get(self, call: Call) -> Answer:
        return Answer.of(self._view(call, self._wire_store.get(self._key(call))))

    def _put(self, call: Call) -> Answer:
        return self._written(call, call.request.json())

    def _patch(self, call: Call) -> Answer:
        """Change what is given: tags as a whole, properties as a JSON merge patch.

        Source: REST specification, the ``Partial…`` models and ``WorkspaceConnectionUpdateParameter``; RFC 7396. That tags are
        replaced as a whole is assumed.
        """
        record = self._wire_store.get(self._key(call))
        tree, view = call.request.json(), self._revealed(call, record)
        properties = merged(view["properties"], tree.get("properties") or {})
        tags = {"tags": view["tags"] if tree.get("tags") is None else tree["tags"]} if "tags" in view else {}
        return self._written(call, {**view, **tags, "properties": properties})

    def _keys(self, call: Call) -> Answer:
        return Answer.of(endpoint_keys(self._wire_store, self._wire_store.get(self._key(call))))

    def _regenerate(self, call: Call) -> Answer:
        record = self._wire_store.get(self._key(call))
        return Answer.of(endpoint_keys(self._wire_store, replaced(self._wire_store, record, call.request.json())))

    def _written(self, call: Call, tree: Mapping[str, Any]) -> Answer:
        sent = dict(tree.get("properties") or {})
        texts, marks = split_tags(sent.pop(self._wire.marks, None) if self._wire.marks else tree.get("tags"))
        if self._wire.marks:
            sent[self._wire.marks] = texts
        key = self._key(call)
        if self._wire.part:
            self._whole(call)
        others = {part: self._taken(wire, sent) for part, wire in self._fields.items()}
        opened = without_nothing(self._wire.body(with_ids(sent, self._wire.ids, lambda text, _: shorten(text))))
        if texts and not self._wire.marks:
            opened["tags"] = texts
        variant = self._kind.variant(opened)
        kept: list[tuple[tuple[str, ...], str]] = list(_secrets(opened, root_node(self._kind, variant)))
        body = _sealed(opened, dict(kept), self._wire_store.identity)
        shown = {name: value for name, value in sent.items() if name not in self._wire.hidden}
        values: SecretValues = kept
        record, _ = self._wire_store.write(Entry(key, body, shown, marks, variant, secrets=values))
        for part, own in others.items():
            self._put_fields(_inner(part, record), own, record.owner)
        return Answer.of(self._view(call, record))

    def _taken(self, wire: FieldWire, sent: dict[str, Any]) -> dict[str, Any]:
        """The members of ``properties`` that are another kind's, taken out of them, as its body."""
        own = {camel(name): sent.pop(camel(name), None) for name in wire.fields}
        return wire.body({name: value for name, value in own.items() if value})

    def _put_fields(self, key: RecordKey, body: Mapping[str, Any], owner: str | None) -> None:
        existing = self._wire_store.find(key)
        if body:
            self._wire_store.write(Entry(key, body, {}, {OWNER_TAG: owner} if owner else {}))
        elif existing is not None:
            self._wire_store.remove(existing, works=False)

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.find(self._key(call))
        if record is None:
            return Answer(204)
        inside = [other for kind in self._inside for other in self._wire_store.list(kind)]
        for other in (*inside, record):
            if other is record or other.address.startswith(f"{record.address}."):
                self._wire_store.remove(other, works=False)
        return Answer(self._wire.deleted)

    def _secrets(self, call: Call) -> Answer:
        return Answer.of(self._revealed(call, self._wire_store.get(self._key(call))))

    def _revealed(self, call: Call, record: Record) -> dict[str, Any]:
        """The resource with what is hidden otherwise."""
        view = self._view(call, record)
        opened = self._wire.properties(self._wire_store.workspace.revealed(record))
        hidden = {name: opened[name] for name in self._wire.hidden if name in opened}
        return {**view, "properties": {**view["properties"], **hidden}}

    def _view(self, call: Call, record: Record) -> dict[str, Any]:
        wire, scope = self._wire, call.scope
        properties = sent_of(record)
        if properties is None:
            properties = with_ids(wire.properties(record.body), wire.ids, scope.expand)
            properties = {name: value for name, value in properties.items() if name not in wire.hidden}
        properties = {**wire.given, **properties}
        if self._kind.batches:
            properties["scoringUri"] = scoring_uri(call.request.base, scope.resource(*self._place(record)))
        for part, own in self._fields.items():
            inner = self._wire_store.find(_inner(part, record))
            # Clients set a member of it: there is always one. Source: recordings of azure-ai-ml, batch endpoints.
            properties |= {camel(name): {} for name in own.fields}
            properties |= own.properties(inner.body) if inner is not None else {}
        view = {
            "id": scope.resource(*self._place(record)),
            "name": Address.parse(record.address).leaf,
            "type": "/".join((PROVIDER, "workspaces", wire.collection, *([wire.part] if wire.part else []))),
            "systemData": system_data(record),
        }
        if wire.marks:
            marked = {**(properties.get(wire.marks) or {}), **all_tags(record)}
            return {**view, "properties": {**properties, wire.marks: marked}}
        return {**view, "location": LOCATION, "tags": all_tags(record), "properties": properties}

    def _place(self, record: Record) -> tuple[str, ...]:
        address = Address.parse(record.address)
        own = (self._wire.part, address.leaf) if self._wire.part else ()
        return (self._wire.collection, address.name, *own)

    def _whole(self, call: Call) -> Record:
        section = self._kind.section
        return self._wire_store.get(RecordKey(section, f"{section}.{call.names['name']}"))

    def _key(self, call: Call) -> RecordKey:
        address = Address(self._kind.section, call.names["name"])
        if self._wire.part:
            address = Address(*address[:2], f"{self._kind.part}.{call.names['deployment']}")
        return RecordKey(self._kind.key, str(address))


def _inner(kind: str, record: Record) -> RecordKey:
    """The key of the record of what is a field of another one's."""
    return RecordKey(kind, f"{record.address}.{kind.partition('.')[2]}")


def _secrets(body: Any, node: FieldNode, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The texts at fields that are secrets, each with its path."""
    if isinstance(body, Mapping):
        for name, value in body.items():
            child = node.child(name)
            if child.mark(Sensitive) is not None and isinstance(value, str):
                yield (*path, name), value
            else:
                yield from _secrets(value, child, (*path, name))


def _sealed(body: Any, secrets: Mapping[tuple[str, ...], str], identity: str, path: tuple[str, ...] = ()) -> Any:
    """The body with digests in the place of secrets."""
    if path in secrets:
        return plain(Secret(path[-1], secrets[path]), identity)
    if isinstance(body, Mapping):
        return {name: _sealed(value, secrets, identity, (*path, name)) for name, value in body.items()}
    return body
