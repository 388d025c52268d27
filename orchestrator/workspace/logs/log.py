"""The log of a run or deployment, as its manager reads and writes it."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from orchestrator.core import private_files

TAIL_LINES = 15
_TAIL_BYTES = 16 * 1024


def note(path: Path, text: str) -> None:
    """Add a line of our own."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
    with private_files.open_end(path) as file:
        file.write(f"{now} amlctl: {text}\n".encode(errors="backslashreplace"))


def size(path: Path) -> int:
    """Bytes in a log so far; 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def tail(path: Path, lines: int = TAIL_LINES, *, since: int = 0) -> str:
    """The last lines of a log that were written after its first `since` bytes; empty if there are none."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(since, end - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
