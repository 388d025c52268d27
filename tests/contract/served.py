"""A workspace served as Azure Resource Manager inside the test's own process, and what makes the test its client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.project import WorkspaceChoice
from orchestrator.workspace.arm.service import GROUP, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.operations import administration as admin
from tests.wire.faults import FaultyService


@contextmanager
def serving(folder: Path, **manners: Any) -> Iterator[FaultyService]:
    """Serve a new workspace in a folder until the block ends; see `Manners`."""
    root = folder / ".amlctl"
    service = FaultyService(WorkspacePaths(root), **manners)
    service.start()
    try:
        yield service
    finally:
        service.close()
        admin.down(root)


def become_client(service: FaultyService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment that the documentation gives to programs, until the test ends."""
    for name, value in service.client_environment().items():
        monkeypatch.setenv(name, value)
    from azure.ai.ml import _azure_environments as clouds  # the registration of clouds is process-wide

    monkeypatch.setattr(clouds, "_environments", dict(clouds._environments))


def served_choice() -> WorkspaceChoice:
    """The workspace that the environment leads to, as a spec names it."""
    names = {"subscription_id": SUBSCRIPTION, "resource_group": GROUP, "workspace_name": WORKSPACE, "polling_s": 1}
    return WorkspaceChoice("azure", names)
