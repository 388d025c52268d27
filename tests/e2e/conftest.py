"""Every test of this folder starts real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.workspace.processes.process import running_children
from tests.e2e.project import Project


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """What tests start in this very process they stop; nobody else would notice."""
    yield
    assert running_children() == ()


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    """Make projects from a spec's text; their workspaces are taken down afterwards."""
    made: list[Project] = []

    def make(text: str, name: str = "p") -> Project:
        made.append(Project.with_spec(tmp_path / name, text))
        return made[-1]

    yield make
    for project in made:
        project.close()
