"""The few calls to MLflow's REST API that the supervisor needs, without importing MLflow.

Source: MLflow REST API reference, version 2.0 of the protocol.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from orchestrator.core.errors import Failed, Transient

ANSWER_TIMEOUT_S: Final = 120.0
"""A server that was just started loads MLflow and migrates its database before its first answer, seconds."""

_API = "/api/2.0/mlflow"
_ALREADY = "RESOURCE_ALREADY_EXISTS"
_MISSING = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run in MLflow.

    Attributes:
        run_id: 32 hex digits.
        experiment_id: of the experiment it belongs to.
    """

    run_id: str
    experiment_id: str


class TrackingClient:
    """Talks to one tracking server.

    All methods raise `Transient` if the server does not answer, and `Failed` if it refuses.

    Args:
        uri: ``http://127.0.0.1:PORT``.
    """

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80

    def start_run(self, experiment: str, name: str, tags: Mapping[str, str]) -> TrackedRun:
        """Create a run in an experiment, which is made if it is not there."""
        experiment_id = self._experiment(experiment)
        body = {
            "experiment_id": experiment_id,
            "run_name": name,
            "start_time": _now(),
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        run = self._call("POST", "/runs/create", body)["run"]
        return TrackedRun(run["info"]["run_id"], experiment_id)

    def finish_run(self, run_id: str, status: str) -> None:
        """Set the end and the status: ``FINISHED``, ``FAILED`` or ``KILLED``."""
        self._call("POST", "/runs/update", {"run_id": run_id, "status": status, "end_time": _now()})

    def delete_run(self, run_id: str) -> None:
        """Hide a run from lists. One that is not there is no error."""
        self._call("POST", "/runs/delete", {"run_id": run_id}, accept=_MISSING)

    def metrics(self, run_id: str) -> dict[str, float]:
        """The last value of each metric of a run."""
        run = self._call("GET", f"/runs/get?{urlencode({'run_id': run_id})}")["run"]
        return {metric["key"]: float(metric["value"]) for metric in run["data"].get("metrics", ())}

    def _experiment(self, name: str) -> str:
        query = f"/experiments/get-by-name?{urlencode({'experiment_name': name})}"
        found = self._call("GET", query, accept=_MISSING)
        if "experiment" not in found:
            created = self._call("POST", "/experiments/create", {"name": name}, accept=_ALREADY)
            if "experiment_id" in created:
                return str(created["experiment_id"])
            found = self._call("GET", query)
        return str(found["experiment"]["experiment_id"])

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, accept: str = "") -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_TIMEOUT_S)
        try:
            content = json.dumps(body) if body is not None else None
            connection.request(method, _API + path, content, {"Content-Type": "application/json"})
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
        what = path.split("?", 1)[0]
        raise Failed(f"The tracking server refused {what}: {answer.get('message', status)}", code=f"HTTP {status}")
    return answer


def _now() -> int:
    return int(time.time() * 1000)
