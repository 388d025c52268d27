"""The reconcile loop from the first commit to the last, on this machine: run it with `python examples/gitops/demo.py`.

Makes a git repository with the project of `amlctl init` (or, with `heart-failure` as argument, with the reference project), starts the
loop over it, and pushes one thing after the other. Between the commits somebody changes the workspace by hand.
A client asks the endpoint all the while. With `--kill 7` the loop and the supervisor of the workspace are killed at random moments, the
same ones for the same number; the loop is started again, as systemd would.
Needs amlctl with its `local` extra, and git. Takes less than a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.ports import Backend, Request, SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.core.resource import Removal
from orchestrator.engine import load_project, open_workspace
from orchestrator.kinds import discover
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import alive
from orchestrator.workspace.supervision.control import ControlAddress, ControlFiles

CONFIG = """
folder: loop
server: {{port: 0}}
projects:
  houses:
    source: {{git: {{url: {url}, branch: main, path: spec.yaml}}}}
    workspace: workspace
    interval: 2s
    jitter: 0s
    self_heal: {{debounce: 1s}}
    prune: {{enabled: {prune}}}
"""
PATIENCE_S = 600.0
HEART = Path(__file__).parents[2] / "specs" / "heart-failure"


@dataclass(frozen=True)
class Project:
    """What the story is told about.

    Attributes:
        make: writes it into a new folder.
        request: the client's question.
        change: changes the data that the model is trained on.
        same_answer: the change is too small to be seen in the answer.
    """

    cluster: str
    endpoint: str
    data: str
    request: str
    make: Callable[[Path], None]
    change: Callable[[Path], None]
    same_answer: bool = False


def _make_houses(folder: Path) -> None:
    amlctl("init", folder.name, "--name", "houses", folder=folder.parent)
    replace(folder / "spec.yaml", "expect: {status: 200, json: {price: [250000]}}", "expect: {status: 200}")


def _dearer_houses(table: Path) -> None:
    table.write_text("square_metres,price\n50,200000\n100,400000\n")


def _make_heart(folder: Path) -> None:
    shutil.copytree(HEART, folder, ignore=shutil.ignore_patterns(".amlctl*"))
    replace(folder / "spec.yaml", "limits: {", "limits: {max_trials: 4, ")


def _fewer_patients(table: Path) -> None:
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-10]))


PROJECTS = {
    "houses": Project(
        "cpu-cluster", "houses-price", "data/houses.csv", '{"square_metres": [100]}', _make_houses, _dearer_houses
    ),
    "heart-failure": Project(
        "heart-f-cluster",
        "automl-hf-sdk",
        "data/heart_failure_synthetic.csv",
        (HEART / "requests" / "patient.json").read_text() if HEART.exists() else "",
        _make_heart,
        _fewer_patients,
        same_answer=True,
    ),
}


def amlctl(*arguments: str, folder: Path) -> str:
    """Run amlctl to its end; gives what it prints."""
    command = [sys.executable, "-m", "orchestrator", *arguments]
    return subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ).stdout


def replace(path: Path, old: str, new: str) -> None:
    """Replace a piece of a file."""
    text = path.read_text()
    assert old in text, f"{path.name} has no {old!r}"
    path.write_text(text.replace(old, new))


class Demo:
    """A folder with a repository, a workspace, a configuration, and the loop over them."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder = folder
        self.project = project
        self.repository = folder / "repository"
        self.address = ""
        self._prune = False
        self._turn = threading.RLock()
        self._loop: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        project.make(self.repository)
        # A colleague who works on the same workspace by hand finds it where the loop has it.
        self.edit("{local: {}}", f"{{local: {{path: {folder / 'workspace'}}}}}")
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        person = ("-c", "user.name=Demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgsign=false")
        command = ["git", *person, *arguments]
        return subprocess.run(
            command, cwd=self.repository, check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    def edit(self, old: str, new: str) -> None:
        """Replace a piece of the spec."""
        replace(self.repository / "spec.yaml", old, new)

    def push(self, message: str) -> str:
        """Commit everything; the loop sees it within its interval."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        return self.git("rev-parse", "HEAD")

    def start(self, *, prune: bool = False) -> None:
        """Start the loop and wait until its server answers."""
        with self._turn:
            self._prune = prune
            config = self.folder / "reconcile.yaml"
            config.write_text(CONFIG.format(url=self.repository, prune=str(prune).lower()))
            command = [sys.executable, "-m", "orchestrator", "reconcile", "--config", str(config)]
            self._loop = subprocess.Popen(
                [*command, "--log-format", "json"], stderr=subprocess.PIPE, text=True, cwd=self.folder
            )
            told = threading.Event()
            self._listener = threading.Thread(target=self._listen, args=(self._loop, told))
            self._listener.start()
            assert told.wait(PATIENCE_S), "the loop has no server"

    def _listen(self, loop: subprocess.Popen[str], told: threading.Event) -> None:
        assert loop.stderr is not None
        for line in loop.stderr:
            event = json.loads(line) if line.startswith("{") else {"event": line}
            if event["event"] == "server":
                self.address = event["address"]
                told.set()

    def stop(self, *, kill: bool = False) -> None:
        """End the loop: SIGTERM, which drains, or SIGKILL."""
        with self._turn:
            if self._loop is None or self._listener is None:
                return
            if kill:
                self._loop.kill()
            else:
                self._loop.terminate()
            self._loop.wait(PATIENCE_S)
            self._listener.join()
            assert self._loop.stderr is not None
            self._loop.stderr.close()
            self._loop = None

    def kill_loop(self) -> None:
        """End the loop as a power cut would, and start it again."""
        with self._turn:
            if self._loop is not None:
                self.stop(kill=True)
                self.start(prune=self._prune)

    def kill_supervisor(self) -> None:
        """End the embedded workspace's supervisor as a power cut would; its guard starts another."""
        address = ControlAddress.read(ControlFiles(WorkspacePaths(self.folder / "workspace")))
        if address is not None and alive(address.process):
            os.kill(address.process.pid, signal.SIGKILL)

    def status(self) -> dict[str, Any]:
        """What the loop says of the project, with its conditions by name."""
        with self._turn, urllib.request.urlopen(f"{self.address}/api/v1/projects/houses", timeout=10) as answer:
            document: dict[str, Any] = json.load(answer)
        unknown = {name: {"status": False, "message": ""} for name in ("Ready", "Reconciling", "Stalled")}
        conditions = unknown | {one["type"]: one for one in document["conditions"]}
        return {**document, "conditions": conditions}

    def wait(self, what: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a status."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            status = self.status()
            if holds(status):
                return status
            time.sleep(0.2)
        raise AssertionError(f"{what} did not happen: {json.dumps(status, indent=1)}")

    def converged(self, commit: str) -> dict[str, Any]:
        """Wait until a commit is in force and everything is well."""
        return self.wait(
            f"commit {commit[:7]} in force",
            lambda s: bool(s["applied"]) and s["applied"]["id"] == commit and s["conditions"]["Ready"]["status"],
        )

    @contextlib.contextmanager
    def _workspace(self) -> Iterator[Backend]:
        project = load_project([self.repository / "spec.yaml"], LoadOptions(environ=dict(os.environ)))
        with open_workspace(project, discover(), SystemClock()) as workspace:
            yield workspace.backend

    def live(self, address: str) -> Mapping[str, Any]:
        """A resource as the workspace has it; empty if it has none."""
        where = Address.parse(address)
        with self._workspace() as backend:
            found = backend.read(where)
            return found.properties if found and not found.archived else {}

    def by_hand(self, address: str, change: Mapping[str, Any] | None) -> None:
        """Do what somebody does in the portal: change fields of a live resource, or delete it."""
        where = Address.parse(address)
        with self._workspace() as backend:
            if change is None:
                backend.delete(where, "", Removal.DELETE)
                return
            before = backend.read(where)
            assert before is not None
            assert before.fingerprint is not None
            scheme, content, upstream, labels = before.fingerprint.split(":")
            fingerprint = Fingerprint(content, upstream, labels, int(scheme))
            properties = {**before.properties, **change}
            backend.update(
                Request(
                    where,
                    revision="",
                    properties=properties,
                    fingerprint=fingerprint,
                    owner=before.owner or "",
                    key="by hand",
                ),
                before,
            )

    def healed(self, address: str) -> dict[str, Any]:
        """Wait until the loop has told that it set a resource back, and everything is well."""
        return self.wait(
            f"healing of {address}", lambda s: address in self._healed() and s["conditions"]["Ready"]["status"]
        )

    def _healed(self) -> set[str]:
        with self._turn, urllib.request.urlopen(f"{self.address}/api/v1/projects/houses/history", timeout=10) as answer:
            return {address for one in json.load(answer)["passes"] for address in one["healed"]}

    def client(self) -> Client:
        """Somebody who needs the endpoint."""
        resources = json.loads(amlctl("status", "--format", "json", folder=self.repository))["resources"]
        url = next(one["urls"]["scoring"] for one in resources if one["urls"].get("scoring"))
        keys = json.loads((self.folder / "workspace" / "endpoints" / self.project.endpoint / "keys.json").read_text())
        key = next(key for name, key in keys.items() if name.startswith("primary"))
        return Client(url, key, self.project.request)

    def close(self) -> None:
        """Stop everything that was started."""
        self.stop()
        amlctl("workspace", "down", "--path", str(self.folder / "workspace"), folder=self.folder)


class Client(threading.Thread):
    """Asks the endpoint ten times a second, and keeps what went wrong.

    Attributes:
        asked: how many questions.
        failures: what went wrong while nothing demanded it.
        demanded: how many questions went wrong while somebody had taken away what answers.
    """

    def __init__(self, url: str, key: str, question: str) -> None:
        super().__init__(daemon=True)
        self._request = urllib.request.Request(
            url, question.encode(), {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        )
        self._done = threading.Event()
        self._bereft = False
        self.asked = 0
        self.demanded = 0
        self.failures: list[str] = []

    def ask(self) -> str:
        """One question; the answer's text."""
        with urllib.request.urlopen(self._request, timeout=20) as answer:
            return str(answer.read().decode())

    def run(self) -> None:
        while not self._done.wait(0.1):
            self.asked += 1
            bereft = self._bereft
            try:
                self.ask()
            except OSError as problem:
                if bereft or self._bereft:
                    self.demanded += 1
                else:
                    self.failures.append(str(problem))

    @contextlib.contextmanager
    def bereft(self) -> Iterator[None]:
        """While the block runs, somebody has taken away what answers. At its end the answers must be back."""
        self._bereft = True
        yield
        self.ask()
        self._bereft = False

    def finish(self) -> None:
        """Stop asking."""
        self._done.set()
        self.join()
        assert not self.failures, f"{len(self.failures)} of {self.asked}: {self.failures[:3]}"


class Killer(threading.Thread):
    """Kills the loop and the supervisor, again and again, at moments that a number decides."""

    def __init__(self, demo: Demo, seed: int) -> None:
        super().__init__(daemon=True)
        self._demo = demo
        self._random = Random(seed)
        self._done = threading.Event()
        self.kills = {"loop": 0, "supervisor": 0}

    def run(self) -> None:
        while not self._done.wait(self._random.uniform(0.5, 9.0)):
            victim = self._random.choice(sorted(self.kills))
            if victim == "loop":
                self._demo.kill_loop()
            else:
                self._demo.kill_supervisor()
            self.kills[victim] += 1

    def finish(self) -> None:
        """Kill nothing more."""
        self._done.set()
        self.join()


def tell(text: str) -> None:
    """One line for who watches."""
    print(f"· {text}", flush=True)


def main() -> None:
    """The whole story, about the project that is named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("project", nargs="?", choices=sorted(PROJECTS), default="houses")
    parser.add_argument("--kill", type=int, metavar="SEED", help="kill the loop and the supervisor at random moments")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder), PROJECTS[options.project])
        killer = Killer(demo, options.kill) if options.kill is not None else None
        try:
            demo.push("A project")
            demo.start()
            if killer is not None:
                killer.start()
            story(demo)
        finally:
            if killer is not None:
                killer.finish()
                tell(
                    f"killed meanwhile: the loop {killer.kills['loop']}, the supervisor {killer.kills['supervisor']} times"
                )
            demo.close()


def story(demo: Demo) -> None:
    """One act after the other; an assertion fails where something is not as promised."""
    demo.converged(demo.git("rev-parse", "HEAD"))
    client = demo.client()
    tell(f"first commit: the endpoint answers {client.ask()}")
    client.start()
    new_data(demo, client)
    changes_by_hand(demo, client)
    mistake(demo, client)
    killed(demo)
    removal(demo)
    client.finish()
    tell(f"the client asked {client.asked} times; {client.demanded} failed while nothing could answer, and no other")


def new_data(demo: Demo, client: Client) -> None:
    """A changed training file becomes a new model, and that becomes the deployment."""
    before = client.ask()
    demo.project.change(demo.repository / demo.project.data)
    demo.converged(demo.push("Other data"))
    after = client.ask()
    assert demo.project.same_answer or after != before
    tell(f"changed data: retrained and deployed again, now {after}")


def delete_by_hand(demo: Demo, endpoint: str, deployment: str) -> None:
    """Delete a deployment as Azure wants it: its traffic is taken away first, unless the loop was quicker and gave it back."""
    for last in (False, False, False, False, True):
        demo.by_hand(f"{endpoint}.traffic", {"traffic": {deployment: 0}})
        try:
            demo.by_hand(f"{endpoint}.deployments.{deployment}", None)
        except Invalid:
            if last:
                raise
        else:
            return


def changes_by_hand(demo: Demo, client: Client) -> None:
    """What others do to the workspace is set back, and known afterwards."""
    before = client.ask()
    cluster, endpoint = f"compute.{demo.project.cluster}", f"online_endpoints.{demo.project.endpoint}"
    size = demo.live(cluster)["max_instances"]
    demo.by_hand(cluster, {"max_instances": 9})
    demo.healed(cluster)
    assert demo.live(cluster)["max_instances"] == size
    tell("the cluster's size was changed by hand: set back")
    with client.bereft():
        demo.by_hand(f"{endpoint}.traffic", {"traffic": {"blue": 0}})
        demo.healed(f"{endpoint}.traffic")
    tell("the traffic was turned off by hand: it flows again")
    with client.bereft():
        delete_by_hand(demo, endpoint, "blue")
        demo.healed(f"{endpoint}.deployments.blue")
    assert client.ask() == before
    tell("the deployment was deleted by hand: it is back, and answers")


def mistake(demo: Demo, client: Client) -> None:
    """A commit that cannot be used changes nothing but the status."""
    before = client.ask()
    demo.edit("\ncompute:", "\ncompote:")
    broken = demo.push("A typing error")
    status = demo.wait(
        "Stalled", lambda s: (s["attempted"] or {}).get("id") == broken and s["conditions"]["Stalled"]["status"]
    )
    message = status["conditions"]["Stalled"]["message"]
    assert message.startswith("spec.yaml:"), message
    assert client.ask() == before
    tell(f"broken commit: Stalled with “{message}”, the old endpoint answers")
    demo.edit("\ncompote:", "\ncompute:")
    demo.converged(demo.push("Mended"))
    tell("the fix: converged")


def killed(demo: Demo) -> None:
    """Loop and supervisor die; nothing is lost."""
    demo.kill_supervisor()
    demo.kill_loop()
    demo.wait("the new loop's first pass", lambda s: s["conditions"]["Ready"]["status"])
    tell("the supervisor and the loop were killed; the next ones went on")


def removal(demo: Demo) -> None:
    """What leaves the spec stays until pruning is on."""
    spare = f"  spare: {{type: uri_file, path: {demo.project.data}}}\n"
    demo.edit("\ndata:\n", f"\ndata:\n{spare}")
    demo.converged(demo.push("One more data asset"))
    demo.edit(spare, "")
    status = demo.converged(demo.push("And away with it"))
    assert status["orphaned"] == ["data.spare"], status["orphaned"]
    assert demo.live("data.spare")
    tell("a resource left the spec: orphaned and untouched, because prune is off")
    demo.stop()
    demo.start(prune=True)
    demo.wait("the orphan's removal", lambda s: not s["orphaned"] and s["conditions"]["Ready"]["status"])
    assert not demo.live("data.spare")
    tell("with prune on: removed")


if __name__ == "__main__":
    main()
