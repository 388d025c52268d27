"""`amlctl azure record` with the real client, over a real socket."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from orchestrator.backends.azure.recording import perform
from orchestrator.backends.azure.recording.files import recording_folders, recordings
from orchestrator.cli.main import cli
from orchestrator.workspace.arm.service import GROUP, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from tests.contract import served
from tests.contract.kinds.conftest import play
from tests.waiting import wait_for
from tests.wire.faults import FaultyService

SPEC = f"""
project: recorded
targets:
  azure:
    workspace:
      azure:
        subscription_id: {SUBSCRIPTION}
        resource_group: {GROUP}
        workspace_name: {WORKSPACE}
  here:
    workspace: {{local: {{}}}}
"""


@pytest.fixture
def manners() -> dict[str, Any]:
    """As strict as the wire can be."""
    return {"known_computes": True}


@pytest.fixture
def spec(service: FaultyService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A spec whose target is a served workspace in which everything succeeds at once."""
    pytest.importorskip("azure.ai.ml", reason="needs the azure extra")
    served.become_client(service, monkeypatch)
    store = RecordStore(WorkspacePaths(tmp_path / ".amlctl"))
    play(monkeypatch, store)
    monkeypatch.setattr(perform, "PAUSE_S", 0.01)
    monkeypatch.setenv("AMLCTL_ALLOWED_HOSTS", "localhost:*,127.0.0.1:*,*.localhost:*")
    file = tmp_path / "spec.yaml"
    file.write_text(SPEC)
    yield file
    store.close()


def amlctl(*arguments: Any) -> Any:
    return CliRunner().invoke(cli, ["azure", "record", *map(str, arguments)])


def writes(service: FaultyService) -> list[tuple[str, str]]:
    return [line for line in service.faults.log if line[0] in ("PUT", "PATCH", "DELETE") and "/workspaces/" in line[1]]


def test_record(service: FaultyService, spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "recordings" / "mine"
    dry = amlctl(spec, "--target", "azure", "--out", out)
    assert dry.exit_code == 0 and "Nothing was sent" in dry.output and "USD" in dry.output
    assert not out.exists() and writes(service) == []

    done = amlctl(spec, "--target", "azure", "--out", out, "--yes")
    assert done.exit_code == 0, done.output
    assert "Everything that was created is deleted." in done.output and "Not as expected" not in done.output
    ((folder, about),) = recording_folders(out.parent)
    assert folder == out and about.complete and about.service == "embedded"
    assert len(recordings(out)) > 40
    assert [record.address for record in service.records.list() if "amlrec" in record.address] == []

    again = amlctl(spec, "--target", "azure", "--out", out, "--yes")
    assert again.exit_code == 1 and "is not empty" in again.output
    elsewhere = amlctl(spec, "--target", "here", "--out", tmp_path / "x", "--yes")
    assert elsewhere.exit_code == 1 and "not an Azure workspace" in elsewhere.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_round_and_everything_is_deleted(
    service: FaultyService, spec: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out"

    def interrupt() -> None:
        wait_for(lambda: any(path.endswith("-onl") for _, path in writes(service)), "an endpoint is created")
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    done = amlctl(spec, "--target", "azure", "--out", out, "--yes", "--format", "json")
    assert done.exit_code != 0 and "Aborted" in done.output
    assert json.loads((out / "round.json").read_text())["complete"] is False
    assert [record.address for record in service.records.list() if "amlrec" in record.address] == []
    assert not (out / "left.json").exists()
