"""The workspace's MLflow tracking server: up whenever the workspace is, and found again after any restart."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Failed
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths
from orchestrator.workspace.processes.process import OWN_PYTHON, ProcessIdentity, alive, exit_code, spawn, terminate
from orchestrator.workspace.supervision.control import home_of
from orchestrator.workspace.tracking.client import TrackingClient

LISTEN_TIMEOUT_S = 30.0
"""How long the server may take until it listens, seconds. It listens before it loads MLflow; requests wait in line."""

USER: Final = "amlctl"
"""User name for those who can send no bearer token, such as browsers; the password is the token."""

_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class TrackingAccess:
    """Where the tracking server is, and what it wants to hear.

    Attributes:
        uri: ``http://127.0.0.1:PORT``; empty if none runs.
        token: whoever has it may do everything; never printed.
    """

    uri: str
    token: str = field(repr=False)

    def environment(self) -> Mapping[str, str]:
        """What MLflow's client needs in its environment. Source: MLflow documentation, tracking server, authentication."""
        return {"MLFLOW_TRACKING_URI": self.uri, "MLFLOW_TRACKING_TOKEN": self.token} if self.uri else {}


class TrackingServer:
    """One server for each workspace. Safe to use from several threads.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self._found: tuple[ProcessIdentity, str] | None = None

    @property
    def uri(self) -> str | None:
        """Where the server listens; None if it does not run."""
        if self._found is None or not alive(self._found[0]):
            self._found = read_address(self._paths)
        return self._found[1] if self._found is not None else None

    def ensure(self) -> str:
        """Start the server unless it runs. Returns as soon as it listens; the first answer may take seconds longer.

        Raises:
            Failed: it ended at once, or did not listen in time; the detail has the end of its log.
        """
        with self._lock:
            return self.uri or self._start()

    def access(self) -> TrackingAccess:
        """Where the server is and its token. Starts the server unless it runs.

        Raises:
            Failed: see `ensure`.
        """
        return TrackingAccess(self.ensure(), read_token(self._paths))

    def client(self) -> TrackingClient:
        """Something that talks to the server, which is started unless it runs.

        Raises:
            Failed: see `ensure`.
        """
        access = self.access()
        return TrackingClient(access.uri, access.token)

    def stop(self) -> None:
        """Stop the server if it runs."""
        with self._lock:
            # The address is gone with the folder, if somebody deleted that; the process is not.
            found = read_address(self._paths) or self._found
            if found is not None:
                terminate(found[0], 5.0)
            self._found = None

    def _start(self) -> str:
        folder = self._paths.tracking
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        argv = [*OWN_PYTHON, "-m", "orchestrator.workspace.tracking.server_process", str(self._paths.root)]
        process = spawn(argv, cwd=folder, log=folder / "server.log")
        deadline = time.monotonic() + LISTEN_TIMEOUT_S
        while time.monotonic() < deadline:
            if (uri := self.uri) is not None:
                return uri
            if exit_code(process) is not None:
                break
            time.sleep(_POLL_S)
        raise Failed(f"The tracking server did not start. {_tail(folder / 'server.log')}")


def address_file(paths: WorkspacePaths) -> Path:
    """Where the server says which process it is and where it listens."""
    return paths.tracking / "address.json"


def token_file(paths: WorkspacePaths) -> Path:
    """Where the token is kept, for the owner only."""
    return paths.tracking / "token"


def read_token(paths: WorkspacePaths) -> str:
    """The token that opens the tracking server; empty before its first start."""
    try:
        return token_file(paths).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def read_access(paths: WorkspacePaths) -> TrackingAccess:
    """The living server's address and its token. Starts nothing."""
    found = read_address(paths)
    return TrackingAccess(found[1] if found is not None else "", read_token(paths))


def read_address(paths: WorkspacePaths) -> tuple[ProcessIdentity, str] | None:
    """The living server's process and URI, or None."""
    try:
        fields = json.loads(address_file(paths).read_text(encoding="utf-8"))
        if fields["home"] != home_of(paths):
            return None  # it came here with a copy of another workspace's folder
        process = ProcessIdentity.parse(fields["process"])
        uri = f"http://127.0.0.1:{int(fields['port'])}"
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (process, uri) if alive(process) else None


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return " | ".join(lines[-5:])
