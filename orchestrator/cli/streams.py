"""Standard output and error that hold whatever they are connected to. Imports next to nothing: help and version use it too."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper


def prepare() -> None:
    """Make both streams writable with any text.

    A terminal of another encoding gets escapes for what it cannot show, and a stream that the caller closed swallows what is written.
    """
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def abandon() -> None:
    """Write nothing to standard output any more: its reader is gone, and flushing when Python ends would fail once more."""
    sys.stdout = _nowhere()


def speaks_unicode() -> bool:
    """Whether standard output can carry every character as it is."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def _nowhere() -> TextIOWrapper:
    from pathlib import Path  # help and version seldom come here

    return Path(os.devnull).open("w", encoding="utf-8")
