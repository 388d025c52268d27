"""Folders that are never content: walking them would read the whole disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_LINUX: Final = (
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "proc",
    "root",
    "run",
    "sbin",
    "sys",
    "usr",
    "var",
)
_MACOS: Final = ("Applications", "Library", "System", "Users", "Volumes", "private")
_SYSTEM: Final = frozenset((*_LINUX, *_MACOS))
"""Top folders of Linux and macOS. Sources: Filesystem Hierarchy Standard 3.0; Apple, File System Basics."""


def whole_disk(path: Path) -> str | None:
    """What a folder is that nobody means as code or data; None if it is any other folder. Links are followed.

    Args:
        path: absolute.
    """
    real = Path(os.path.realpath(path))
    if real == real.parent:
        return "it is the root of the file system"
    if real.parent == real.parent.parent and real.name in _SYSTEM:
        return "it is an operating system folder"
    if real == Path(os.path.realpath(os.path.expanduser("~"))):  # noqa: PTH111 - Path.home() raises without a home
        return "it is your home folder"
    return None
