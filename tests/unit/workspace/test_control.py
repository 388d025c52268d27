"""The line between command line and supervisor: only the owner of the token is heard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Denied, Invalid, Transient
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import own_identity
from orchestrator.workspace.supervision.control import ControlAddress, ControlFiles, FileLock, call, held, write_private
from orchestrator.workspace.supervision.control_server import ControlServer


async def _echo(command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    if command == "nonsense":
        raise Invalid("no such command")
    return {"command": command, **arguments}


def _while_served(root: Path, ask: Callable[[WorkspacePaths], Any]) -> Any:
    """Ask from a thread while a server runs."""
    paths = WorkspacePaths(root)
    files = ControlFiles(paths)
    files.create()

    async def serve() -> Any:
        server = ControlServer(files, _echo)
        await server.start(own_identity())
        try:
            return await asyncio.to_thread(ask, paths)
        finally:
            await server.stop()

    return asyncio.run(serve())


@pytest.mark.parametrize("depth", ["ws", "deep/" * 30 + "ws"], ids=["unix-socket", "loopback"])
def test_a_question_is_answered(tmp_path: Path, depth: str) -> None:
    answer = _while_served(tmp_path / depth, lambda paths: call(paths, "ping", {"a": 1}))
    assert answer == {"command": "ping", "a": 1}


def test_a_wrong_token_is_denied(tmp_path: Path) -> None:
    def ask(paths: WorkspacePaths) -> None:
        files = ControlFiles(paths)
        address = ControlAddress.read(files)
        assert address is not None
        replace(address, token="0" * 64).write(files)
        call(paths, "ping")

    with pytest.raises(Denied):
        _while_served(tmp_path / "ws", ask)


def test_an_unknown_command_is_invalid(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no such command"):
        _while_served(tmp_path / "ws", lambda paths: call(paths, "nonsense"))


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"process": "x", "token": "", "socket": "", "port": 0}'])
def test_no_or_a_damaged_address_is_transient(tmp_path: Path, damage: str) -> None:
    paths = WorkspacePaths(tmp_path)
    files = ControlFiles(paths)
    files.create()
    if damage:
        files.address.write_text(damage)
    with pytest.raises(Transient):
        call(paths, "ping")


def test_a_socket_that_nobody_serves_is_transient(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path)
    files = ControlFiles(paths)
    files.create()
    ControlAddress(own_identity(), "t", socket=str(files.socket)).write(files)
    with pytest.raises(Transient):
        call(paths, "ping")


def test_what_is_published_is_for_the_owner_only(tmp_path: Path) -> None:
    def look(paths: WorkspacePaths) -> list[int]:
        files = ControlFiles(paths)
        return [path.stat().st_mode & 0o077 for path in (files.address, files.socket, paths.supervisor)]

    assert _while_served(tmp_path / "ws", look) == [0, 0, 0]


def test_an_address_never_shows_its_token(tmp_path: Path) -> None:
    assert "s3cret" not in repr(ControlAddress(own_identity(), "s3cret"))


def test_a_lock_is_held_by_one_and_opened_by_release(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not held(path)
    first, second = FileLock(path), FileLock(path)
    assert first.acquire()
    assert not second.acquire()
    assert held(path)
    first.release()
    assert not held(path)


def test_a_lock_knows_when_its_file_is_gone(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert not lock.stands
    lock.acquire()
    assert lock.stands
    (tmp_path / "lock").unlink()
    assert not lock.stands
    (tmp_path / "lock").touch()
    assert not lock.stands, "another file of the same name is another lock"
    lock.release()


def test_a_private_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_private(path, json.dumps(1))
    write_private(path, json.dumps(2))
    assert path.read_text() == "2"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
