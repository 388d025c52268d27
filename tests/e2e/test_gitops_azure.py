"""The loop over Azure's clients: git, a workspace served as Azure Resource Manager, a colleague with the SDK, and sudden deaths."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.supervision.control import ControlAddress, ControlFiles
from tests.e2e.served import AMLCTL, AZURE_WORKSPACE, Served, serving

pytest.importorskip("azure.ai.ml", reason="needs the azure extra")

PATIENCE_S = 150.0

SPEC = (
    AZURE_WORKSPACE
    + """\
project: loop
compute:
  cpu: {type: amlcompute, size: Standard_DS2_v2, max_instances: 1}
environments:
  e: {image: "python:3.11"}
data:
  d: {type: uri_file, path: a.csv}
jobs:
  train:
    type: command
    command: cp ${{inputs.d}} ${{outputs.m}}/model.txt
    environment: azureml:e@latest
    compute: azureml:cpu
    inputs: {d: {type: uri_file, path: "${data.d}"}}
    outputs: {m: {type: uri_folder}}
models:
  m: {type: custom_model, path: "${jobs.train.outputs.m}"}
online_endpoints:
  heart:
    auth_mode: key
    deployments:
      blue:
        model: ${models.m}
        environment: ${environments.e}
        code_configuration: {code: src, scoring_script: score.py}
        instance_type: Standard_DS3_v2
        instance_count: 1
    traffic: {blue: 100}
"""
)

SCORE = """
import os, pathlib

def init():
    global text
    text = next(p for p in pathlib.Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.txt")).read_text()

def run(data):
    return {"text": text}
"""

CONFIG = """
folder: {folder}
server: {{port: {port}}}
projects:
  loop:
    source: {{git: {{url: {url}, branch: main, path: spec.yaml}}}}
    interval: 2s
    jitter: 0s
    self_heal: {{debounce: 1s}}
    prune: {{enabled: {prune}}}
"""

MEDDLE = {
    "compute.cpu": """
cluster = ml_client.compute.get("cpu")
cluster.max_instances = 4
ml_client.compute.begin_update(cluster).result()
""",
    "online_endpoints.heart.traffic": """
endpoint = ml_client.online_endpoints.get("heart")
endpoint.traffic = {"blue": 0}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
""",
    "online_endpoints.heart.deployments.blue": """
endpoint = ml_client.online_endpoints.get("heart")
endpoint.traffic = {"blue": 0}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
ml_client.online_deployments.begin_delete("blue", "heart").result()
""",
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def by_type(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "conditions": {one["type"]: one for one in document["conditions"]}}


class World:
    """A served workspace, a repository, a colleague, and loops."""

    def __init__(self, folder: Path, served: Served) -> None:
        self.folder = folder
        self.served = served
        self.repository = folder / "repository"
        self.loops: list[subprocess.Popen[bytes]] = []
        self.ports: dict[str, int] = {}
        (self.repository / "src").mkdir(parents=True)
        for name, text in (("spec.yaml", SPEC), ("a.csv", "one"), ("src/score.py", SCORE)):
            (self.repository / name).write_text(text)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        person = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        command = ["git", *person, *arguments]
        return subprocess.run(
            command, cwd=self.repository, check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    def push(self, **files: str) -> str:
        for name, text in files.items():
            (self.repository / name.replace("_", ".")).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "A change")
        return self.git("rev-parse", "HEAD")

    def start(self, loop: str = "one", *, prune: bool = False) -> subprocess.Popen[bytes]:
        """Each loop has a folder of its own, as on machines of their own: only Azure is between them."""
        port = self.ports[loop] = free_port()
        text = CONFIG.format(folder=self.folder / loop, url=self.repository, prune=str(prune).lower(), port=port)
        (self.folder / f"{loop}.yaml").write_text(text)
        command = [*AMLCTL, "reconcile", "--config", f"{loop}.yaml", "--quiet"]
        self.loops.append(subprocess.Popen(command, env=self.served.environ, cwd=self.folder))
        return self.loops[-1]

    def kill_supervisor(self) -> None:
        address = ControlAddress.read(ControlFiles(WorkspacePaths(self.served.root)))
        assert address is not None
        os.kill(address.process.pid, signal.SIGKILL)

    def status(self, loop: str = "one") -> dict[str, Any]:
        """What the loop keeps with the state, which lies in the workspace's blob storage."""
        asked = ("reconcile", "--config", f"{loop}.yaml", "--status", "--format", "json")
        done = self.served.amlctl(*asked, folder=self.folder)
        return by_type(json.loads(done.stdout)["projects"]["loop"])

    def told(self, loop: str) -> dict[str, Any]:
        """The same over HTTP, which costs no process that opens Azure; nothing as long as the loop is not up."""
        api = f"http://127.0.0.1:{self.ports[loop]}/api/v1/projects/loop"
        try:
            with (
                urllib.request.urlopen(api, timeout=10) as one,
                urllib.request.urlopen(f"{api}/history", timeout=10) as two,
            ):
                return by_type(json.load(one) | json.load(two))
        except OSError:
            return {}

    def wait(self, holds: Callable[[dict[str, Any]], bool], loop: str = "one") -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while not (status := self.told(loop)).get("conditions") or not holds(status):
            assert time.monotonic() < until, json.dumps(status, indent=1)
            assert all(one.poll() in (None, -signal.SIGKILL) for one in self.loops), "a loop ended"
            time.sleep(0.2)
        return status

    def converged(self, commit: str, loop: str = "one") -> dict[str, Any]:
        def there(status: dict[str, Any]) -> bool:
            applied = status["applied"] or {"id": ""}
            return applied["id"] == commit and bool(status["conditions"]["Ready"]["status"])

        return self.wait(there, loop)

    def healed(self, address: str) -> None:
        """Wait until the history tells that it was set back."""
        self.wait(lambda s: s["conditions"]["Ready"]["status"] and any(address in one["healed"] for one in s["passes"]))

    def colleague(self, program: str) -> str:
        """What a person does with the SDK, in a process of its own."""
        return self.served.program(program, self.folder)

    def answer(self) -> str:
        (self.folder / "request.json").write_text("{}")
        said = self.colleague(
            'print("ANSWER", ml_client.online_endpoints.invoke("heart", request_file="request.json"))'
        )
        return said.rpartition("ANSWER ")[2]

    def close(self) -> None:
        for loop in self.loops:
            loop.terminate()
        for loop in self.loops:
            loop.wait(PATIENCE_S)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serving(tmp_path / "ws") as served:
        world = World(tmp_path, served)
        try:
            yield world
        finally:
            world.close()


def test_the_demonstration_through_the_wire(world: World) -> None:
    first = world.push()
    world.start()
    world.converged(first)
    assert world.status()["applied"]["id"] == first
    assert "one" in world.answer()

    world.converged(world.push(a_csv="two"))
    assert "two" in world.answer()

    for address, program in MEDDLE.items():
        world.colleague(program)
        world.healed(address)
    assert world.colleague('print(ml_client.compute.get("cpu").max_instances)') == "1"
    assert "two" in world.answer()

    broken = world.push(spec_yaml=SPEC.replace("max_instances: 1", "max_instances: one"))
    stalled = world.wait(lambda s: (s["attempted"] or {}).get("id") == broken and s["conditions"]["Stalled"]["status"])
    assert stalled["conditions"]["Stalled"]["message"].startswith("spec.yaml:5:")
    assert "two" in world.answer()

    spare = SPEC.replace("data:\n", "data:\n  spare: {type: uri_file, path: a.csv}\n")
    world.converged(world.push(spec_yaml=spare))
    assert world.converged(world.push(spec_yaml=SPEC))["orphaned"] == ["data.spare"]
    loop = world.loops.pop()
    loop.terminate()
    assert loop.wait(PATIENCE_S) == 0, "SIGTERM drains"
    world.start(prune=True)
    world.wait(lambda s: not s["orphaned"] and s["conditions"]["Ready"]["status"])


def test_a_successor_takes_over_when_the_lease_of_the_dead_ends(world: World) -> None:
    first = world.start("one")
    world.converged(world.push())
    second = world.start("two")
    time.sleep(10)  # long enough for several passes, if it dared
    assert second.poll() is None
    changed = world.push(a_csv="two")
    world.converged(changed)
    first.kill()
    first.wait(PATIENCE_S)
    world.converged(world.push(a_csv="three"), "two")
    assert "three" in world.answer()


def test_killed_at_random_moments(world: World) -> None:
    random = Random(11)
    for text in ("one", "two", "three"):
        commit = world.push(a_csv=text)
        loop = world.start()
        time.sleep(random.uniform(2.0, 9.0))
        (world.kill_supervisor if random.random() < 0.5 else loop.kill)()
        time.sleep(random.uniform(0.0, 2.0))
        loop.kill()
        loop.wait(PATIENCE_S)
    world.start()
    world.converged(commit)
    assert "three" in world.answer()
