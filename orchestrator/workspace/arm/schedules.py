"""Schedules on the wire: they really fire."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.core.errors import BackendError
from orchestrator.workspace.arm.codes import Codes
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.schedule_bodies import schedule_body, schedule_properties
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.wire_store import Entry, WireStore, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.schedules.runs import CREATE_MONITOR
from orchestrator.workspace.schedules.state import SCHEDULES

KIND: Final = SCHEDULES
_DISABLED: Final = {"disabledonly": False, "enabledonly": True}
"""Source: Azure REST specification, ``ScheduleListViewType``; any other lists all."""


class Schedules:
    """Answers for schedules."""

    def __init__(self, wire_store: WireStore, codes: Codes) -> None:
        self._wire_store = wire_store
        self._codes = codes

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        place = f"{KIND}/{{name}}"
        routes.add("GET", KIND, self._list)
        routes.add("GET", place, self._get)
        routes.add("PUT", place, self._put)
        routes.add("DELETE", place, self._delete)
        routes.add("POST", f"{place}/trigger", self._trigger, "Run the job of a schedule once, now.")

    def _list(self, call: Call) -> Answer:
        is_enabled = _DISABLED.get(call.request.query.get("listviewtype", "").lower())
        records = [
            record
            for record in self._wire_store.list(KIND)
            if is_enabled is None or (record.body.get("is_enabled") is not False) == is_enabled
        ]
        return page(call.request, records, lambda record: self._view(call.scope, record))

    def _get(self, call: Call) -> Answer:
        return Answer.of(self._view(call.scope, self._wire_store.get(_key(call))))

    def _put(self, call: Call) -> Answer:
        sent = dict(call.request.json().get("properties") or {})
        tags, marks = split_tags(sent.pop("tags", None))
        body, variant = schedule_body(sent, self._codes.path)
        body = {**body, **({"tags": tags} if tags else {})}
        record, new = self._wire_store.write(Entry(_key(call), body, sent, marks, variant, works=True))
        return Answer.of(self._view(call.scope, record), 201 if new else 200)

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.find(_key(call))
        if record is None:
            return Answer(204)
        self._wire_store.remove(record, works=True)
        return Answer(200)

    def _trigger(self, call: Call) -> Answer:
        """Source: Azure REST specification, ``TriggerRunSubmissionDto``."""
        record = self._wire_store.get(_key(call))
        run = self._wire_store.workspace.trigger(call.names["name"])
        action = "CreateMonitor" if CREATE_MONITOR in record.body else "CreateJob"
        return Answer.of({"submissionId": run, "scheduleActionType": action})

    def _view(self, scope: Scope, record: Record) -> dict[str, Any]:
        properties = sent_of(record)
        if properties is None:
            properties = schedule_properties(record, self._source(record), scope)
        enabled = record.body.get("is_enabled") is not False
        return {
            "id": scope.resource(KIND, record.address.partition(".")[2]),
            "name": record.address.partition(".")[2],
            "type": f"{PROVIDER}/workspaces/{KIND}",
            "systemData": system_data(record),
            "properties": {
                **properties,
                "isEnabled": enabled,
                "provisioningState": "Succeeded",
                "tags": all_tags(record),
            },
        }

    def _source(self, record: Record) -> Any:
        try:
            return self._wire_store.workspace.scheduled(record)
        except BackendError:
            return None


def _key(call: Call) -> RecordKey:
    return RecordKey(KIND, f"{KIND}.{call.names['name']}")
