"""A scoring server that is stuck is replaced as fast as its deployment's own liveness probe says."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.arm.deployment_bodies import deployment_body
from orchestrator.workspace.serving.controller.release import Release
from orchestrator.workspace.serving.controller.servers import Server, ServerTask
from orchestrator.workspace.serving.probing import Probe

SCRIPT = """
import pathlib, threading
def init(): pass
def run(data):
    pathlib.Path(__file__).with_name("begun").touch()
    threading.Event().wait()
"""
SHORT = {"liveness_probe": {"initial_delay": 0, "period": 0.01, "timeout": 0.2, "failure_threshold": 3}}


async def until(server: Server, task: ServerTask, condition: Callable[[], Any]) -> None:
    async def look() -> None:
        while not condition():
            await server.look(task)
            await asyncio.sleep(0.005)

    await asyncio.wait_for(look(), 60)


async def _ask_and_leave(server: Server, begun: Path) -> None:
    """Send a request that is never answered, and hang up once the model works on it."""
    _, writer = await asyncio.open_unix_connection(str(server.socket))
    writer.write(b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
    await writer.drain()
    while not begun.exists():
        await asyncio.sleep(0.005)
    writer.close()


async def _stop(server: Server, _: Path) -> None:
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)


@pytest.mark.parametrize("stick", [_ask_and_leave, _stop])
def test_a_stuck_server_is_replaced_after_as_many_probes_as_the_deployment_says(tmp_path: Path, stick: Any) -> None:
    async def check() -> None:
        script = tmp_path / "score.py"
        script.write_text(SCRIPT)
        release = Release(Path(sys.executable), tmp_path, {"PATH": os.environ["PATH"]}, script, None)
        task = ServerTask("blue", tmp_path / "log", Probe(), Probe.of(SHORT, "liveness_probe"))
        server = Server.in_folder(tmp_path)
        server.start(release, task)
        await until(server, task, lambda: server.ready)
        first = server.process
        await stick(server, tmp_path / "begun")
        await until(server, task, lambda: server.failures)
        assert server.last_exit == "it did not answer its liveness probe 3 times"
        assert not server.ready
        assert server.may_start, "one that served is started again at once"
        server.start(release, task)
        await until(server, task, lambda: server.ready)
        assert server.process != first
        await server.end(0)

    asyncio.run(check())


def test_the_services_defaults_and_settings_that_are_left_out() -> None:
    assert Probe.of({}, "liveness_probe") == Probe("/", 10, 10, 2, 30)
    given: dict[str, Any] = {"liveness_probe": {"period": 5, "timeout": None, "failure_threshold": 2}}
    assert Probe.of(given, "liveness_probe") == Probe("/", 10, 5, 2, 2)


def test_settings_that_come_over_the_wire() -> None:
    sent = {"initialDelay": "PT2S", "period": "PT1M", "timeout": "PT3S", "failureThreshold": 4, "successThreshold": 1}
    body = deployment_body({"livenessProbe": sent, "properties": {}}, {}, str)
    assert Probe.of(body, "liveness_probe") == Probe("/", 2, 60, 3, 4)
