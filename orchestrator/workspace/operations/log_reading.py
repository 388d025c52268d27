"""Logs of runs and deployments, as they grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import SEEK_END
from pathlib import Path
from time import sleep

from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.kind import Kind
from orchestrator.workspace.folder.paths import WorkspacePaths, safe_name

_TAIL_BYTES = 1 << 16
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.25


def log_file(paths: WorkspacePaths, kind: Kind, address: Address, revision: str) -> Path:
    """The file that a run or deployment writes to. It may not exist yet.

    Raises:
        Invalid: the resource is of a kind without a log, or a name would leave the workspace's folder.
    """
    if not kind.local.log:
        raise Invalid(f"{address} has no log.", fix="Jobs and deployments have one.")
    own = {"{name}": address.name, "{leaf}": address.leaf, "{revision}": revision}
    return paths.root.joinpath(*(safe_name(own[part]) if part in own else part for part in kind.local.log))


class LogReader:
    """Reads what was added to a file since the last time. The file may not exist yet, and may start over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Whole lines that are new, without line ends."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, SEEK_END) < self._offset:
                    self._offset, self._rest = 0, b""
                file.seek(self._offset)
                data = file.read()
        except (FileNotFoundError, NotADirectoryError):
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [_text(line) for line in lines]

    def last_line(self) -> list[str]:
        """The unfinished line at the end, if there is one. For when nothing is added any more."""
        rest, self._rest = self._rest, b""
        return [_text(rest)] if rest else []


def follow(reader: LogReader, running: Callable[[], bool]) -> Iterator[str]:
    """Yield lines as they are written, until nothing runs any more."""
    pause = _FIRST_PAUSE_S
    while True:
        going_on = running()
        lines = reader.new_lines()
        yield from lines
        if not going_on:
            break
        pause = _FIRST_PAUSE_S if lines else min(_LONGEST_PAUSE_S, pause * 1.5)
        sleep(pause)
    yield from reader.last_line()


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file; none if it does not exist."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [_text(line) for line in data.splitlines()][-lines:]


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").rstrip("\r")
