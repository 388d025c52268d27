"""What a scoring server prints is in no file with the secrets that it was given, whoever dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.logs.keeper import masked_log
from orchestrator.workspace.processes.process import ProcessIdentity, alive, spawn
from orchestrator.workspace.serving.controller.release import Release
from orchestrator.workspace.serving.controller.servers import Server, ServerTask
from orchestrator.workspace.serving.probing import Probe

SECRET = "hunter2-and-more"

SCRIPT = """
import os, sys
TOKEN = os.environ["TOKEN"]
def init():
    print("whole", TOKEN, flush=True)
    half = len(TOKEN) // 2
    os.write(1, b"in two " + TOKEN[:half].encode())
    os.write(2, TOKEN[half:].encode() + b" pieces\\n")
    if os.environ.get("END") == "raise":
        raise ValueError("cannot log in with " + TOKEN)
    if os.environ.get("END") == "crash":
        os.write(1, b"last words of " + TOKEN.encode())
        os.kill(os.getpid(), 9)
def run(data):
    return data
"""


async def looked_at(server: Server, task: ServerTask, until: Callable[[], Any]) -> None:
    async def look() -> None:
        while not until():
            await server.look(task)
            await asyncio.sleep(0.01)

    await asyncio.wait_for(look(), 60)


def started(tmp_path: Path, **environ: str) -> tuple[Server, ServerTask]:
    script = tmp_path / "code" / "score.py"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    environ = {"TOKEN": SECRET, "PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environ}
    release = Release(Path(sys.executable), script.parent, environ, script, None, {SECRET: "token"})
    server, probe = Server.in_folder(tmp_path), Probe()
    task = ServerTask("blue", tmp_path / "log", probe, probe)
    server.start(release, task)
    return server, task


def files_with_the_secret(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "code"]
    return [path for path in found if SECRET.encode() in path.read_bytes()]


def test_a_server_prints_its_secrets(tmp_path: Path) -> None:
    async def check() -> None:
        server, task = started(tmp_path)
        kept = Server.from_dict(server.to_dict())  # a supervisor that comes later knows as much
        await looked_at(kept, task, lambda: kept.ready)
        assert files_with_the_secret(tmp_path) == []
        await kept.end()
        text = task.log.read_text()
        assert "whole (secret token)\nin two (secret token) pieces\n" in text
        assert not server.running

    asyncio.run(check())


@pytest.mark.parametrize("end", ["raise", "crash"])
def test_a_server_that_dies_leaves_its_last_words_without_them(tmp_path: Path, end: str) -> None:
    async def check() -> None:
        server, task = started(tmp_path, END=end)
        await looked_at(server, task, lambda: server.failures)
        assert files_with_the_secret(tmp_path) == []
        last = "cannot log in with (secret token)" if end == "raise" else "last words of (secret token)"
        assert last in task.log.read_text()
        await server.end()

    asyncio.run(check())


def test_a_server_whose_logs_writer_was_killed_is_started_again(tmp_path: Path) -> None:
    async def check() -> None:
        server, task = started(tmp_path)
        await looked_at(server, task, lambda: server.ready)
        os.kill(ProcessIdentity.parse(server.to_dict()["keeper"]).pid, signal.SIGKILL)
        await looked_at(server, task, lambda: server.failures)
        assert server.last_exit == "the process that writes its log ended"
        assert not server.running

    asyncio.run(check())


def test_the_writer_outlives_politeness_and_ends_with_the_last_who_prints(tmp_path: Path) -> None:
    read, write = os.pipe()
    argv = [
        sys.executable,
        "-c",
        "import sys; print('begun', flush=True); sys.stdin.readline(); print('x' * 100_000, 'hunt' + 'er2')",
    ]
    with masked_log(tmp_path / "log", {"hunter2": "t"}) as (sink, keeper):
        printing = spawn(argv, cwd=tmp_path, log=sink, stdin=read)
    os.close(read)
    while not (tmp_path / "log").stat().st_size:
        pass
    os.kill(keeper.pid, signal.SIGTERM)
    os.write(write, b"\n")
    os.close(write)
    while alive(printing) or alive(keeper):
        pass
    assert (tmp_path / "log").read_text() == "begun\n" + "x" * 100_000 + " (secret t)\n"
