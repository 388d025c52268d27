"""What runs in Azure have logged: their children from run history, metrics from MLflow."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.transport import Message, send
from orchestrator.core.errors import BackendError, Transient
from orchestrator.core.figures import Figures, Point
from orchestrator.core.resource import Observed
from orchestrator.core.tracked import RunFile

MOST_CHILDREN: Final = 200
"""Each child is a call; a larger search shows its first ones."""

_MOST_METRICS: Final = 24
"""Metrics of which the history is read, a call for each."""

_API: Final = "/api/2.0/mlflow/"
_TIMEOUT_S: Final = 60.0
_CHOSEN: Final = "hyperparameters"
"""Tag of a trial: JSON of what its search has chosen. Source: Azure ML documentation, get the best trial job of a sweep."""

_PIPELINE: Final = "azureml.pipelinerunid"
_REUSED: Final = "azureml.reusedrunid"
"""Properties of the run of a pipeline's step. Source: azureml-pipeline-core, ``StepRun``."""

_STATUS: Final = {
    "completed": "FINISHED", "failed": "FAILED", "canceled": "KILLED", "running": "RUNNING", "finalizing": "RUNNING",
}  # fmt: skip


class AzureRuns:
    """See `core.tracked.Tracked`. What is not told, as MLflow cannot be reached, is left out. Files are in the studio.

    Args:
        client: of the workspace.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._base = ""

    def figures(self, run: Observed) -> Figures | None:
        found = self._logged(run.revision)
        if found is None:
            return None
        names = list(found.metrics)[:_MOST_METRICS]
        histories = self._client.each(lambda name: self._history(run.revision, name), names)
        known = {name: each for name, each in zip(names, histories, strict=True) if each}
        return replace(found, metrics={**found.metrics, **known})

    def children(self, run: Observed) -> Sequence[Figures]:
        from orchestrator.backends.azure import sdk

        rows = self._client.read(f"list children of {run.revision}", lambda ml: sdk.run_children(ml, run.revision))
        return self._client.each(self._child, rows[:MOST_CHILDREN])

    def files(self, run: Observed) -> Sequence[RunFile]:
        return ()

    def file(self, run: Observed, name: str) -> Path | None:
        return None

    def _child(self, row: Any) -> Figures:
        properties, tags = dict(row.properties or {}), dict(row.tags or {})
        logged = self._logged(str(row.run_id)) or Figures(run_id=str(row.run_id))
        name = str(row.display_name or row.run_id)
        return Figures(
            run_id=str(row.run_id),
            name=name,
            status=_STATUS.get(str(row.status or "").lower(), "SCHEDULED"),
            started=_milliseconds(row.start_time_utc),
            ended=_milliseconds(row.end_time_utc),
            parameters={**_chosen(tags), **logged.parameters},
            metrics=logged.metrics,
            tags=tags,
            job=str(row.run_id),
            step=name if _PIPELINE in properties else "",
            reused_from=str(properties.get(_REUSED) or ""),
        )

    def _logged(self, run: str) -> Figures | None:
        answer = self._ask("runs/get", run_id=run)
        if answer is None or "run" not in answer:
            return None
        info, data = answer["run"].get("info") or {}, answer["run"].get("data") or {}
        return Figures(
            run_id=run,
            name=str(info.get("run_name") or run),
            status=str(info.get("status") or ""),
            started=int(info.get("start_time") or 0),
            ended=int(info.get("end_time") or 0),
            parameters={str(each["key"]): str(each["value"]) for each in data.get("params") or ()},
            metrics={str(each["key"]): (_point(each),) for each in data.get("metrics") or ()},
        )

    def _history(self, run: str, metric: str) -> tuple[Point, ...]:
        answer = self._ask("metrics/get-history", run_id=run, metric_key=metric) or {}
        return tuple(sorted(map(_point, answer.get("metrics") or ()), key=lambda point: (point.step, point.at)))

    def _ask(self, what: str, **query: str) -> Mapping[str, Any] | None:
        """An answer of MLflow; None where there is none: the run may have logged nothing."""
        try:
            return self._client.read(f"read {what} of {query['run_id']}", lambda ml: self._get(ml, what, query))
        except BackendError:
            return None

    def _get(self, ml: Any, what: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        from orchestrator.backends.azure import sdk

        self._base = self._base or str(ml.workspaces.get(ml.workspace_name).mlflow_tracking_uri)
        url = f"{self._base.replace('azureml://', 'https://', 1).rstrip('/')}{_API}{what}"
        return sdk.send(ml, "GET", url, query) if urlsplit(url).scheme != "http" else _served(self._base, url, query)


def _served(base: str, url: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    # A served workspace, whose tracking server has a token of its own, as for all clients of MLflow.
    known = os.environ.get("MLFLOW_TRACKING_TOKEN", "") if os.environ.get("MLFLOW_TRACKING_URI") == base else ""
    headers = {"Authorization": f"Bearer {known}"} if known else {}
    reply = send(Message("GET", f"{url}?{urlencode(query)}", headers), _TIMEOUT_S)
    if reply.status != 200:
        raise Transient(f"MLflow answered with status {reply.status}.")
    found: Mapping[str, Any] = json.loads(reply.body)
    return found


def _point(entry: Mapping[str, Any]) -> Point:
    try:
        value = float(entry.get("value", math.nan))
    except (TypeError, ValueError):
        value = math.nan
    return Point(int(entry.get("step") or 0), value, int(entry.get("timestamp") or 0))


def _chosen(tags: Mapping[str, Any]) -> dict[str, str]:
    try:
        found = json.loads(tags.get(_CHOSEN) or "{}")
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _milliseconds(at: datetime | None) -> int:
    return int(at.timestamp() * 1000) if at is not None else 0
