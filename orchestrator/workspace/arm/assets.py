"""Data, models and environments on the wire: containers, versions, archiving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.core.errors import NotFound
from orchestrator.workspace.arm.messages import Answer, WireError
from orchestrator.workspace.arm.model_facts import with_facts
from orchestrator.workspace.arm.paging import filtered, page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope, lengthen, shorten
from orchestrator.workspace.arm.storage import model_uri
from orchestrator.workspace.arm.wire_store import (
    Entry,
    WireStore,
    all_tags,
    anonymous,
    sent_of,
    split_tags,
    system_data,
)
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record, RecordKey

MODELS: Final = record_kinds.MODELS
DATA: Final = record_kinds.DATA
_DEFAULT: Final = "azureml_default"
"""What clients ask for as the version of a component whose default is meant. Source: azure-ai-ml, ``components.get(NAME)``."""
MODEL_URI: Final = "modelUri"

_SHOWN: Final = ("display_name",)
"""Fields of bodies that only people read."""


@dataclass(frozen=True, slots=True)
class AssetKind:
    """How one kind of asset travels.

    Attributes:
        section: of the records.
        collection: of the wire's paths; the section if nothing is said.
        to_body: from ``properties`` and the revision to a CLI v2 body without labels.
        to_wire: from a CLI v2 body to ``properties``, for records that others wrote.
        complete: adds to ``properties`` what the service adds.
        refusal: status and code of an attempt to change what cannot change.
        document: see `AssetWire.document`.
        provided: what every workspace has of the kind and nobody has made, one record each; any version of it can be got.
    """

    section: str
    to_body: Callable[[Mapping[str, Any]], dict[str, Any]]
    to_wire: Callable[[Mapping[str, Any], Scope], dict[str, Any]]
    complete: Callable[[dict[str, Any]], dict[str, Any]]
    refusal: tuple[int, str]
    provided: Callable[[], Sequence[Record]] = tuple
    document: str = ""
    collection: str = ""

    @property
    def place(self) -> str:
        """The collection of the wire's paths."""
        return self.collection or self.section


class Assets:
    """Answers for one kind of asset."""

    def __init__(self, kind: AssetKind, wire_store: WireStore) -> None:
        self._kind = kind
        self._wire_store = wire_store

    def register(self, routes: Routes) -> None:
        """Answer for containers and versions."""
        section = self._kind.place
        routes.add("GET", section, self._containers)
        routes.add("GET", f"{section}/{{name}}", self._container)
        routes.add("PUT", f"{section}/{{name}}", self._put_container)
        routes.add("DELETE", f"{section}/{{name}}", self._delete_container)
        routes.add("GET", f"{section}/{{name}}/versions", self._versions)
        routes.add("GET", f"{section}/{{name}}/versions/{{version}}", self._get)
        routes.add("PUT", f"{section}/{{name}}/versions/{{version}}", self._put)
        routes.add("DELETE", f"{section}/{{name}}/versions/{{version}}", self._delete)

    def _key(self, call: Call) -> RecordKey:
        section = self._kind.section
        return RecordKey(section, f"{section}.{call.names['name']}", call.names["version"])

    def _containers(self, call: Call) -> Answer:
        found: dict[str, list[Record]] = {}
        for record in self._wire_store.list(self._kind.section):
            if not anonymous(record):
                found.setdefault(record.name, []).append(record)
        names = list(reversed(found))
        for record in self._kind.provided():
            if record.name not in found:
                found[record.name] = [record]
                names.append(record.name)
        shown = [name for name in names if _listed(call, found[name])]
        return page(call.request, shown, lambda name: self._container_view(call.scope, name, found[name]))

    def _container(self, call: Call) -> Answer:
        name = call.names["name"]
        records = self._named(name) or self._provided(name)
        if not records:
            raise NotFound(f"The {self._kind.section} container '{name}' was not found in the workspace.")
        return Answer.of(self._container_view(call.scope, name, records))

    def _put_container(self, call: Call) -> Answer:
        """Archive or restore all versions at once: what clients do with containers."""
        name = call.names["name"]
        records = self._named(name)
        if not records and self._provided(name):
            raise WireError(403, "UserError", f"'{name}' is provided by Azure Machine Learning and cannot be changed.")
        if not records:
            raise NotFound(f"The {self._kind.section} container '{name}' was not found in the workspace.")
        archived = bool((call.request.json().get("properties") or {}).get("isArchived"))
        changed = [self._wire_store.relabel(replace(record, archived=archived)) for record in records]
        return Answer.of(self._container_view(call.scope, name, changed))

    def _delete_container(self, call: Call) -> Answer:
        """Delete all versions."""
        name = call.names["name"]
        records = self._named(name)
        if not records and self._provided(name):
            raise WireError(403, "UserError", f"'{name}' is provided by Azure Machine Learning and cannot be changed.")
        for record in records:
            self._wire_store.remove(record, works=False)
        return Answer(200 if records else 204)

    def _named(self, name: str) -> list[Record]:
        return list(self._wire_store.list(self._kind.section, f"{self._kind.section}.{name}"))

    def _provided(self, name: str) -> list[Record]:
        return [record for record in self._kind.provided() if record.name == name]

    def _container_view(self, scope: Scope, name: str, records: Sequence[Record]) -> dict[str, Any]:
        live = [record for record in records if not record.archived]
        newest = (live or records)[-1]
        properties = {
            "description": newest.body.get("description"),
            "tags": all_tags(newest),
            "properties": {},
            "isArchived": not live,
            "latestVersion": newest.revision,
            "nextVersion": next_version(record.revision for record in records),
        }
        if self._kind.section == DATA:
            properties["dataType"] = newest.body.get("type") or "uri_folder"
        return {
            "id": scope.resource(self._kind.place, name),
            "name": name,
            "type": f"{PROVIDER}/workspaces/{self._kind.place}",
            "properties": properties,
            "systemData": system_data(newest),
        }

    def _versions(self, call: Call) -> Answer:
        name = call.names["name"]
        records = filtered(call.request, _listed(call, self._named(name) or self._provided(name)))
        if "desc" in call.request.query.get("$orderby", "createdtime desc").lower():
            records = records[::-1]
        return page(call.request, records, lambda record: self._view(call.scope, record))

    def _get(self, call: Call) -> Answer:
        key = self._key(call)
        if key.revision == _DEFAULT and self._wire_store.find(key) is None:
            key = self._default(call.names["name"], key)
        provided = self._provided(call.names["name"]) if self._wire_store.find(key) is None else []
        record = replace(provided[0], revision=key.revision) if provided else self._wire_store.get(key)
        return Answer.of(self._view(call.scope, record))

    def _default(self, name: str, key: RecordKey) -> RecordKey:
        """The newest version that is not archived."""
        live = [record.key for record in self._named(name) if not record.archived]
        return live[-1] if live else key

    def _put(self, call: Call) -> Answer:
        key = self._key(call)
        sent = self._as_recorded(dict(call.request.json().get("properties") or {}), key, call.scope)
        tags, marks = split_tags(sent.get("tags"))
        labels = {"tags": tags or None, "description": sent.get("description")}
        body = {**self._kind.to_body(sent), **{name: value for name, value in labels.items() if value}}
        labels |= {name: body[name] for name in _SHOWN if name in body}
        existing = self._wire_store.find(key)
        if existing is not None:
            self._refuse_other_content(existing, sent, call.scope)
            # A name that stands for the same content in other words keeps its words.
            body = {**existing.body, **{name: body.get(name) for name in labels}}
            body = {name: value for name, value in body.items() if value is not None}
        record, new = self._wire_store.write(Entry(key, body, _without_tags(sent), marks))
        if record.archived != bool(sent.get("isArchived")):
            record = self._wire_store.relabel(replace(record, archived=bool(sent.get("isArchived"))))
        return Answer.of(self._view(call.scope, record), 201 if new else 200)

    def _as_recorded(self, sent: dict[str, Any], key: RecordKey, scope: Scope) -> dict[str, Any]:
        """What was sent, with a model's place as it was given when the model was made: clients send back what they were shown."""
        existing = self._wire_store.find(key)
        shown = self._shown_uri(existing, scope) if existing is not None else None
        if existing is not None and shown is not None and shorten(str(sent.get(MODEL_URI))) == shorten(shown):
            return {**sent, MODEL_URI: self._properties(existing, scope)[MODEL_URI]}
        return sent

    def _shown_uri(self, record: Record, scope: Scope) -> str | None:
        if self._kind.section != MODELS:
            return None
        uri = model_uri(record, self._wire_store.paths)
        return None if uri is None else lengthen(uri, scope)

    def _refuse_other_content(self, existing: Record, sent: Mapping[str, Any], scope: Scope) -> None:
        before, after = self._content(self._properties(existing, scope)), self._content(sent)
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        if changed:
            status, code = self._kind.refusal
            raise WireError(
                status,
                code,
                f"A version '{existing.revision}' of '{existing.name}' is already registered and cannot be changed "
                f"(different: {', '.join(changed)}); use a new version.",
            )

    def _content(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """What a version is, with what the service adds: clients send that back when they only change labels."""
        body = self._kind.to_body(self._kind.complete(dict(properties)))
        return {name: value for name, value in body.items() if name not in _SHOWN}

    def _properties(self, record: Record, scope: Scope) -> dict[str, Any]:
        sent = sent_of(record)
        return self._kind.to_wire(record.body, scope) if sent is None else sent

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.find(self._key(call))
        if record is None:
            return Answer(204)
        self._wire_store.remove(record, works=False)
        return Answer(200)

    def _view(self, scope: Scope, record: Record) -> dict[str, Any]:
        section = self._kind.section
        properties = self._properties(record, scope)
        if (uri := self._shown_uri(record, scope)) is not None:
            properties = {**properties, MODEL_URI: uri}
        if section == MODELS:
            properties = with_facts(properties, record, self._wire_store.paths)
        if self._kind.document:
            identity = {"name": record.name, "version": record.revision}
            properties = {**properties, self._kind.document: {**properties[self._kind.document], **identity}}
        return {
            "id": scope.resource(self._kind.place, record.name, "versions", record.revision),
            "name": record.revision,
            "type": f"{PROVIDER}/workspaces/{self._kind.place}/versions",
            "properties": {
                "properties": {},
                "isAnonymous": False,
                **self._kind.complete(properties),
                "description": record.body.get("description"),
                "tags": all_tags(record),
                "isArchived": record.archived,
                **({} if section == DATA else {"provisioningState": "Succeeded"}),
            },
            "systemData": system_data(record),
        }


def _without_tags(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name != "tags"}


def _listed(call: Call, records: Sequence[Record]) -> list[Record]:
    """Those that ``listViewType`` asks for; without a word the active ones."""
    view = call.request.query.get("listviewtype", "ActiveOnly").lower()
    if view == "all":
        return list(records)
    return [record for record in records if record.archived == (view == "archivedonly")]


def next_version(versions: Any) -> str:
    """One more than the highest version that is a number."""
    numbers = [int(version) for version in versions if version.isdecimal()]
    return str(max(numbers, default=0) + 1)
