"""What the endpoints of an embedded workspace have answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestrator.core.address import Address
from orchestrator.core.metering import Count
from orchestrator.workspace.service import Workspace


def counts(root: Path, endpoint: Address) -> Mapping[str, Count]:
    """Deployment to its numbers since the router started; empty if no router answers.

    Args:
        root: the workspace's folder. Nothing in it is started or held open.
    """
    workspace = Workspace(root)
    try:
        counters = workspace.counters().get(endpoint.name) or {}
    finally:
        workspace.close()
    return {name: Count.of(numbers) for name, numbers in counters.items()}
