"""Whole folders: removed, or closed to changes."""

from __future__ import annotations

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
