"""Role assignments on the wire. They are recorded and hold for nobody: whoever has this server's secret may do everything.

Source: Azure REST specification, Microsoft.Authorization/roleAssignments 2022-04-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from orchestrator.workspace.arm.messages import Answer, WireError
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import Scope
from orchestrator.workspace.arm.wire_store import Entry, WireStore, sent_of
from orchestrator.workspace.records.record import Record, RecordKey

KIND: Final = "role_assignments"
"""Not a kind of specs: there a role has a name, here a GUID."""

_PATH: Final = "providers/Microsoft.Authorization/roleAssignments"
_FIXED: Final = ("principalId", "roleDefinitionId")


class Roles:
    """Answers for role assignments."""

    def __init__(self, wire_store: WireStore) -> None:
        self._wire_store = wire_store

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        routes.add("GET", _PATH, self._list)
        routes.add("GET", f"{_PATH}/{{name}}", self._get)
        routes.add("PUT", f"{_PATH}/{{name}}", self._put)
        routes.add("DELETE", f"{_PATH}/{{name}}", self._delete)

    def _list(self, call: Call) -> Answer:
        return page(call.request, self._wire_store.list(KIND), lambda record: _view(call.scope, record))

    def _get(self, call: Call) -> Answer:
        return Answer.of(_view(call.scope, self._found(call)))

    def _put(self, call: Call) -> Answer:
        key, properties = _key(call), dict(call.request.json().get("properties") or {})
        _check(properties)
        existing = self._wire_store.find(key)
        if existing is not None and not _same(existing, properties):
            raise WireError(
                400,
                "RoleAssignmentUpdateNotPermitted",
                "Principal and role of an assignment cannot be changed.",
            )
        others = [record for record in self._wire_store.list(KIND) if record.address != key.address]
        if any(_same(record, properties) for record in others):
            raise WireError(409, "RoleAssignmentExists", "The role assignment already exists.")
        record, new = self._wire_store.write(Entry(key, properties, properties))
        return Answer.of(_view(call.scope, record), 201 if new else 200)

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.find(_key(call))
        if record is None:
            return Answer(204)
        self._wire_store.remove(record, works=False)
        return Answer.of(_view(call.scope, record))

    def _found(self, call: Call) -> Record:
        record = self._wire_store.find(_key(call))
        if record is None:
            raise WireError(404, "RoleAssignmentNotFound", f"There is no role assignment '{call.names['name']}'.")
        return record


def _check(properties: Mapping[str, Any]) -> None:
    for name in _FIXED:
        if not _is_guid(str(properties.get(name) or "").rsplit("/", 1)[-1]):
            raise WireError(400, "InvalidRoleAssignmentRequest", f"'{name}' has to name a GUID.")


def _same(record: Record, properties: Mapping[str, Any]) -> bool:
    """Whether two are one principal in one role. Ids are compared by their last part: subscriptions are only names here."""
    sent = record.body
    return all(_last(sent[name]) == _last(properties[name]) for name in _FIXED)


def _last(identifier: Any) -> str:
    return str(identifier).rsplit("/", 1)[-1].lower()


def _is_guid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _key(call: Call) -> RecordKey:
    name = call.names["name"].lower()
    if not _is_guid(name):
        raise WireError(400, "InvalidRoleAssignmentId", f"The name of a role assignment is a GUID, not '{name}'.")
    return RecordKey(KIND, f"{KIND}.{name}")


def _view(scope: Scope, record: Record) -> dict[str, Any]:
    return {
        "id": scope.resource(_PATH, record.name),
        "name": record.name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {"principalType": "User", **(sent_of(record) or record.body), "scope": scope.id},
    }
