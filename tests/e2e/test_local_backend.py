"""The local backend on a real supervisor: from a file to an answer, and down again with nothing left."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.local.backend import LocalBackend
from orchestrator.core.address import Address
from orchestrator.core.errors import Failed
from orchestrator.core.fingerprint import Fingerprint, digest_text
from orchestrator.core.ports import Cancellation, Request, ScoringRequest, SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.resource import Observed, Removal
from orchestrator.core.value import LocalFiles, Secret
from orchestrator.kinds import discover
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.operations import administration as admin
from orchestrator.workspace.processes.process import ProcessIdentity, alive
from orchestrator.workspace.supervision.control import ControlFiles, held
from tests.waiting import SLOWEST_S, wait_for

pytestmark = pytest.mark.slow

COPY = """
import os, pathlib, sys
assert os.environ["TOKEN"] == "hush"
pathlib.Path(sys.argv[2], "model.txt").write_text(pathlib.Path(sys.argv[1]).read_text())
print("copied")
"""
SCORE = """
import json, os, pathlib

def init():
    global text
    text = next(p for p in pathlib.Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.txt")).read_text()

def run(data):
    return {"text": text, "asked": json.loads(data)}
"""


class Opened:
    """A backend on a folder, with short ways to write and to wait."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.told: list[str] = []
        self.backend = LocalBackend(WorkspaceChoice("local", {"path": str(root)}), "tests", discover(), SystemClock())

    def make(self, address: str, revision: str, body: dict[str, Any], variant: str = "") -> Observed:
        request = Request(
            Address.parse(address),
            revision=revision,
            properties=body,
            fingerprint=Fingerprint(digest_text(f"{address}{revision}")),
            owner="tests",
            key=address,
            variant=variant,
        )
        self.backend.create(request)
        return self.wait(address, revision)

    def wait(self, address: str, revision: str) -> Observed:
        return self.backend.wait(Address.parse(address), revision, SLOWEST_S, Cancellation(), self.told.append)

    def remove(self, address: str, revision: str = "") -> None:
        self.backend.delete(Address.parse(address), revision, Removal.DELETE)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(tmp_path / ".amlctl")
    yield opened
    opened.backend.close()
    admin.down(opened.root)


def files(path: Path) -> LocalFiles:
    taken = [path] if path.is_file() else sorted(path.iterdir())
    return LocalFiles(
        path, "d" * 64, path.name, {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in taken}
    )


def test_from_a_file_to_an_answer_and_away(opened: Opened, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text(COPY)
    (code / "score.py").write_text(SCORE)
    (tmp_path / "heart.csv").write_text("a,b\n1,2\n")
    opened.make("data.heart", "1", {"type": "uri_file", "path": files(tmp_path / "heart.csv")}, "uri_file")
    job = {
        "command": "python train.py ${{inputs.d}} ${{outputs.m}}",
        "code": files(code),
        "inputs": {"d": {"type": "uri_file", "path": "azureml:heart:1"}},
        "outputs": {"m": {"type": "uri_folder"}},
        "environment_variables": {"TOKEN": Secret("TOKEN", "hush")},
    }
    done = opened.make("jobs.train", "train-1", job, "command")
    assert "copied" in opened.told
    assert done.attributes["exit_code"] == 0
    opened.make("models.m", "1", {"path": "azureml://jobs/train-1/outputs/m"}, "custom_model")
    opened.make("online_endpoints.hf", "", {"auth_mode": "key"})
    opened.make(
        "online_endpoints.hf.deployments.blue",
        "",
        {"model": "azureml:m:1", "code_configuration": {"code": files(code), "scoring_script": "score.py"}},
    )
    opened.make("online_endpoints.hf.traffic", "", {"traffic": {"blue": 100}})
    answer = opened.backend.score(Address("online_endpoints", "hf"), ScoringRequest('{"x": 1}'))
    assert (answer.status, json.loads(answer.body)) == (200, {"text": "a,b\n1,2\n", "asked": {"x": 1}})
    status = admin.status(opened.root)
    assert [(found.name, found.health) for found in status.endpoints] == [("hf", "healthy")]
    assert status.broken == {}
    for address in ("online_endpoints.hf.traffic", "online_endpoints.hf.deployments.blue", "online_endpoints.hf"):
        opened.remove(address)
    opened.remove("jobs.train", "train-1")
    assert admin.status(opened.root).records == {"data": 1, "models": 1}
    assert b"hush" not in (opened.root / "workspace.db").read_bytes()
    assert admin.reset(opened.root)
    assert not opened.root.exists()


def test_a_failing_job_says_why(opened: Opened) -> None:
    with pytest.raises(Failed) as caught:
        opened.make("jobs.bad", "bad-1", {"command": "echo the reason; exit 3"}, "command")
    assert "3" in caught.value.detail
    assert "the reason" in caught.value.detail


def test_a_wait_survives_the_death_of_everybody_who_watches(opened: Opened, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    body = {"command": f"until [ -e {gate} ]; do sleep 0.05; done; echo through"}
    result: list[Observed] = []
    thread = threading.Thread(target=lambda: result.append(opened.make("jobs.slow", "slow-1", body, "command")))
    thread.start()
    wait_for(lambda: "running" in opened.told)
    kill_watchers(opened.root)
    gate.touch()
    thread.join(SLOWEST_S)
    assert [found.health for found in result] == ["healthy"]
    assert "through" in opened.told


def test_down_stops_what_a_dead_supervisor_left_behind(opened: Opened) -> None:
    opened.make("online_endpoints.hf", "", {"auth_mode": "key"})
    router = ProcessIdentity.parse((opened.root / "endpoints" / ".router" / "process").read_text().strip())
    assert alive(router)
    kill_watchers(opened.root)
    assert alive(router)
    assert admin.down(opened.root)
    assert not alive(router)
    assert not admin.down(opened.root)


def kill_watchers(root: Path) -> None:
    """Kill guard and supervisor so that neither can bring back the other."""
    paths = WorkspacePaths(root)
    control = ControlFiles(paths)

    def watchers() -> list[int]:
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    words = (folder / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                modules = (
                    b"orchestrator.workspace.supervision.guard",
                    b"orchestrator.workspace.supervision.supervisor",
                )
                if str(root).encode() in words and any(module in words for module in modules):
                    found.append(int(folder.name))
        return found

    while held(control.supervisor_lock) or held(control.guard_lock):
        for pid in watchers():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)
