"""The real client of azure-ai-ml against a fake wire on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.value import Secret
from orchestrator.kinds import discover
from tests.azure_warnings import let_pass
from tests.contract import served
from tests.contract.azure import wire as fake
from tests.contract.azure.birth import BODY, Birth, Life
from tests.contract.azure.blob_wire import BlobWire
from tests.contract.azure.certificate import write_certificate
from tests.contract.azure.wire import SUBSCRIPTION, Wire, serving
from tests.wire.faults import FaultyService

collect_ignore_glob = [] if find_spec("azure") and find_spec("azure.ai") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings that the client's own libraries raise against each other are not ours."""
    let_pass(items, Path(__file__).parent)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that the client is told to trust."""
    return write_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True)
def _loopback_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs these tests lets tokens go to servers of this machine."""
    monkeypatch.setenv("AMLCTL_ALLOWED_HOSTS", "localhost:*,127.0.0.1:*,*.localhost:*")


@pytest.fixture
def wire(certificate: Path) -> Iterator[Wire]:
    """A workspace with nothing in it."""
    with serving(certificate) as wire:
        yield wire


@pytest.fixture
def blobs(wire: Wire) -> BlobWire:
    """The container that keeps the state."""
    blobs = BlobWire()
    wire.rules.append(blobs)
    return blobs


@pytest.fixture
def choice(wire: Wire, certificate: Path) -> WorkspaceChoice:
    """Settings that lead to the wire, with a principal whose secret it does not check."""
    principal = {"tenant_id": "tenant", "client_id": "client", "client_secret": Secret("SP", "hush")}
    return WorkspaceChoice(
        "azure",
        {
            "subscription_id": SUBSCRIPTION,
            "resource_group": "rg",
            "workspace_name": "ws",
            "credential": {"client_secret": principal},
            "connection": {
                "resource_manager": wire.url,
                "storage_suffix": "core.localhost",
                "authority": wire.url,
                "instance_discovery": False,
                "ca_file": str(certificate),
            },
            "polling_s": 1,
            "retries": 0,
            "state": {"container_url": f"{wire.url}/blobs/c"},
        },
    )


@pytest.fixture
def backend(choice: WorkspaceChoice) -> Iterator[AzureBackend]:
    """The backend, speaking to the wire."""
    backend = AzureBackend(choice, discover(), SystemClock())
    yield backend
    backend.close()


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyService]:
    """A served workspace, of which the test is a client by its environment alone."""
    with served.serving(tmp_path) as service:
        served.become_client(service, monkeypatch)
        yield service


@pytest.fixture
def birth(wire: Wire, blobs: BlobWire) -> Birth:
    """There is no workspace until a deployment made one."""
    birth = Birth(wire)
    wire.rules.append(birth)
    return birth


@pytest.fixture
def life(tmp_path: Path, choice: WorkspaceChoice, monkeypatch: pytest.MonkeyPatch) -> Life:
    """A project that makes its workspace."""
    monkeypatch.setattr(fake, "WORKSPACE", fake.WORKSPACE.replace("/ws", "/heart"))
    life = Life(tmp_path, replace(choice, settings={**choice.settings, "workspace_name": "heart"}))
    life.say(BODY)
    return life
