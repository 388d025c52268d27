"""Two scoring servers for one script, in one environment: ours and Microsoft's azureml-inference-server-http."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from uv import find_uv_bin

from orchestrator.workspace.serving import worker
from orchestrator.workspace.supervision.control import FileLock
from tests.e2e.serving import wait_until

REFERENCE = (
    "azureml-inference-server-http==1.5.1",
    "flask==3.1.3",
    "gunicorn==27.0.1",
    "inference-schema==1.8",
    "numpy==2.4.6",
    "pandas==3.1.1",
    "werkzeug==3.1.9",
)
"""It pins an older pydantic and OpenTelemetry than ours, so it cannot be in the extra `dev`."""


MLFLOW_2 = ("mlflow-skinny==2.22.2", "fastapi==0.116.2", "flask==3.1.3", "numpy==2.2.6", "pandas==2.3.3")
"""What models in use were made with. Skinny: scoring needs no more."""


def reference_python(config: pytest.Config, packages: tuple[str, ...] = REFERENCE) -> Path:
    """The interpreter of an environment with Microsoft's server, or other packages. Built once; kept in pytest's cache."""
    folder = config.cache.mkdir("scoring-reference") / "-".join([*packages[0].split("=="), sys.version.split()[0]])
    python, done = folder / "bin" / "python", folder / "done"
    lock = FileLock(folder.with_suffix(".lock"))
    wait_until(lock.acquire, 300)
    try:
        if not done.exists() or done.read_text() != "\n".join(packages):
            quiet = {"check": True, "capture_output": True}
            subprocess.run([find_uv_bin(), "venv", "--clear", "--python", sys.executable, str(folder)], **quiet)
            subprocess.run([find_uv_bin(), "pip", "install", "--python", str(python), *packages], **quiet)
            done.write_text("\n".join(packages))
    finally:
        lock.release()
    return python


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float = 30) -> None:
        super().__init__("scoring", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True)
class Answered:
    """What a server answered; status 0 if it hung up."""

    status: int
    body: bytes = b""
    content_type: str = ""
    failed: str = ""
    headers: Mapping[str, str] | None = None

    @property
    def told(self) -> tuple[int, bytes, str, str]:
        """What must be equal."""
        return self.status, self.body, self.content_type, self.failed


@dataclass(frozen=True)
class ScoringProcess:
    """A server on a unix socket."""

    path: Path
    process: subprocess.Popen[bytes]
    log: Path

    def ask(
        self,
        body: bytes | None = None,
        method: str = "POST",
        target: str = "/score",
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """One request on a connection of its own."""
        with contextlib.closing(UnixConnection(self.path)) as connection:
            try:
                connection.request(method, target, body, dict(headers or {}))
                answer = connection.getresponse()
                found = {name.lower(): value for name, value in answer.getheaders()}
                return Answered(
                    answer.status,
                    answer.read(),
                    found.get("content-type", ""),
                    found.get("x-ms-run-function-failed", ""),
                    found,
                )
            except (http.client.HTTPException, ConnectionError):
                return Answered(0)

    def answers(self) -> bool:
        """Whether it says that it is well."""
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        with contextlib.suppress(OSError):
            return self.ask(method="GET", target="/").status == 200
        return False


@contextlib.contextmanager
def running(argv: list[str], path: Path, environ: Mapping[str, str]) -> Iterator[ScoringProcess]:
    """A server process, from when it answers."""
    log = path.with_suffix(".log")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    with log.open("wb") as file:
        process = subprocess.Popen(
            argv, stdout=file, stderr=file, cwd=path.parent, env={**inherited, "HOME": str(path.parent), **environ}
        )
    try:
        server = ScoringProcess(path, process, log)
        wait_until(server.answers, 60)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def ours(
    python: Path, folder: Path, script: Path | None, model: Path | None = None, **environ: str
) -> Iterator[ScoringProcess]:
    """Our server, as a deployment's environment runs it."""
    folder.mkdir(exist_ok=True)
    configuration, path = folder / "ours.json", folder / "ours.sock"
    settings = {
        "socket": str(path),
        "deployment": "blue",
        "script": script and str(script),
        "model": model and str(model),
    }
    configuration.write_text(json.dumps(settings))
    with running([str(python), worker.__file__, str(configuration)], path, environ) as server:
        yield server


@contextlib.contextmanager
def microsofts(python: Path, folder: Path, script: Path, **environ: str) -> Iterator[ScoringProcess]:
    """Microsoft's server, with the arguments that its own command gives to gunicorn."""
    path = folder / "theirs.sock"
    argv = [str(python.parent / "gunicorn"), "-b", f"unix:{path}", "-w", "1", "--timeout", "300"]
    given = {"AML_APP_ROOT": str(script.parent), "AZUREML_ENTRY_SCRIPT": script.name, "AZUREML_MODEL_DIR": str(folder)}
    app = "azureml_inference_server_http.server.entry:app"
    with running([*argv, app], path, {**given, **environ}) as server:
        yield server
