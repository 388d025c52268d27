"""A project folder and the command line that works on it, as a user would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass
class Project:
    """A copy of a project in a folder of its own."""

    folder: Path
    spec: str = "spec.yaml"
    environ: dict[str, str] = field(default_factory=dict)

    @classmethod
    def copy_of(cls, source: Path, folder: Path) -> Project:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".amlctl*", "__pycache__"))
        return cls(folder)

    @classmethod
    def with_spec(cls, folder: Path, text: str) -> Project:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "spec.yaml").write_text(text)
        return cls(folder)

    @property
    def workspace(self) -> Path:
        return self.folder / ".amlctl"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *arguments],
            cwd=self.folder, env={**os.environ, "PYTHONPATH": str(ROOT), **self.environ}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=400)
        done = subprocess.CompletedProcess(arguments, process.returncode, out, err)
        if code is not None:
            assert done.returncode == code, (
                f"amlctl {' '.join(arguments)} → {done.returncode}\n{out}\n{err}\n{self.log()}"
            )
        return done

    def data(self, *arguments: str, code: int | None = 0) -> Any:
        return json.loads(self.run(*arguments, "--format", "json", code=code).stdout)

    def apply(self, *arguments: str, code: int | None = 0) -> dict[str, dict[str, Any]]:
        outcomes = self.data("apply", self.spec, "--yes", *arguments, code=code)["outcomes"]
        return {outcome["address"]: outcome for outcome in outcomes}

    def plan(self, *arguments: str) -> dict[str, dict[str, Any]]:
        changes = self.data("plan", self.spec, *arguments)["changes"]
        return {change["address"]: change for change in changes if change["action"] != "noop"}

    def status(self) -> dict[str, dict[str, Any]]:
        return {item["address"]: item for item in self.data("status", self.spec)["resources"]}

    def log(self) -> str:
        logs = sorted((self.workspace / "supervisor").glob("*log*")) if self.workspace.exists() else []
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in logs)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def key(self, endpoint: str) -> str:
        keys = json.loads((self.workspace / "endpoints" / endpoint / "keys.json").read_text())
        return str(keys["primary"] if "primary" in keys else keys["primaryKey"])

    def close(self) -> None:
        if self.workspace.exists():
            self.run("workspace", "down", "--path", str(self.workspace), code=None)


@dataclass
class Caller(threading.Thread):
    """Asks an endpoint again and again and keeps what came back."""

    url: str
    key: str
    body: bytes
    answers: list[tuple[float, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._stop_asking = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def ask(self) -> tuple[int, bytes]:
        request = urllib.request.Request(
            self.url, self.body, {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, problem.read()
        except (OSError, urllib.error.URLError) as problem:
            return 0, str(problem).encode()

    def run(self) -> None:
        while not self._stop_asking.is_set():
            status, body = self.ask()
            self.answers.append((time.monotonic(), status, body))

    def __enter__(self) -> Caller:
        self.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stop_asking.set()
        self.join(30)

    @property
    def failures(self) -> list[tuple[float, int, bytes]]:
        return [answer for answer in self.answers if answer[1] != 200]


def processes_of(workspace: Path) -> dict[int, str]:
    """Process id to command line of everything that names the folder."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(workspace) in command:
                # Programs of ours run as modules or, in another Python, as files: both by the module's name.
                found[int(entry.name)] = f"{command} {command.replace('/', '.')}"
    return found
