"""Opens the workspace that a project goes to, with the project's state in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from orchestrator.core.address import Address
from orchestrator.core.errors import UnsupportedSetup
from orchestrator.core.extras import install_extra
from orchestrator.core.kind import Kinds
from orchestrator.core.ports import Backend, Cancellation, Clock, Progress
from orchestrator.core.project import Project
from orchestrator.core.state import State, StateStore


class Interest:
    """Which addresses a plan may be about, for a workspace where looking at everything costs a call for each name."""

    def __init__(self, project: Project) -> None:
        self._declared = dict.fromkeys(project.resources, "")
        self._known: dict[Address, str] | None = dict(self._declared)

    def addresses(self) -> Mapping[Address, str] | None:
        """Addresses, each with the revision on record; None means everything."""
        return self._known

    def narrow(self, state: State) -> None:
        """Look at the spec's and the state's addresses only."""
        self._known = self._declared | {address: applied.revision for address, applied in state.applied.items()}

    def widen(self) -> None:
        """Look at everything."""
        self._known = None


REGISTRY = "azureml://registries/"
"""How mentions of a registry's assets begin."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """An open workspace together with the project's state in it.

    Attributes:
        interest: for backends that list better if they know what matters; None for others.
        revive: brings back what ran in the workspace before it or its machine went down, and waits until it is up. For commands
            that promise a state; planning starts nothing.
    """

    backend: Backend
    store: StateStore
    interest: Interest | None = None
    revive: Callable[[Cancellation, Progress], None] = lambda cancel, progress: None


@contextmanager
def open_workspace(project: Project, kinds: Kinds, clock: Clock) -> Iterator[Workspace]:
    """Open the workspace that the project's target names. Imports that backend only.

    Raises:
        UnsupportedSetup: the backend's extra is not installed.
    """
    workspace = _azure(project, kinds, clock) if project.workspace.kind == "azure" else _local(project, kinds, clock)
    try:
        yield workspace
    finally:
        workspace.store.close()
        workspace.backend.close()


def _local(project: Project, kinds: Kinds, clock: Clock) -> Workspace:
    from orchestrator.backends.local.backend import LocalBackend
    from orchestrator.state.sqlite import SqliteStateStore

    backend = LocalBackend(project.workspace, project.name, kinds, clock, _mentions(project))
    store = SqliteStateStore(Path(project.workspace.settings["path"]) / "workspace.db", project.name, clock)
    return Workspace(backend, store, revive=backend.revive)


def _mentions(project: Project) -> dict[Address, tuple[str, ...]]:
    """How the spec writes what it mentions and does not declare."""
    found: dict[Address, list[str]] = {}
    for reference in project.externals:
        found.setdefault(reference.target, []).append(str(reference))
    return {address: tuple(texts) for address, texts in found.items()}


def _importable(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even the package around it
        return False


def _speaking_of(project: Project) -> str:
    return f"The target '{project.target}'" if project.target else "The spec"


def require_azure(project: Project) -> None:
    """Make sure that the client of Azure is there.

    Raises:
        UnsupportedSetup: the extra is not installed.
    """
    if not all(map(_importable, ("azure", "azure.ai", "azure.ai.ml", "azure.identity"))):
        raise UnsupportedSetup(
            f"{_speaking_of(project)} uses an Azure workspace, but azure-ai-ml is not installed.",
            fix=install_extra("azure"),
        )


def _azure(project: Project, kinds: Kinds, clock: Clock) -> Workspace:
    require_azure(project)
    from orchestrator.backends.azure.backend import AzureBackend
    from orchestrator.backends.azure.blobs import BlobObjects
    from orchestrator.state.document import DocumentStateStore
    from orchestrator.state.objects import Moved, Stored

    interest = Interest(project)
    elsewhere = frozenset(found.target for found in project.externals if str(found).startswith(REGISTRY))
    backend = AzureBackend(project.workspace, kinds, clock, interest.addresses, elsewhere)
    store = DocumentStateStore(BlobObjects(backend.client, Moved, Stored), project.name, clock)
    return Workspace(backend, store, interest)
