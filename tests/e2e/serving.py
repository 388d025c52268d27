"""A workspace with endpoints, kept by a serving manager in a thread of this process."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orchestrator.core.health import Health
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.serving.controller.desired_records import DEPLOYMENTS, ENDPOINTS, TRAFFIC
from orchestrator.workspace.serving.controller.manager import ServingManager
from orchestrator.workspace.serving.files import RouterFiles
from orchestrator.workspace.serving.sockets import forget_sockets

SCORE = """import json, os, time
from pathlib import Path
model = {}
def init():
    (path,) = Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.json")
    model.update(json.loads(path.read_text()))
    time.sleep(model.get("slow", 0))
    if model.get("broken"):
        raise RuntimeError("the model is broken")
def run(raw):
    request = json.loads(raw)
    time.sleep(request.get("sleep", 0))
    if request.get("exit"):
        raise SystemExit(request["exit"])
    if request.get("fail"):
        raise ValueError("no such patient")
    if "mark" in request:
        with open(os.environ["MARKS"], "a") as marks:
            marks.write(model["name"] + "\\n")
    return {"name": model["name"], "pid": os.getpid(), "mark": os.environ.get("GREETING", "")}
"""


class HostPython:
    """Every environment is this interpreter."""

    def python_for(self, spec: Any, tell: Callable[[str], None] = print, wish: Any = None) -> Path:
        return Path(sys.executable)

    def python_of_model(self, folder: Path, tell: Callable[[str], None] = print, wish: Any = None) -> Path:
        return Path(sys.executable)

    def layer_for(self, python: Path, home: Path) -> Path:
        return python


@dataclass
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass
class Serving:
    """Records, and a manager that follows them until `stop`."""

    folder: Path
    manager: ServingManager | None = None
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paths = WorkspacePaths(self.folder / "ws")
        self.store = RecordStore(self.paths)
        self.code = self.folder / "code"
        self.code.mkdir(parents=True)
        (self.code / "score.py").write_text(SCORE)

    def start(self, *, down: bool = True) -> Callable[[], None]:
        """Run a manager in a thread. Returns what stops it; with `down` the processes go too, without it they live on."""
        loop = asyncio.new_event_loop()
        stopped = asyncio.Event()

        async def keep() -> None:
            manager = ServingManager(self.paths, self.store, ContentStore(self.paths), HostPython())
            while not stopped.is_set():
                await manager.reconcile()
                try:
                    await asyncio.wait_for(stopped.wait(), 0.2)
                except TimeoutError:
                    continue
            if down:
                await manager.shutdown()

        def run() -> None:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(keep())

        thread = threading.Thread(target=run)
        thread.start()

        def stop() -> None:
            loop.call_soon_threadsafe(stopped.set)
            thread.join(30)
            if down:
                self.forget_sockets()

        return stop

    def forget_sockets(self) -> None:
        """Remove the short folders for sockets that a long path needs; nobody may be using them any more."""
        for folder in (RouterFiles(self.paths).folder, *self.paths.endpoints.glob("*/deployments/*")):
            forget_sockets(folder)

    def endpoint(self) -> None:
        self.store.insert(Record(ENDPOINTS, f"{ENDPOINTS}.hf", health=Health.PROGRESSING, phase="queued"))

    def deploy(self, name: str, content: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Write a deployment's record, or change it."""
        folder = self.folder / f"model-{name}-{time.monotonic_ns()}"
        folder.mkdir()
        (folder / "model.json").write_text(json.dumps({"name": name, **(content or {})}))
        body = {
            "model": {"path": str(folder)},
            "code_configuration": {"code": str(self.code), "scoring_script": "score.py"},
            "instance_count": 1,
            **more,
        }
        self.write(Record(DEPLOYMENTS, f"{ENDPOINTS}.hf.deployments.{name}", body=body))

    def traffic(self, mirror: Mapping[str, int] | None = None, **shares: int) -> None:
        body = {"traffic": shares, "mirror_traffic": mirror or {}}
        self.write(Record(TRAFFIC, f"{ENDPOINTS}.hf.traffic", body=body))

    def write(self, record: Record) -> None:
        wanted = Record(record.kind, record.address, body=record.body, health=Health.PROGRESSING, phase="queued")
        if self.store.get(record.kind, record.address) is None:
            self.store.insert(wanted)
        else:
            self.store.update_body(wanted)

    def record(self, address: str) -> Record:
        (found,) = [record for record in self.store.list() if record.address == f"{ENDPOINTS}.{address}"]
        return found

    def settled(self) -> bool:
        return all(record.health is Health.HEALTHY for record in self.store.list())

    def wait(self, condition: Callable[[], Any], seconds: float = 30.0) -> None:
        try:
            wait_until(condition, seconds)
        except TimeoutError:
            states = [(r.address, r.health, r.phase, r.message) for r in self.store.list()]
            raise AssertionError(states) from None

    def pids(self, name: str) -> list[int]:
        processes = self.record(f"hf.deployments.{name}").attributes.get("processes", [])
        return [int(process.split("@")[0]) for process in processes]

    def router_pid(self) -> int:
        return int((self.paths.endpoints / ".router" / "process").read_text().split("@")[0])

    def key(self, which: str = "primary") -> str:
        return str(json.loads((self.paths.endpoint("hf") / "keys.json").read_text())[which])

    def ask(self, body: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """One request on a connection of its own."""
        port = urlsplit(self.record("hf").attributes["scoring_uri"]).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            sent = {"Authorization": f"Bearer {self.key()}", **{k.replace("_", "-"): v for k, v in headers.items()}}
            connection.request("POST", "/score", json.dumps(body or {}), sent)
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read()), dict(answer.getheaders()))
        finally:
            connection.close()

    def answers(self) -> bool:
        """Whether a request is answered well; not while nobody listens."""
        try:
            return self.ask().status == 200
        except OSError:
            return False


def wait_until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: it did not.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)


class Load(threading.Thread):
    """Asks on one kept-alive connection until told to stop."""

    def __init__(self, serving: Serving) -> None:
        super().__init__()
        self._port = urlsplit(serving.record("hf").attributes["scoring_uri"]).port
        self._key = serving.key()
        self._over = threading.Event()
        self.answers: list[tuple[int, str]] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._over.is_set():
            try:
                connection.request("POST", "/score", "{}", {"Authorization": f"Bearer {self._key}"})
                answer = connection.getresponse()
                text = answer.read().decode()
                self.answers.append((answer.status, json.loads(text).get("name", text)))
            except (OSError, http.client.HTTPException) as error:
                self.answers.append((0, repr(error)))
                connection.close()
        connection.close()

    def __enter__(self) -> Load:
        self.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self.join(60)

    @property
    def failures(self) -> list[tuple[int, str]]:
        return [answer for answer in self.answers if answer[0] != 200]
