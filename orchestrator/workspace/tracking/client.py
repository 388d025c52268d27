"""The few calls to MLflow's REST API that the supervisor needs, without importing MLflow.

Source: MLflow REST API reference, version 2.0 of the protocol.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from orchestrator.core.errors import Failed, Transient

ANSWER_TIMEOUT_S: Final = 120.0
"""A server that was just started loads MLflow and migrates its database before its first answer, seconds."""

RUNS_ROUTE: Final = "/amlctl/runs"
"""Where the workspace's own server makes runs with given ids."""

JOB_PAGE: Final = "/jobs"
"""Below it, by the job's name, is a page for each job."""

_API = "/api/2.0/mlflow"
_BATCH = 1_000  # metrics in one call at most. Source: MLflow REST API reference, log batch
_MISSING = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run in MLflow.

    Attributes:
        run_id: the job's name.
        experiment_id: of the experiment it belongs to.
    """

    run_id: str
    experiment_id: str


class TrackingClient:
    """Talks to one tracking server.

    All methods raise `Transient` if the server does not answer, and `Failed` if it refuses.

    Args:
        uri: ``http://127.0.0.1:PORT``.
        token: that it asks for.
    """

    def __init__(self, uri: str, token: str = "") -> None:
        parts = urlsplit(uri)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._token = token

    @classmethod
    def of_job(cls) -> TrackingClient:
        """For the program of a job: with the address and token in its variables."""
        return cls(os.environ["MLFLOW_TRACKING_URI"], os.environ.get("MLFLOW_TRACKING_TOKEN", ""))

    def start_run(self, run_id: str, experiment: str, name: str, tags: Mapping[str, str]) -> TrackedRun:
        """Make a run in an experiment, which is made if it is not there. What a run with this id has logged before is gone."""
        body = {"run_id": run_id, "experiment": experiment, "name": name, "start_time": _now(), "tags": dict(tags)}
        run = self._request("POST", RUNS_ROUTE, body)["run"]
        return TrackedRun(run["info"]["run_id"], run["info"]["experiment_id"])

    def finish_run(self, run_id: str, status: str) -> None:
        """Set the end and the status: ``FINISHED``, ``FAILED`` or ``KILLED``."""
        self._call("POST", "/runs/update", {"run_id": run_id, "status": status, "end_time": _now()})

    def label_run(self, run_id: str, name: str, tags: Mapping[str, str], removed: Collection[str] = ()) -> None:
        """Set a run's name and some of its tags, and take others away.

        Args:
            name: empty leaves the one that it has.
        """
        if name:
            self._call("POST", "/runs/update", {"run_id": run_id, "run_name": name})
        for key, value in tags.items():
            self._call("POST", "/runs/set-tag", {"run_id": run_id, "key": key, "value": value})
        for key in removed:
            self._call("POST", "/runs/delete-tag", {"run_id": run_id, "key": key}, accept=_MISSING)

    def delete_run(self, run_id: str) -> None:
        """Hide a run from lists. One that is not there is no error."""
        self._call("POST", "/runs/delete", {"run_id": run_id}, accept=_MISSING)

    def metrics(self, run_id: str) -> dict[str, float]:
        """The last value of each metric of a run."""
        run = self._call("GET", f"/runs/get?{urlencode({'run_id': run_id})}")["run"]
        return {metric["key"]: float(metric["value"]) for metric in run["data"].get("metrics", ())}

    def history(self, run_id: str, metric: str) -> list[float]:
        """All values of one metric of a run, in the order of their steps. Empty if it has logged none."""
        query = urlencode({"run_id": run_id, "metric_key": metric})
        found = self._call("GET", f"/metrics/get-history?{query}").get("metrics", ())
        logged = sorted(found, key=lambda entry: (int(entry.get("step") or 0), int(entry.get("timestamp") or 0)))
        return [float(entry["value"]) for entry in logged]

    def log_metric(self, run_id: str, metric: str, value: float) -> None:
        """Log one value of a metric."""
        self._call("POST", "/runs/log-metric", {"run_id": run_id, "key": metric, "value": value, "timestamp": _now()})

    def log_metrics(self, run_id: str, values: Mapping[str, float]) -> None:
        """Log one value of each of several metrics."""
        now, rows = _now(), list(values.items())
        for start in range(0, len(rows), _BATCH):
            metrics = [{"key": key, "value": value, "timestamp": now} for key, value in rows[start : start + _BATCH]]
            self._call("POST", "/runs/log-batch", {"run_id": run_id, "metrics": metrics})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, accept: str = "") -> dict[str, Any]:
        return self._request(method, _API + path, body, accept)

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, accept: str = ""
    ) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_TIMEOUT_S)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        try:
            content = json.dumps(body) if body is not None else None
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise Transient(f"The tracking server does not answer: {error}.") from error
        finally:
            connection.close()
        return _parsed(response.status, text, path, accept)


def _parsed(status: int, text: str, path: str, accept: str) -> dict[str, Any]:
    try:
        answer = json.loads(text or "{}")
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Failed(f"The tracking server answered {status} without JSON.")
    if status != http.client.OK and (not accept or answer.get("error_code") != accept):
        what = path.removeprefix(_API).split("?", 1)[0]
        raise Failed(f"The tracking server refused {what}: {answer.get('message', status)}", code=f"HTTP {status}")
    return answer


def _now() -> int:
    return int(time.time() * 1000)
