"""Why a model did not load, for the person who wrote its code: the exception, and the lines of that code that led to it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from pathlib import Path

SUFFIX = ".failure"
"""What the report's file is called: the configuration's name with this behind it."""

_LINES = 4
_LONGEST = 2000


def report_file(configuration: Path) -> Path:
    """Where a server leaves word for who started it."""
    return configuration.with_name(configuration.name + SUFFIX)


def leave_word(configuration: Path, text: str) -> None:
    """Write the report; only its owner can read it."""
    descriptor = os.open(report_file(configuration), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)


def describe(error: BaseException, code: Path) -> str:
    """The exception's own line first, below it where it came from.

    Args:
        code: the folder of the user's files. Frames elsewhere are left out: ours, the event loop's, the libraries'.
    """
    text = str(error)
    first = (f"{type(error).__name__}: {text}" if text else type(error).__name__)[:_LONGEST]
    frames = list(traceback.extract_tb(error.__traceback__))
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        line = (error.text or "").strip()
        frames.append(traceback.FrameSummary(error.filename, error.lineno, "", line=line, lookup_line=False))
    return "\n".join([first, *(f"  {line}" for line in _own_lines(frames, code.resolve()))])


def _own_lines(frames: Sequence[traceback.FrameSummary], code: Path) -> list[str]:
    own = [(_inside(frame.filename, code), frame) for frame in frames]
    return [_line(name, frame) for name, frame in own if name][-_LINES:]


def _inside(name: str, code: Path) -> str:
    if not Path(name).is_absolute():  # of compiled and generated code, which would seem to be in the current folder
        return ""
    try:
        return Path(name).resolve().relative_to(code).as_posix()
    except ValueError:
        return ""


def _line(name: str, frame: traceback.FrameSummary) -> str:
    place = f"{name}, line {frame.lineno}" + (f", in {frame.name}" if frame.name else "")
    return f"{place}: {frame.line}" if frame.line else place
