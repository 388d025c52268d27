"""The supervisor keeps the tracking server up, whatever ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Failed
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.supervision import supervisor as module
from orchestrator.workspace.supervision.supervisor import TRACKING, Supervisor
from orchestrator.workspace.tracking.server import read_address, read_token


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(module, "GUARD_INTERVAL_S", 0.01)
    monkeypatch.setattr(module, "TRACKING_PAUSE_S", 0.01)
    paths = WorkspacePaths(tmp_path)
    paths.create()
    return Supervisor(paths)


async def keeping(supervisor: Supervisor, *conditions: Callable[[], Any]) -> None:
    """Keep the tracking server up until each condition, one after the other, has come true."""
    task = asyncio.create_task(supervisor._keep_tracking())
    try:
        async with asyncio.timeout(60):
            for condition in conditions:
                while not condition():
                    await asyncio.sleep(0.005)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_a_killed_tracking_server_is_back_at_its_address(supervisor: Supervisor, tmp_path: Path) -> None:
    paths, seen = WorkspacePaths(tmp_path), []

    def lives() -> bool:
        found = read_address(paths)
        if found is None or found in seen:
            return False
        seen.append(found)
        os.kill(found[0].pid, signal.SIGKILL)
        return True

    try:
        asyncio.run(keeping(supervisor, lives, lives, lives))
        token = read_token(paths)
        assert len({process for process, _ in seen}) == 3
        assert len({uri for _, uri in seen}) == 1, "programs keep its address"
        assert token == read_token(paths)
    finally:
        supervisor._tracking.stop()


def test_one_that_does_not_start_is_told_of_until_it_does(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [Failed("no port is free"), OSError("disk full"), "http://127.0.0.1:1"]
    told: list[str | None] = []

    def ensure() -> str:
        told.append(supervisor._status()["broken"].get(TRACKING))
        answer = answers.pop(0) if answers else "http://127.0.0.1:1"
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    monkeypatch.setattr(supervisor._tracking, "ensure", ensure)
    asyncio.run(keeping(supervisor, lambda: len(told) > 4))
    assert told[:3] == [None, "no port is free", "disk full"]
    assert told[4] is None
