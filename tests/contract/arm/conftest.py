"""The facade on a real socket, and the real client of Azure Machine Learning before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract import served
from tests.wire.faults import FaultyService

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "service" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
            # The clients' own sockets and deprecations are not ours to mend.
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZUREML_CURRENT_CLOUD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def manners() -> dict[str, Any]:
    """How the wire differs from the workspace; a test may have other ones by `pytest.mark.parametrize`."""
    return {}


@pytest.fixture
def service(tmp_path: Path, manners: dict[str, Any]) -> Iterator[FaultyService]:
    with served.serving(tmp_path, **manners) as service:
        yield service


@pytest.fixture
def connect(service: FaultyService, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Make clients the way the documentation says: the environment, and nothing else."""
    ml = pytest.importorskip("azure.ai.ml", reason="needs the azure extra")
    identity = pytest.importorskip("azure.identity")
    served.become_client(service, monkeypatch)

    # The client remembers the deployment that `invoke` named, for all later calls of the process.
    from azure.ai.ml.constants._endpoint import EndpointInvokeFields

    monkeypatch.setattr(EndpointInvokeFields, "DEFAULT_HEADER", dict(EndpointInvokeFields.DEFAULT_HEADER))

    def make(workspace: str = "local", **more: Any) -> Any:
        credential = identity.DefaultAzureCredential()
        return ml.MLClient(credential, SUBSCRIPTION, "local", workspace, **more)

    return make


@pytest.fixture
def client(connect: Callable[..., Any]) -> Any:
    return connect()
