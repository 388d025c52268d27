"""Kinds that say themselves how they look on the wire, as long as a record is all there is of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.field_mark import Sensitive
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.core.kind import Kind
from orchestrator.core.value import Secret, plain
from orchestrator.core.wire import RecordWire, without_nothing
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.shelf import Entry, Shelf, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.secrets import SecretValues


class Records:
    """Answers for one such kind.

    Args:
        kind: whose records.
        wire: how they look.
    """

    def __init__(self, kind: Kind, wire: RecordWire, shelf: Shelf) -> None:
        self._kind = kind
        self._wire = wire
        self._shelf = shelf

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        collection = self._wire.collection
        routes.add("GET", collection, self._list)
        routes.add("GET", f"{collection}/{{name}}", self._get)
        routes.add("PUT", f"{collection}/{{name}}", self._put)
        routes.add("DELETE", f"{collection}/{{name}}", self._delete)
        routes.add("POST", f"{collection}/{{name}}/{self._wire.secrets}", self._secrets)

    def _list(self, call: Call) -> Answer:
        return page(call.request, self._shelf.list(self._kind.key), lambda record: self._view(call.scope, record))

    def _get(self, call: Call) -> Answer:
        return Answer.of(self._view(call.scope, self._shelf.get(self._key(call))))

    def _put(self, call: Call) -> Answer:
        sent = dict(call.request.json().get("properties") or {})
        texts, marks = split_tags(sent.pop(self._wire.marks, None))
        sent[self._wire.marks] = texts
        opened = without_nothing(self._wire.body(sent))
        variant = self._kind.variant(opened)
        kept: list[tuple[tuple[str, ...], str]] = list(_secrets(opened, root_node(self._kind, variant)))
        body = _sealed(opened, dict(kept), self._shelf.identity)
        shown = {name: value for name, value in sent.items() if name not in self._wire.hidden}
        values: SecretValues = kept
        record, _ = self._shelf.write(Entry(self._key(call), body, shown, marks, variant, secrets=values))
        return Answer.of(self._view(call.scope, record))

    def _delete(self, call: Call) -> Answer:
        record = self._shelf.find(self._key(call))
        if record is None:
            return Answer(204)
        self._shelf.remove(record, works=False)
        return Answer(200)

    def _secrets(self, call: Call) -> Answer:
        record = self._shelf.get(self._key(call))
        view = self._view(call.scope, record)
        opened = self._wire.properties(self._shelf.workspace.revealed(record))
        hidden = {name: opened[name] for name in self._wire.hidden if name in opened}
        return Answer.of({**view, "properties": {**view["properties"], **hidden}})

    def _view(self, scope: Scope, record: Record) -> dict[str, Any]:
        properties = sent_of(record)
        if properties is None:
            properties = self._wire.properties(record.body)
            properties = {name: value for name, value in properties.items() if name not in self._wire.hidden}
        marked = {**(properties.get(self._wire.marks) or {}), **all_tags(record)}
        return {
            "id": scope.resource(self._wire.collection, record.name),
            "name": record.name,
            "type": f"{PROVIDER}/workspaces/{self._wire.collection}",
            "systemData": system_data(record),
            "properties": {**properties, self._wire.marks: marked},
        }

    def _key(self, call: Call) -> RecordKey:
        return RecordKey(self._kind.key, f"{self._kind.key}.{call.names['name']}")


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
