"""A container of a blob service: the built-in one, and Azurite where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.arm.service import ArmService
from orchestrator.workspace.arm.storage import account_path, container_of
from orchestrator.workspace.folder.paths import WorkspacePaths
from tests.azure_warnings import OF_OTHERS
from tests.contract.blobs import azurite as emulator

collect_ignore_glob = [] if find_spec("azure") and find_spec("azure.ai") else ["test_*.py"]

AZURITE = pytest.param(
    "azurite",
    marks=[
        pytest.mark.slow,
        pytest.mark.skipif(not emulator.executable(), reason="azurite-blob is not installed (npm install azurite)"),
    ],
)


@dataclass(frozen=True)
class Place:
    """A container.

    Attributes:
        url: with a signature.
        certificate: to trust.
    """

    url: str
    certificate: Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings that the client's own libraries raise against each other are not ours."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            for rule in OF_OTHERS:
                item.add_marker(pytest.mark.filterwarnings(rule))


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One process for all tests of a module; they use names of their own."""
    with emulator.running(tmp_path_factory.mktemp("azurite")) as (url, certificate):
        yield Place(url, certificate)


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The blob service of a served workspace."""
    service = ArmService(WorkspacePaths(tmp_path_factory.mktemp("built-in") / ".amlctl"))
    service.start()
    name = container_of("workspaceblobstore")
    url = f"{service.url}/{account_path()}/{name}?{service.tokens.grant(name)}"
    yield Place(url, Path(service.client_environment()["REQUESTS_CA_BUNDLE"]))
    service.close()


@pytest.fixture(params=["built_in", AZURITE])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Each service in turn."""
    place: Place = request.getfixturevalue(request.param)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(place.certificate))  # for the test's own clients
    monkeypatch.setenv("AMLCTL_ALLOWED_HOSTS", "localhost:*,127.0.0.1:*,*.localhost:*")
    return place


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A folder of its own for each test."""
    return str(abs(hash(request.node.nodeid)))


@pytest.fixture
def container(place: Place) -> Iterator[Any]:
    """The client of Azure storage."""
    from azure.storage.blob import ContainerClient

    with ContainerClient.from_container_url(place.url) as container:
        yield container
