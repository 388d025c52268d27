"""A workspace with nothing but records and a tracking server, for tests."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.tracked import start_tracking
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.server import TrackingAccess, TrackingServer


class Place:
    """A workspace with nothing but records and a tracking server."""

    def __init__(self, root: Path) -> None:
        self.paths = WorkspacePaths(root)
        self.paths.create()
        self.store = RecordStore(self.paths)
        self.server = TrackingServer(self.paths)

    @property
    def access(self) -> TrackingAccess:
        return self.server.access()

    def ask(self, path: str, body: Any = None, authorization: str | None = None) -> tuple[int, Any]:
        header = f"Bearer {self.access.token}" if authorization is None else authorization
        headers = {"Content-Type": "application/json", **({"Authorization": header} if header else {})}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.access.uri + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def job(self, name: str, **body: Any) -> Record:
        record = self.store.insert(Record("jobs", f"jobs.{name}", name, body=body))
        start_tracking(self.server, self.store, record, str(body.get("experiment_name") or "Default"))
        found = self.store.get(*record.key)
        assert found is not None
        return found

    def run(self, run_id: str) -> dict[str, Any]:
        status, text = self.ask(f"/api/2.0/mlflow/runs/get?run_id={run_id}")
        assert status == 200, text
        run = json.loads(text)["run"]
        return {**run["info"], "tags": {tag["key"]: tag["value"] for tag in run["data"].get("tags", ())}}
