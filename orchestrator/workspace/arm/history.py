"""What clients ask the run history for: how a run is, its logs, its outputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from orchestrator.workspace.arm.jobs import KIND, Jobs, run_properties, run_tags, status_of
from orchestrator.workspace.arm.logged_runs import LoggedRuns, history_run
from orchestrator.workspace.arm.messages import Answer, WireRequest
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.storage import ARTIFACTS, account_path, container_of, output_path, run_path
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.arm.wording import time_text
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.jobs.folder import JobFolder, RunExit
from orchestrator.workspace.records.record import PARENT, Record

_ASSET = "azureml://locations/local/workspaces/{workspace}/data/azureml_{run}_output_data_{output}/versions/1"


_LOG = "user_logs/std_log.txt"


def discovery(request: WireRequest) -> Answer:
    """Where the data planes are: here."""
    names = ("api", "history", "experimentation", "studio", "mlflow", "modelmanagement", "pipelines")
    return Answer.of(dict.fromkeys(names, request.base))


class History:
    """Answers for runs."""

    def __init__(self, wire_store: WireStore, jobs: Jobs, logged: LoggedRuns, tokens: Tokens) -> None:
        self._wire_store = wire_store
        self._jobs = jobs
        self._logged = logged
        self._tokens = tokens

    def register(self, history: Routes, data: Routes) -> None:
        """Answer for them: below ``history/v1.0/…/workspaces/W`` and ``data/v1.0/…/workspaces/W``."""
        either = self._logged.or_job
        history.add("GET", "runs/{run}/details", either(self._details, self._logged.details))
        history.add("GET", "runs/{run}", either(self._get, self._logged.run))
        history.add("GET", "runs/{run}/children", either(self._children, self._logged.children))
        history.add("GET", "runs/{run}/serviceinstances/{node}", self._services)
        history.add("POST", "rundata", self._data)
        run = "experiments/{experiment}/runs/{run}"
        history.add("PATCH", run, either(self._relabel, self._logged.relabel))
        history.add("PATCH", f"{run}/tags", either(self._retag, self._logged.retag))
        data.add("POST", "dataversion/batchGetResolvedUris", self._uris)

    def _details(self, call: Call) -> Answer:
        record = self._jobs.find(call.names["run"])
        folder = JobFolder(self._wire_store.paths.job(record.revision))
        ended = RunExit.read(folder)
        details: dict[str, Any] = {
            "runId": record.revision,
            "status": status_of(record),
            "properties": run_properties(record),
            "logFiles": self._logs(call.request, record, folder),
            "warnings": [],
        }
        if ended is not None and ended.ended:
            details |= {"startTimeUtc": time_text(ended.started), "endTimeUtc": time_text(ended.ended)}
        if details["status"] == "Failed":
            details["error"] = {"error": {"code": "UserError", "message": record.message, "details": []}}
        return Answer.of(details)

    def _logs(self, request: WireRequest, record: Record, folder: JobFolder) -> dict[str, str]:
        container = container_of(ARTIFACTS)
        account = f"{request.base}/{account_path()}/{container}/{run_path(folder.path.name)}"
        found = sorted(folder.logs.glob("*.txt")) if folder.logs.is_dir() else []
        links = {name: f"{account}/{quote(name)}?{self._tokens.grant(container)}" for name in map(_log_name, found)}
        # Clients look for the log of some types under another name.
        main = links.pop(_LOG, None)
        return {execution_of(record.variant).wire.log: main, **links} if main is not None else links

    def _get(self, call: Call) -> Answer:
        return Answer.of(self._run(self._jobs.find(call.names["run"])))

    def _children(self, call: Call) -> Answer:
        """Those that have a job of their own, then those that the run only logged, such as the trials of AutoML."""
        parent = self._jobs.find(call.names["run"])
        logged = [each for each in self._wire_store.workspace.tracked.children(parent) if not each.job]
        jobs = [self._run(child) for child in self._jobs.children(parent)]
        return Answer.of({"value": [*jobs, *(history_run(each, parent.revision) for each in logged)]})

    def _services(self, call: Call) -> Answer:
        """Services on the nodes of a run, such as JupyterLab: there are none."""
        self._jobs.find(call.names["run"])
        return Answer.of({"instances": {}})

    def _data(self, call: Call) -> Answer:
        name = str(call.request.json().get("runId"))
        logged = self._logged.find(name)
        if logged is not None:
            return Answer.of({"runMetadata": history_run(logged), "runDefinition": None, "jobSpecification": None})
        record = self._jobs.find(name)
        return Answer.of({"runMetadata": self._run(record), "runDefinition": None, "jobSpecification": None})

    def _run(self, record: Record) -> dict[str, Any]:
        outputs = record.attributes.get("outputs") or {}
        types = record.body.get("outputs") or {}
        return {
            "runId": record.revision,
            "runUuid": record.attributes.get("mlflow_run_id"),
            "status": status_of(record),
            "displayName": record.body.get("display_name") or record.revision,
            "description": record.body.get("description"),
            "tags": run_tags(record),
            "properties": run_properties(record),
            "parentRunId": record.attributes.get(PARENT),
            **self._times(record),
            "outputs": {
                name: {"assetId": self._asset(record.revision, name), "type": _data_type(types.get(name))}
                for name in outputs
            },
        }

    def _times(self, record: Record) -> dict[str, str]:
        ended = RunExit.read(JobFolder(self._wire_store.paths.job(record.revision)))
        return {} if ended is None else {"startTimeUtc": time_text(ended.started), "endTimeUtc": time_text(ended.ended)}

    def _asset(self, run: str, output: str) -> str:
        return _ASSET.format(workspace=self._wire_store.identity, run=run, output=output)

    def _uris(self, call: Call) -> Answer:
        known: dict[str, dict[str, str]] = {}
        for record in self._wire_store.list(KIND):
            for name in record.attributes.get("outputs") or {}:
                place = f"{call.scope.id.lstrip('/')}/datastores/workspaceblobstore/paths/"
                place = place.replace("/providers/Microsoft.MachineLearningServices", "")
                uri = f"azureml://{place}{output_path(record.revision, name)}"
                known[self._asset(record.revision, name)] = {"uri": uri, "type": "UriFolder"}
        asked = call.request.json().get("values") or []
        return Answer.of({"values": {asset: known[asset] for asset in asked if asset in known}})

    def _relabel(self, call: Call) -> Answer:
        record = self._jobs.find(call.names["run"])
        sent = call.request.json()
        labels = {
            "display_name": sent.get("displayName"),
            "description": sent.get("description"),
            "tags": sent.get("tags"),
            "properties": sent.get("properties"),
        }
        changed = self._jobs.relabel(record, labels)
        hidden = sent.get("hidden")
        if isinstance(hidden, bool) and hidden != changed.archived:
            changed = self._wire_store.relabel(replace(changed, archived=hidden))
        return Answer.of(self._run(changed))

    def _retag(self, call: Call) -> Answer:
        """Change some tags and take others away. Source: run history client of azure-ai-ml, ``DeleteOrModifyTags``."""
        record = self._jobs.find(call.names["run"])
        sent = call.request.json()
        changed = self._jobs.retag(record, sent.get("tagsToModify") or {}, sent.get("tagsToDelete") or ())
        return Answer.of(self._run(changed))


def _log_name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _data_type(body: Any) -> str:
    """What the run history calls an output. Models are shown as the folders that they are."""
    kind = (body or {}).get("type") or "uri_folder"
    return kind if kind in ("uri_file", "uri_folder", "mltable") else "uri_folder"
