"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.workspace.processes.process import running_children


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """What a module's tests start in this very process they stop; nobody else would notice, nor know which test it was."""
    before = set(running_children())
    yield
    assert set(running_children()) - before == set()
