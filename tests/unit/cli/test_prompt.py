"""Signals at the question of an apply, on a real terminal: everything ends at once with nothing done."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from tests.processes import killed_in_the_end
from tests.unit.cli.calling import SPEC

COMMANDS = [("apply", b"Do you want to apply this plan?"), ("destroy", b"Do you want to destroy these resources?")]


def until(terminal: int, text: bytes) -> bytes:
    """Everything that comes up to a text; the test's own time limit bounds the wait."""
    seen = b""
    while text not in seen:
        seen += os.read(terminal, 4096)
    return seen


def resources(project: Path) -> list[str]:
    """What is in the project's workspace."""
    if not (project / ".amlctl").exists():
        return []
    store = RecordStore(WorkspacePaths(project / ".amlctl"))
    found = [f"{record.address} {record.generation} {record.deleting}" for record in store.list()]
    store.close()
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "rows.csv").write_text("x\n1\n")
    return tmp_path


@pytest.mark.parametrize("send", ["ctrl-c", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize(("command", "question"), COMMANDS, ids=[c[0] for c in COMMANDS])
def test_a_signal_at_the_question_leaves_at_once(project: Path, command: str, question: bytes, send: str) -> None:
    amlctl = [sys.executable, "-m", "orchestrator"]
    if command == "destroy":
        subprocess.run([*amlctl, "apply", "-y"], cwd=project, check=True, capture_output=True)
    before = resources(project)
    mine, theirs = pty.openpty()
    with subprocess.Popen(
        [*amlctl, command], cwd=project, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(theirs), os.O_RDWR)),  # becomes its controlling terminal
    ) as process, killed_in_the_end(process):  # fmt: skip
        os.close(theirs)
        until(mine, question)
        if send == "ctrl-c":
            os.write(mine, b"\x03")
        else:
            process.send_signal(getattr(signal, send))
        said = until(mine, b"Nothing was changed.")
        assert process.wait(30) == 130
    os.close(mine)
    assert b"Traceback" not in said
    assert resources(project) == before
