"""The supervisor's client when there is no supervisor, and when none can be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.errors import Failed
from orchestrator.workspace.folder.identity import ensure_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.supervision import client as module
from orchestrator.workspace.supervision.client import SupervisorClient, missing_packages
from orchestrator.workspace.supervision.control import ControlFiles


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(tmp_path / "w")


def test_looking_starts_nothing(paths: WorkspacePaths) -> None:
    client = SupervisorClient(paths)
    assert not client.alive()
    client.nudge()
    assert client.status() == {}
    assert not client.shutdown()
    assert not paths.root.exists()


def test_missing_packages_are_told_before_anything_is_started(
    paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "psutil" else object())
    assert missing_packages() == ("psutil",)
    with pytest.raises(Failed, match="psutil") as caught:
        SupervisorClient(paths).ensure()
    assert caught.value.fix == module.LOCAL_EXTRA
    assert not paths.root.exists()


def test_a_supervisor_that_does_not_start_is_told_with_its_log(
    paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_identity(paths)
    files = ControlFiles(paths)
    files.create()
    files.log.write_text("first\nImportError: no such module\n")
    monkeypatch.setattr(module, "START_TIMEOUT_S", 0.05)
    monkeypatch.setattr(module, "start_guard", lambda given: None)
    with pytest.raises(Failed, match="does not start") as caught:
        SupervisorClient(paths).ensure()
    assert caught.value.detail.endswith("ImportError: no such module")


def test_a_machine_that_starts_nothing_is_told(paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(given: WorkspacePaths) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    ensure_identity(paths)
    monkeypatch.setattr(module, "start_guard", refuse)
    with pytest.raises(Failed, match="Resource temporarily unavailable"):
        SupervisorClient(paths).ensure()


def test_a_folder_that_somebody_deleted_is_not_made_again(paths: WorkspacePaths) -> None:
    with pytest.raises(Failed, match="was deleted") as caught:
        SupervisorClient(paths).ensure()
    assert caught.value.code == "workspace-gone"
    assert not paths.root.exists()
