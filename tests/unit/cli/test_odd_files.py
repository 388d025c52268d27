"""Every place where a user names a file: whatever lies there, a refusal with the place, at once."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from orchestrator.core.plain_files import LARGEST, open_plain, read_plain
from tests.unit.cli.calling import Shell

SPECS = {
    "include": "include: [ODD]\n",
    "data": "data: {r: {type: uri_file, path: ODD}}\n",
    "folder": "data: {r: {type: uri_folder, path: ODD}}\n",
    "table": "data: {r: {type: mltable, path: ODD}}\n",
    "model": "models: {r: {type: custom_model, path: ODD}}\n",
    "conda": "environments: {r: {image: host, conda_file: ODD}}\n",
    "docker": "environments: {r: {build: {path: ODD}}}\n",
    "code": "jobs: {r: {command: 'true', environment: {image: host}, code: ODD}}\n",
    "document": "jobs: {r: {file: ODD}}\n",
    "environment": "jobs: {r: {command: 'true', environment: 'file:ODD'}}\n",
    "request": "online_endpoints: {e: {auth_mode: key, tests: [{request: {file: ODD}}]}}\n",
}
CALLS = {
    "spec": ("plan", "ODD"),
    "variables": ("plan", "spec.yaml", "--var-file", "ODD"),
    "saved plan": ("apply", "-y", "ODD"),
    "loop": ("reconcile", "--once", "--config", "ODD"),
    "request file": ("invoke", "online_endpoints.e", "--request-file", "ODD"),
    "import": ("init", "--from", "ODD", "new"),
}
NAMED = pytest.mark.parametrize("place", [*SPECS, *CALLS])


def pipe(path: Path) -> None:
    os.mkfifo(path)


def sock(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's name may have 107 characters
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, LARGEST * 64)  # takes no room on the disk


ODD: dict[str, Callable[[Path], None]] = {
    "pipe": pipe,
    "socket": sock,
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "pipe in a folder": lambda path: (path.mkdir(), pipe(path / "MLTable"))[0],
    "pipe by a link": lambda path: (pipe(path.with_name("real")), path.symlink_to("real"))[0],
}


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def call(demo: Shell, place: str, name: str) -> str:
    demo.write("spec.yaml", "project: demo\n" + SPECS.get(place, "").replace("ODD", name))
    line = [word.replace("ODD", name) for word in CALLS.get(place, ("plan",))]
    answer = demo(*line, code=1)
    assert "internal-error" not in answer.err
    if place in SPECS:
        assert "--> spec.yaml:2:" in answer.err or f"--> {name}" in answer.err, answer.err
    return answer.err


@pytest.mark.parametrize("odd", ODD)
@NAMED
def test_what_is_no_ordinary_file_is_refused(demo: Shell, place: str, odd: str) -> None:
    ODD[odd](demo.folder / "odd.yaml")
    call(demo, place, "odd.yaml")


@pytest.mark.parametrize(
    "name", ["a" * 300 + ".yaml", "a/" * 3000 + "x.yaml", "no\0name.yaml", "rows.csv/x.yaml"], ids=range(4)
)
@NAMED
def test_a_name_that_no_file_can_have(demo: Shell, place: str, name: str) -> None:
    # No argument of a program can hold a NUL.
    call(demo, place, name.replace("\0", "\udcff") if place in CALLS else f'"{name}"'.replace("\0", "\\0"))


@pytest.mark.parametrize("place", ["include", "document", "spec", "variables", "saved plan", "loop", "request file"])
def test_a_file_over_the_limit_is_not_read(demo: Shell, place: str) -> None:
    huge(demo.folder / "odd.yaml")
    assert "64 * 1024" not in call(demo, place, "odd.yaml")


def test_what_a_shell_hands_over_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x: 1\n")
    os.close(writing)
    assert read_plain(f"/dev/fd/{reading}") == b"x: 1\n"
    os.close(reading)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/dev/tty", ".", "\0", "nowhere"])
def test_opening_raises_what_the_system_would(path: str) -> None:
    with pytest.raises(OSError):
        open_plain(path)


def test_a_file_that_vanishes_between_two_looks(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.write("src/train.py", "pass\n")
    demo.write("src/gone.py", "pass\n")
    demo.write("spec.yaml", "project: demo\njobs: {r: {command: 'true', environment: {image: host}, code: src}}\n")
    scandir = os.scandir

    def vanishing(path: str) -> object:
        found = scandir(path)
        (demo.folder / "src" / "gone.py").unlink(missing_ok=True)
        return found

    monkeypatch.setattr("os.scandir", vanishing)
    answer = demo("plan", code=None)
    assert answer.code == 0 or "gone.py" in answer.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@NAMED
def test_what_may_not_be_read(demo: Shell, place: str) -> None:
    demo.write("odd.yaml", "x: 1\n").chmod(0)
    call(demo, place, "odd.yaml")


@pytest.mark.parametrize("out", ["pipe", "/dev/null", "/dev/stdout", "folder"])
def test_a_plan_replaces_ordinary_files_only(demo: Shell, out: str) -> None:
    pipe(demo.folder / "pipe")
    (demo.folder / "folder").mkdir()
    assert demo("plan", "-o", out, code=1).err
    assert Path("/dev/null").is_char_device()
