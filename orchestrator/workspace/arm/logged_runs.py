"""Runs in MLflow that no job made, such as those of a notebook: clients get them as jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from orchestrator.core.figures import Figures
from orchestrator.workspace.arm import service_values
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.routes import Call, Handler
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.arm.wording import time_text
from orchestrator.workspace.job_types.command import EXECUTION as COMMAND
from orchestrator.workspace.tracking.client import JOB_PAGE

_STATUSES: Final = {"FINISHED": "Completed", "FAILED": "Failed", "KILLED": "Canceled", "SCHEDULED": "Queued"}
"""MLflow's words for how a run is, in those of the service."""

_NOTE: Final = "mlflow.note.content"
_ARCHIVED: Final = "amlctl.archived"
_INTERNAL: Final = ("mlflow.", "amlctl.")


class LoggedRuns:
    """Answers for runs without a job.

    Args:
        wire_store: the records, and MLflow.
        kind: of the records that are jobs.
    """

    def __init__(self, wire_store: WireStore, kind: str) -> None:
        self._wire_store = wire_store
        self._kind = kind

    def find(self, run: str) -> Figures | None:
        """The run with this id; None if there is none, or if it is a job's."""
        return self._wire_store.workspace.tracked.logged(self._kind, run)

    def listed(self, kind: str, *, archived: bool | None) -> Sequence[Figures]:
        """All that have no parent, oldest first.

        Args:
            kind: the type of jobs that a list is about, in lower case; empty means all.
            archived: whether those that a client has archived are meant, or the others; None means both.
        """
        if kind not in ("", COMMAND.key):
            return ()
        runs = self._wire_store.workspace.tracked.all_logged(self._kind)
        return [run for run in runs if archived is None or _archived(run) == archived]

    def or_job(self, job: Handler, logged: Handler) -> Handler:
        """One function for both: of a run that a job made, and of one that no job made.

        Args:
            job: answers for jobs; also says that there is no run of this name.
            logged: answers for runs without a job.
        """

        def answer(call: Call) -> Answer:
            name = call.names.get("run") or call.names.get("name", "")
            known = self._wire_store.workspace.find(self._kind, name) is not None
            return job(call) if known or self.find(name) is None else logged(call)

        return answer

    def job(self, call: Call) -> Answer:
        """The run as a job."""
        return Answer.of(self.view(call.scope, self._found(call)))

    def view(self, scope: Scope, run: Figures) -> dict[str, Any]:
        """The run as a job. Which type the service gives it is assumed: a command job without a command."""
        tracking = self._wire_store.tracking()
        page = f"{tracking}{JOB_PAGE}/{run.run_id}?wsid={scope.workspace}"
        places = {"Tracking": tracking, "Studio": page}
        return {
            "id": scope.resource(self._kind, run.run_id),
            "name": run.run_id,
            "type": f"{PROVIDER}/workspaces/jobs",
            "systemData": {"createdBy": run.tags.get("mlflow.user"), "createdAt": time_text(run.started / 1000)},
            "properties": {
                **service_values.JOB,
                "jobType": COMMAND.wire.name,
                "command": "",
                "environmentId": "",
                "experimentName": run.experiment or service_values.JOB["experimentName"],
                "displayName": run.name,
                "description": run.tags.get(_NOTE),
                "tags": _tags(run),
                "properties": {},
                "outputs": {},
                "isArchived": _archived(run),
                "status": _status(run),
                "services": {
                    name: {"jobServiceType": name, "endpoint": place, "status": None} for name, place in places.items()
                },
            },
        }

    def put(self, call: Call) -> Answer:
        """Change the labels of a run, or archive it. What else the client sends back is what it was told."""
        run, sent = self._found(call), call.request.json().get("properties") or {}
        tags = {str(name): str(value) for name, value in (sent.get("tags") or {}).items()}
        removed = [name for name in _tags(run) if name not in tags]
        self._label(run, sent, {**tags, _ARCHIVED: str(bool(sent.get("isArchived"))).lower()}, removed)
        return self.job(call)

    def cancel(self, call: Call) -> Answer:
        """End a run that a program has left open."""
        run = self._found(call)
        if not run.ended:
            self._wire_store.server.client().finish_run(run.run_id, "KILLED")
        return Answer(200)

    def details(self, call: Call) -> Answer:
        """How the run is. It has no logs: its program wrote to its own notebook or terminal."""
        run = self._found(call)
        return Answer.of({**_history(run), "logFiles": {}, "warnings": []})

    def run(self, call: Call) -> Answer:
        """The run as run history has it."""
        return Answer.of(_history(self._found(call)))

    def children(self, call: Call) -> Answer:
        """The runs that it has started."""
        run = self._found(call)
        found = self._wire_store.workspace.tracked.logged_children(run.run_id)
        return Answer.of({"value": [history_run(child, run.run_id) for child in found]})

    def relabel(self, call: Call) -> Answer:
        """Change the labels that are sent, and archive or restore."""
        run, sent = self._found(call), call.request.json()
        tags = {str(name): str(value) for name, value in (sent.get("tags") or {}).items()}
        hidden = sent.get("hidden")
        marks = {_ARCHIVED: str(hidden).lower()} if isinstance(hidden, bool) else {}
        self._label(run, sent, {**tags, **marks}, ())
        return self.run(call)

    def retag(self, call: Call) -> Answer:
        """Change some tags and take others away."""
        sent = call.request.json()
        tags = {str(name): str(value) for name, value in (sent.get("tagsToModify") or {}).items()}
        self._label(self._found(call), {}, tags, sent.get("tagsToDelete") or ())
        return self.run(call)

    def _label(self, run: Figures, sent: Mapping[str, Any], tags: Mapping[str, str], removed: Sequence[str]) -> None:
        note = {_NOTE: str(sent["description"])} if sent.get("description") is not None else {}
        name = str(sent.get("displayName") or "")
        self._wire_store.server.client().label_run(run.run_id, name, {**tags, **note}, removed)

    def _found(self, call: Call) -> Figures:
        run = self.find(call.names.get("run") or call.names["name"])
        assert run is not None  # noqa: S101 - `or_job` has looked
        return run


def history_run(run: Figures, parent: str | None = None) -> dict[str, Any]:
    """A run without a job, as run history has it.

    Args:
        parent: the run that started it.
    """
    return {**_history(run), "parentRunId": parent}


def _history(run: Figures) -> dict[str, Any]:
    times = {"startTimeUtc": run.started, "endTimeUtc": run.ended}
    return {
        "runId": run.run_id,
        "runUuid": run.run_id,
        "status": _status(run),
        "displayName": run.name,
        "description": run.tags.get(_NOTE),
        **{name: time_text(at / 1000) for name, at in times.items() if at},
        "tags": _tags(run),
        "properties": {},
        "outputs": {},
    }


def _status(run: Figures) -> str:
    return _STATUSES.get(run.status, "Running")


def _archived(run: Figures) -> bool:
    return run.tags.get(_ARCHIVED) == "true"


def _tags(run: Figures) -> dict[str, str]:
    return {name: value for name, value in run.tags.items() if not name.startswith(_INTERNAL)}
