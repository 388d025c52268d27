"""Whole folders: removed, closed to changes, or copied by sharing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from orchestrator.workspace.folder.paths import PRIVATE_FOLDER


def remove_tree(path: Path) -> None:
    """Remove a folder, whatever the modes inside of it say."""
    for folder in path.rglob("*/"):
        if not folder.is_symlink():
            folder.chmod(PRIVATE_FOLDER)
    shutil.rmtree(path)


def make_read_only(path: Path) -> None:
    """Take the right to write from a file, or from all files of a folder."""
    for file in path.rglob("*") if path.is_dir() else (path,):
        if file.is_file() and not file.is_symlink():
            file.chmod(file.stat().st_mode & 0o555)


def share_tree(source: Path, target: Path) -> None:
    """Copy a file or folder whose files never change, sharing the bytes where that is possible.

    Doing it twice is the same as once: files that are there stay.
    """
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        for inner in source.iterdir():
            share_tree(inner, target / inner.name)
    elif source.exists() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another file system
            shutil.copy2(source, target)
