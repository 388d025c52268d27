"""Jobs on the wire: they really run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.core.errors import Conflict, NotFound
from orchestrator.core.figures import Figures
from orchestrator.core.health import Health
from orchestrator.core.resource import ADDRESS_TAG
from orchestrator.workspace.arm import service_values
from orchestrator.workspace.arm.codes import Codes
from orchestrator.workspace.arm.job_bodies import job_body, job_properties
from orchestrator.workspace.arm.logged_runs import LoggedRuns
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.operations import Operation, Operations
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.wire_store import Entry, WireStore, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import PARENT, STEP, Record, RecordKey
from orchestrator.workspace.tracking.client import JOB_PAGE

KIND: Final = record_kinds.JOBS

LABELS: Final = ("tags", "description", "display_name", "properties")
"""Fields of a body that may change while a run stays what it is."""

_STATUSES: Mapping[str, str] = {
    "queued": "Queued",
    "preparing": "Preparing",
    "running": "Running",
    "completed": "Completed",
    "failed": "Failed",
    "cancelled": "Canceled",
}


def status_of(record: Record) -> str:
    """A run's status in the words of the service."""
    if record.health is Health.PROGRESSING and record.cancel_requested:
        return "CancelRequested"
    return _STATUSES.get(record.phase, "Completed" if record.health is Health.HEALTHY else "Failed")


def run_properties(record: Record) -> dict[str, Any]:
    """The properties of a run: its own, and those that the service adds."""
    facts = execution_of(record.variant).wire.facts(record.attributes)
    return {**(record.body.get("properties") or {}), **facts, **_step_properties(record)}


def _step_properties(record: Record) -> dict[str, str]:
    """What run history says of a pipeline's step. Source: azureml-pipeline-core, ``StepRun`` and its ``get_details``."""
    step = record.attributes.get(STEP)
    if not step:
        return {}
    module = str(step.get("module") or step["name"])
    found = {"azureml.pipelinerunid": str(record.attributes.get(PARENT) or ""), "azureml.moduleName": module}
    origin = step.get("reused_from")
    return {**found, **({"azureml.isreused": "true", "azureml.reusedrunid": str(origin)} if origin else {})}


def run_tags(record: Record) -> dict[str, str]:
    """The tags of a run: its own, and those that the service adds."""
    return {**all_tags(record), **execution_of(record.variant).wire.marks(record.attributes)}


class Jobs:
    """Answers for jobs."""

    def __init__(self, wire_store: WireStore, logged: LoggedRuns, operations: Operations, codes: Codes) -> None:
        self._wire_store = wire_store
        self._logged = logged
        self._operations = operations
        self._codes = codes

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        routes.add("GET", KIND, self._list)
        either = self._logged.or_job
        routes.add("GET", f"{KIND}/{{name}}", either(self._get, self._logged.job))
        routes.add("PUT", f"{KIND}/{{name}}", either(self._put, self._logged.put))
        routes.add("DELETE", f"{KIND}/{{name}}", self._delete)
        routes.add("POST", f"{KIND}/{{name}}/cancel", either(self._cancel, self._logged.cancel))

    def find(self, name: str) -> Record:
        """A run by its name.

        Raises:
            NotFound: there is none.
        """
        record = self._wire_store.run(name)
        if record is None or record.deleting:
            raise NotFound(f"The job '{name}' was not found in the workspace.")
        return record

    def children(self, parent: Record) -> list[Record]:
        """The runs that a run has started, oldest first."""
        runs = self._wire_store.list(KIND)
        return [run for run in runs if run.attributes.get(PARENT) == parent.revision and not run.deleting]

    def relabel(self, record: Record, labels: Mapping[str, Any]) -> Record:
        """Change labels of a run: those that are given. Tags and properties are added to those that are there."""
        body = dict(record.body)
        for name, value in labels.items():
            if value is None:
                continue
            body[name] = {**(body.get(name) or {}), **value} if isinstance(value, Mapping) else value
        return self._relabelled(record, body)

    def retag(self, record: Record, changed: Mapping[str, str], removed: Collection[str]) -> Record:
        """Change some tags of a run and take others away."""
        tags = {name: value for name, value in all_tags(record).items() if name not in removed}
        return self._relabelled(record, {**record.body, "tags": {**tags, **changed}})

    def _relabelled(self, record: Record, body: dict[str, Any]) -> Record:
        sent = sent_of(record)
        if sent is None:
            return self._wire_store.relabel(replace(record, body=body))
        tags, marks = split_tags(body.get("tags"))
        body["tags"] = tags
        entry = Entry(record.key, body, sent, marks, record.variant, works=True)
        return self._wire_store.rewrite(entry, record)

    def _list(self, call: Call) -> Answer:
        view = call.request.query.get("listviewtype", "ActiveOnly").lower()
        kind = call.request.query.get("jobtype", "").lower()
        tag, _, value = call.request.query.get("tag", "").partition("=")
        found: list[Record | Figures] = []
        for record in reversed(self._wire_store.list(KIND)):
            if PARENT in record.attributes:
                continue  # listed as children of their parents
            archived_fits = view == "all" or record.archived == (view == "archivedonly")
            kind_fits = not kind or record.variant.partition(".")[0].lower() == kind
            tags = all_tags(record)
            tag_fits = not tag or (tag in tags and value in ("", tags[tag]))
            if archived_fits and kind_fits and tag_fits:
                found.append(record)
        if not tag:
            found += reversed(self._logged.listed(kind, archived=None if view == "all" else view == "archivedonly"))
        return page(call.request, found, lambda run: self._either_view(call.scope, run))

    def _either_view(self, scope: Scope, run: Record | Figures) -> dict[str, Any]:
        return self._view(scope, run) if isinstance(run, Record) else self._logged.view(scope, run)

    def _get(self, call: Call) -> Answer:
        return Answer.of(self._view(call.scope, self.find(call.names["name"])))

    def _put(self, call: Call) -> Answer:
        name = call.names["name"]
        sent = dict(call.request.json().get("properties") or {})
        tags, marks = split_tags(sent.pop("tags", None))
        existing = self._wire_store.run(name)
        if existing is not None:
            sent = _said(sent, self._properties(existing, call.scope))
        body, variant = job_body(sent, self._codes.path)
        body = {**body, **({"tags": tags} if tags else {})}
        if existing is not None:
            return self._again(call, existing, Entry(existing.key, body, sent, marks, variant, works=True))
        address = marks.get(ADDRESS_TAG, "")
        key = RecordKey(KIND, address if address.startswith(f"{KIND}.") else f"{KIND}.{name}", name)
        record, _ = self._wire_store.write(Entry(key, body, sent, marks, variant, works=True))
        return Answer.of(self._view(call.scope, record), 201)

    def _again(self, call: Call, existing: Record, entry: Entry) -> Answer:
        """The same job once more: nothing but labels and archiving may differ."""
        if existing.deleting:
            raise Conflict(f"The job '{existing.revision}' is still being deleted.")
        work = {name: value for name, value in entry.body.items() if name not in LABELS}
        before = {name: value for name, value in existing.body.items() if name not in LABELS}
        if work != before:
            raise Conflict(f"The job '{existing.revision}' already exists with different content; use a new name.")
        changed = self._wire_store.rewrite(entry, existing)
        archived = bool(entry.sent.get("isArchived"))
        if changed.archived != archived:
            changed = self._wire_store.relabel(replace(changed, archived=archived))
        return Answer.of(self._view(call.scope, changed), 200)

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.run(call.names["name"])
        if record is None:
            return Answer(204)
        self._wire_store.remove(record, works=True)
        return self._operations.accepted(call.request, call.scope, Operation("delete", (record.key,)), None, 202)

    def _cancel(self, call: Call) -> Answer:
        record = self.find(call.names["name"])
        self._wire_store.workspace.cancel(record.key)
        return self._operations.accepted(call.request, call.scope, Operation("cancel", (record.key,)), None, 202)

    def _properties(self, record: Record, scope: Scope) -> Mapping[str, Any]:
        sent = sent_of(record)
        return job_properties(record.body, record.variant, scope) if sent is None else sent

    def _view(self, scope: Scope, record: Record) -> dict[str, Any]:
        properties = self._properties(record, scope)
        outputs = service_values.job_outputs(properties.get("outputs"))
        tracking = self._wire_store.tracking()
        # The client adds ``&tid=…`` to the page's address, so that has to be a query by then.
        return {
            "id": scope.resource(KIND, record.revision),
            "name": record.revision,
            "type": f"{PROVIDER}/workspaces/jobs",
            "systemData": system_data(record),
            "properties": {
                **service_values.JOB,
                **service_values.tuned(properties),
                **({} if outputs is None else {"outputs": outputs}),
                "displayName": record.body.get("display_name") or record.revision,
                "description": record.body.get("description"),
                "properties": run_properties(record),
                "tags": run_tags(record),
                "isArchived": record.archived,
                "status": status_of(record),
                "services": {
                    "Tracking": {"jobServiceType": "Tracking", "endpoint": tracking, "status": None},
                    "Studio": {
                        "jobServiceType": "Studio",
                        "endpoint": f"{tracking}{JOB_PAGE}/{record.revision}?wsid={scope.workspace}",
                        "status": None,
                    },
                },
            },
        }


def _said(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a job once more, without the values of the service's own that a client sends back."""
    found = service_values.said(given, before, service_values.JOB)
    outputs = before.get("outputs") or {}
    if given.get("outputs"):
        own = {name: outputs.get(name) or {} for name in given["outputs"]}
        found["outputs"] = {
            name: service_values.said(output or {}, own[name], service_values.JOB_OUTPUT)
            for name, output in given["outputs"].items()
        }
    return found
