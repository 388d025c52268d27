"""Where serving keeps its files inside a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths, safe_name
from orchestrator.workspace.serving.sockets import socket_path


@dataclass(frozen=True, slots=True)
class RouterFiles:
    """The router's files. Endpoint names start with a letter, so the folder's name is none."""

    paths: WorkspacePaths

    @property
    def folder(self) -> Path:
        """The router's folder."""
        return self.paths.endpoints / ".router"

    @property
    def table(self) -> Path:
        """The routing table to be in force; holds digests of keys."""
        return self.folder / "table.json"

    @property
    def identity(self) -> Path:
        """Which process is the router; written by itself."""
        return self.folder / "process"

    @property
    def run_marker(self) -> Path:
        """There while a router shall run. A router looks for it once its identity is written, so that one that is stopped in the middle of
        its start either is known by then or leaves by itself."""
        return self.folder / "wanted"

    @property
    def lock(self) -> Path:
        """Held by the living router."""
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        """What the router writes down."""
        return self.folder / "router.log"

    @property
    def socket(self) -> Path:
        """The router's control socket."""
        return socket_path(self.folder, "control.sock")

    def create(self) -> None:
        """Make the folder."""
        make_private(self.folder, self.paths.root)


@dataclass(frozen=True, slots=True)
class DeploymentFiles:
    """The files of one deployment."""

    paths: WorkspacePaths
    endpoint: str
    deployment: str

    @property
    def folder(self) -> Path:
        """The deployment's folder."""
        return self.paths.endpoint(self.endpoint) / "deployments" / safe_name(self.deployment)

    @property
    def state(self) -> Path:
        """Which processes serve which release."""
        return self.folder / "state.json"

    @property
    def log(self) -> Path:
        """Standard output and error of the scoring servers, and what was done for them."""
        return self.folder / "deployment.log"

    def release(self, release: str) -> Path:
        """The folder with model and code of one release."""
        return self.folder / "releases" / release

    def create(self) -> None:
        """Make the folder."""
        make_private(self.folder, self.paths.root)


def bound_marker(paths: WorkspacePaths, endpoint: str) -> Path:
    """There once an endpoint has answered at its address: from then on people rely on that."""
    return paths.endpoint(endpoint) / "bound"


def make_private(folder: Path, root: Path) -> None:
    """Make a folder and those above it up to the workspace's root, for the owner only."""
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
