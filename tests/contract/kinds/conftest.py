"""The workspaces that every kind is tried in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.core.ports import ScoringAnswer
from orchestrator.workspace.client import SupervisorClient
from orchestrator.workspace.paths import WorkspacePaths
from orchestrator.workspace.store import RecordStore
from tests.contract.kinds.worlds import EmbeddedWorld, World
from tests.unit.backends.played import Supervisor, obey

WORLDS = ["embedded"]
"""Names of fixtures; a further backend adds its own."""


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The embedded workspace; jobs and servers succeed at once, because the test plays its supervisor."""
    paths = WorkspacePaths(tmp_path / ".amlctl")
    played = Supervisor(RecordStore(paths), obey)
    monkeypatch.setattr(SupervisorClient, "ensure", lambda client: None)
    monkeypatch.setattr(SupervisorClient, "nudge", lambda client: played.wake())
    monkeypatch.setattr(SupervisorClient, "answers", lambda client, within_s=1.0: True)
    monkeypatch.setattr(
        "orchestrator.backends.local.scoring.send",
        lambda paths, record, request: ScoringAnswer("http://127.0.0.1/score", 200, '{"result": [1]}'),
    )
    yield EmbeddedWorld(paths.root)
    played.store.close()


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    """Each workspace in turn."""
    found: World = request.getfixturevalue(request.param)
    return found
