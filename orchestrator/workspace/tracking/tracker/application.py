"""MLflow's web application before one workspace: who may ask, what is loaded when, and the pages of jobs.

Only MLflow's REST application and its pages are served, not the newer application around it, which adds an assistant
that can run programs and a search for containers to clean up.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import html
import json
import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import quote

from orchestrator.core.errors import BackendError
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import MLFLOW_RUN
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.client import JOB_PAGE, RUNS_ROUTE
from orchestrator.workspace.tracking.server import USER

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

_JSON: Final = "application/json"
_log = logging.getLogger("orchestrator.tracking")


class Application:
    """A WSGI application: asks for the token, loads MLflow for the first who has it, and passes on.

    Args:
        paths: the workspace.
        token: what callers must bring, as a bearer token or as the password of basic authentication.
    """

    def __init__(self, paths: WorkspacePaths, token: str) -> None:
        self._paths = paths
        self._token = token.encode()
        self._lock = threading.Lock()
        self._mlflow: Wsgi | None = None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._allowed(str(environ.get("HTTP_AUTHORIZATION", ""))):
            headers = {"WWW-Authenticate": f'Basic realm="MLflow of this workspace, user {USER}", charset="UTF-8"'}
            return _answer(start_response, "401 Unauthorized", "UNAUTHENTICATED", _WHO, headers)
        try:
            mlflow = self._loaded()
        except BackendError as error:
            why = f"{error.detail} {error.fix}".strip()
            return _answer(start_response, "503 Service Unavailable", "TEMPORARILY_UNAVAILABLE", why, {})
        except Exception as error:  # tried again for the next caller; the reason must reach somebody
            _log.exception("MLflow cannot be loaded")
            why = f"MLflow cannot be loaded: {type(error).__name__}: {error}"
            return _answer(start_response, "503 Service Unavailable", "TEMPORARILY_UNAVAILABLE", why, {})
        return mlflow(environ, start_response)

    def _allowed(self, authorization: str) -> bool:
        scheme, _, rest = authorization.partition(" ")
        given = rest.strip().encode("latin-1", "replace")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        elif scheme.lower() != "bearer":
            return False
        return bool(self._token) and hmac.compare_digest(given, self._token)

    def _loaded(self) -> Wsgi:
        with self._lock:
            if self._mlflow is None:
                self._mlflow = load(self._paths)
            return self._mlflow


_WHO: Final = (
    "Authentication required. Programs: set MLFLOW_TRACKING_TOKEN (amlctl workspace env --arm prints it). "
    f"Browsers: user {USER}, and the token as password."
)


def load(paths: WorkspacePaths) -> Wsgi:
    """MLflow over the workspace's database and records. Once in a process.

    Raises:
        BackendError: the database cannot be made or used.
    """
    from orchestrator.workspace.tracking.tracker.database import ensure_database, follow_the_folder
    from orchestrator.workspace.tracking.tracker.runs import artifacts_folder

    database, artifacts = ensure_database(paths.tracking), artifacts_folder(paths.tracking)
    follow_the_folder(database, artifacts)
    # MLflow reads where its store is from these variables when it is imported.
    # Source: mlflow/server/constants.py of 3.17, to which pyproject.toml pins it.
    os.environ["_MLFLOW_SERVER_FILE_STORE"] = f"sqlite:///{database}"
    os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = artifacts.as_uri()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    from mlflow.server import app, handlers

    from orchestrator.workspace.tracking.tracker.labels import Labels
    from orchestrator.workspace.tracking.tracker.record_models import RecordModels
    from orchestrator.workspace.tracking.tracker.registry import WorkspaceRegistry
    from orchestrator.workspace.tracking.tracker.runs import WorkspaceRuns

    records = RecordStore(paths)
    runs = WorkspaceRuns(database, artifacts, Labels(records))
    handlers._tracking_store_registry.register("sqlite", lambda *_, **__: runs)
    registry = WorkspaceRegistry(database, RecordModels(paths, records))
    handlers._model_registry_store_registry.register("sqlite", lambda *_, **__: registry)
    _add_routes(app, runs, records)
    return app  # type: ignore[no-any-return]


def _add_routes(app: Any, runs: Any, records: RecordStore) -> None:
    """What MLflow has no word for: making a run with a given id, and the page of a job by the job's name."""
    from flask import Response, redirect, request
    from mlflow.server.handlers import build_server_info_payload

    def begin() -> Any:
        sent = request.get_json(force=True)
        run = runs.begin(sent["run_id"], sent["experiment"], sent["name"], sent["start_time"], sent["tags"])
        return {"run": {"info": {"run_id": run.info.run_id, "experiment_id": run.info.experiment_id}}}

    def page(name: str) -> Any:
        record = records.find(record_kinds.JOBS, name)
        run_id = record.attributes.get(MLFLOW_RUN) if record is not None else None
        if run_id:
            experiment = runs.get_run(run_id).info.experiment_id
            return redirect(f"/#/experiments/{quote(str(experiment))}/runs/{quote(str(run_id))}")
        what = "has not begun to run yet" if record is not None else "is not in this workspace"
        text = f"<!doctype html><title>{html.escape(name)}</title><p>Job {html.escape(name)} {what}."
        return Response(text, 404 if record is None else 200, content_type="text/html; charset=utf-8")

    app.add_url_rule(RUNS_ROUTE, "amlctl_begin", _answered(begin), methods=["POST"])
    app.add_url_rule(f"{JOB_PAGE}/<name>", "amlctl_job", page)
    for base in ("api", "ajax-api"):
        path = f"/{base}/3.0/mlflow/server-info"
        app.add_url_rule(path, f"amlctl_info_{base}", build_server_info_payload)


def _answered(work: Callable[[], Any]) -> Callable[[], Any]:
    from mlflow.exceptions import MlflowException

    def telling() -> Any:
        try:
            return work()
        except MlflowException as error:
            return {"error_code": error.error_code, "message": error.message}, error.get_http_status_code()

    return telling


def _answer(
    start_response: StartResponse, status: str, code: str, message: str, headers: dict[str, str]
) -> Iterable[bytes]:
    body = json.dumps({"error_code": code, "message": message}).encode()
    start_response(status, [("Content-Type", _JSON), ("Content-Length", str(len(body))), *headers.items()])
    return [body]
