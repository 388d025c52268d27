"""An embedded workspace without processes: its supervisor is played by the test."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from orchestrator.backends.local.backend import LocalBackend
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.kinds import discover
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from tests.unit.backends.played import Supervisor, obey


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(tmp_path / ".amlctl")


@pytest.fixture
def supervisor(paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    played = Supervisor(RecordStore(paths), obey)

    def ensure(client: SupervisorClient) -> None:
        played.started += 1

    monkeypatch.setattr(SupervisorClient, "ensure", ensure)
    monkeypatch.setattr(SupervisorClient, "nudge", lambda client: played.wake())
    yield played
    played.store.close()


@pytest.fixture
def backend(paths: WorkspacePaths, supervisor: Supervisor) -> Iterator[LocalBackend]:
    opened = LocalBackend(WorkspaceChoice("local", {"path": str(paths.root)}), "heart", discover(), SystemClock())
    yield opened
    opened.close()


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told = {name.lower(): value for name, value in self.headers.items()}
        told["body"] = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Answer", "yes")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[Callable[[], str]]:
    """Starts a server that answers with what it was sent; gives its address."""
    server = HTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield lambda: f"http://127.0.0.1:{server.server_port}/score"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
