"""The scoring server as a process: every Python that a deployment may have, callers who leave, model code that hangs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.workspace.serving import worker
from tests.e2e.scoring_servers import ScoringProcess, UnixConnection, ours
from tests.e2e.serving import wait_until

pytestmark = pytest.mark.slow

OLDEST = (3, 7)


def pythons() -> list[str]:
    """Interpreters of this machine, one for each minor version."""
    roots = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    found = [path for root in roots for path in sorted(root.glob("3.*/bin/python"))]
    found += [Path(path) for minor in range(7, 20) if (path := shutil.which(f"python3.{minor}"))]
    chosen: dict[tuple[int, int], str] = {sys.version_info[:2]: sys.executable}
    for python in found:
        asked = [str(python), "-c", "import sys; print(*sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            major, minor = map(int, answer.stdout.split())
            if (major, minor) >= OLDEST:
                chosen.setdefault((major, minor), str(python))
    return [chosen[version] for version in sorted(chosen)]


SCRIPT = """
import json, os, sys, time
def init():
    if os.path.exists("refuse"): raise ValueError("no model")
def run(data, request_headers):
    request = json.loads(data)
    if "raise" in request: raise ValueError(request["raise"])
    if "exit" in request: sys.exit(request["exit"])
    if "set" in request: return {1}
    if "wait" in request:
        with open("started", "a") as file: file.write("x")
        while not os.path.exists(request["wait"]): time.sleep(0.01)
    return {"version": list(sys.version_info[:2]), "type": request_headers.get("Content-Type"), "data": request}
"""


@contextlib.contextmanager
def serving(python: str, folder: Path) -> Iterator[ScoringProcess]:
    (folder / "score.py").write_text(SCRIPT)
    with ours(Path(python), folder, folder / "score.py") as server:
        yield server


@pytest.mark.parametrize("python", pythons())
def test_it_runs_in_every_python(python: str, tmp_path: Path) -> None:
    with serving(python, tmp_path) as server:
        answer = server.ask(b'{"a": 1}', headers={"Content-Type": "application/json"})
        assert answer.status == 200, server.log.read_text()
        assert json.loads(answer.body)["data"] == {"a": 1}
        assert json.loads(server.ask(method="GET", target="/score?b=2").body)["data"] == {"b": 2}
        for body in (b'{"raise": "x"}', b'{"exit": 3}', b'{"set": 1}'):
            assert server.ask(body).status == 500
        assert [server.ask(method=method).status for method in ("OPTIONS", "HEAD", "PUT")] == [200, 405, 405]
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
    (tmp_path / "refuse").touch()
    with pytest.raises(AssertionError, match="no model"), serving(python, tmp_path):
        pass
    assert (tmp_path / "ours.json.failure").read_text().startswith("ValueError: no model\n  score.py, line 4, in init")


def asking(server: ScoringProcess, body: bytes) -> UnixConnection:
    connection = UnixConnection(server.path)
    connection.request("POST", "/score", body)
    return connection


def leave_at_work(server: ScoringProcess, folder: Path, until: str) -> None:
    """Ask, and leave once the model works."""
    connection = asking(server, json.dumps({"wait": str(folder / until)}).encode())
    wait_until((folder / "started").exists)
    connection.close()


def test_nothing_is_done_for_callers_who_left(tmp_path: Path) -> None:
    with serving(sys.executable, tmp_path) as server:
        waiting = json.dumps({"wait": str(tmp_path / "go")}).encode()
        first = asking(server, waiting)
        wait_until((tmp_path / "started").exists)
        left = [asking(server, waiting) for _ in range(100)]
        assert server.ask(method="GET", target="/").status == 200, "busy for somebody who waits is well"
        for connection in left:
            connection.close()
        assert server.ask(method="GET", target="/").status == 200
        (tmp_path / "go").touch()
        assert first.getresponse().status == 200
        first.close()
        assert server.ask(b"{}").status == 200
        assert (tmp_path / "started").read_text() == "x"


def test_a_model_that_works_for_nobody_is_not_well_until_it_is_done(tmp_path: Path) -> None:
    def well() -> bool:
        return server.ask(method="GET", target="/").status == 200

    with serving(sys.executable, tmp_path) as server:
        leave_at_work(server, tmp_path, "go")
        wait_until(lambda: not well())
        assert server.ask(method="GET", target="/").status == 503
        (tmp_path / "go").touch()
        wait_until(well)


def test_a_stop_does_not_wait_for_a_model_that_works_for_nobody(tmp_path: Path) -> None:
    with serving(sys.executable, tmp_path) as server:
        leave_at_work(server, tmp_path, "never")
        wait_until(lambda: server.ask(method="GET", target="/").status == 503)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0


LOADING = """
import hashlib, pathlib
def init():
    pathlib.Path("loading").touch()
    while True:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 100_000_000)
def run(data): pass
"""


@pytest.mark.parametrize("how", ["signal", "configuration"])
def test_a_server_that_loads_stops_at_once(tmp_path: Path, how: str) -> None:
    """Also while the model's code is in a library that looks at no signals."""
    (tmp_path / "score.py").write_text(LOADING)
    configuration = tmp_path / "c.json"
    settings = {
        "socket": str(tmp_path / "s"),
        "deployment": "blue",
        "script": str(tmp_path / "score.py"),
        "model": None,
    }
    configuration.write_text(json.dumps(settings))
    process = subprocess.Popen([sys.executable, worker.__file__, str(configuration)], cwd=tmp_path)
    try:
        wait_until((tmp_path / "loading").exists)
        if how == "signal":
            process.send_signal(signal.SIGTERM)
        else:
            configuration.unlink()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
