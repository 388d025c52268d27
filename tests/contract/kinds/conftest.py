"""The workspaces that every kind is tried in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.connection import Connection
from orchestrator.backends.azure.patience import Patience
from orchestrator.core.ports import Request, ScoringAnswer
from orchestrator.core.resource import Observed
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from tests.azure_warnings import let_pass
from tests.contract.kinds.azure_world import ON_WIRE, AzureWorld, Metered, settings
from tests.contract.kinds.worlds import EmbeddedWorld, World
from tests.unit.backends.played import Supervisor, obey
from tests.unit.kinds.cases import Case
from tests.wire.faults import FaultyService

AZURE = pytest.param(
    "azure",
    marks=[
        pytest.mark.skipif(find_spec("azure") is None or find_spec("azure.ai") is None, reason="needs the azure extra")
    ],
)
WORLDS = ["embedded", AZURE]
"""Names of fixtures; a further backend adds its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    let_pass(items, Path(__file__).parent)


QUICK_S = 0.02
"""What a pause of the client comes to here: nothing takes time behind this wire, and it cannot say less than a second."""


def play(monkeypatch: pytest.MonkeyPatch, store: RecordStore) -> None:
    """Let jobs and servers succeed at once: the test plays the supervisor."""
    played = Supervisor(store, obey)
    monkeypatch.setattr(SupervisorClient, "ensure", lambda client: None)
    monkeypatch.setattr(SupervisorClient, "nudge", lambda client: played.wake())
    monkeypatch.setattr(SupervisorClient, "answers", lambda client, within_s=1.0: True)


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The embedded workspace."""
    paths = WorkspacePaths(tmp_path / ".amlctl")
    store = RecordStore(paths)
    play(monkeypatch, store)
    monkeypatch.setattr(
        "orchestrator.workspace.operations.scoring.send",
        lambda paths, record, request: ScoringAnswer("http://127.0.0.1/score", 200, '{"result": [1]}'),
    )
    yield EmbeddedWorld(paths.root)
    store.close()


@pytest.fixture
def azure(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureWorld]:
    """The embedded workspace behind the wire of Azure, reached through azure-ai-ml only."""
    case = getattr(request.node, "callspec", None) and request.node.callspec.params.get("case")
    if isinstance(case, Case) and case.kind not in ON_WIRE:
        pytest.skip(f"{case.kind} has no wire")
    root = tmp_path / ".amlctl"
    meter = Metered()
    service = FaultyService(WorkspacePaths(root), faults=meter)
    service.start()
    store = RecordStore(WorkspacePaths(root))
    play(monkeypatch, store)
    world = AzureWorld(root, target=settings(service), meter=meter)

    def pause(transport: object, duration: float) -> None:
        world.pauses.append(duration)
        time.sleep(min(duration, QUICK_S))

    clients: list[Kept] = []

    def client_of(connection: Connection) -> Kept:
        """One client for each way to the workspace: making one costs more than most of what is asked with it."""
        found = next((client for client in clients if client.connection == connection), None)
        if found is None:
            found = Kept(connection)
            clients.append(found)
        return found

    monkeypatch.setattr("orchestrator.backends.azure.backend.Client", client_of)
    for verb in ("create", "update"):
        monkeypatch.setattr(AzureBackend, verb, _noted(world, getattr(AzureBackend, verb)))
    for transport in ("HttpTransport", "RequestsTransport"):
        monkeypatch.setattr(f"azure.core.pipeline.transport.{transport}.sleep", pause)
    monkeypatch.setattr(Patience, "pause", lambda patience, seconds: bool(pause(patience, seconds)))
    monkeypatch.setenv("AMLCTL_ALLOWED_HOSTS", "localhost:*,127.0.0.1:*,*.localhost:*")
    yield world
    for client in clients:
        client.end()
    service.close()
    store.close()


class Kept(Client):
    """A client that outlives the backend that uses it."""

    def close(self) -> None:
        """See `end`."""

    def end(self) -> None:
        """Close it."""
        super().close()


def _noted(world: AzureWorld, method: Callable[..., Observed]) -> Callable[..., Observed]:
    """The same method of the backend; its requests are kept."""

    def call(backend: AzureBackend, request: Request, *more: Any) -> Observed:
        world.sent[request.address] = request
        return method(backend, request, *more)

    return call


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    """Each workspace in turn."""
    found: World = request.getfixturevalue(request.param)
    return found
