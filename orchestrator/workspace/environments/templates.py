"""Small trees of files kept in memory, to make the next one without the programs that made the first."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.core import private_files

LARGEST: Final = 16 * 2**20
"""Bytes of a tree that is worth keeping: an environment's own programs, and pip."""

_MOST_FILES: Final = 1_000
_MOST: Final = 8
"""So many trees are kept, the last ones."""


@dataclass(frozen=True, slots=True)
class EnvironmentTemplate:
    """A tree.

    Attributes:
        home: where it stood; files mention it.
        folders: in order, relative.
        links: relative path and target.
        files: relative path, content and mode.
    """

    home: str
    folders: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, bytes, int], ...]

    def write(self, draft: Path, home: Path) -> None:
        """Make the tree again.

        Args:
            draft: where it is made; must not exist.
            home: what its files are to mention.

        Raises:
            OSError: it cannot be made.
        """
        draft.mkdir()
        for folder in self.folders:
            (draft / folder).mkdir()
        for name, target in self.links:
            (draft / name).symlink_to(target)
        old, new = os.fsencode(self.home), os.fsencode(home)
        for name, content, mode in self.files:
            private_files.create(draft / name, content.replace(old, new))
            (draft / name).chmod(mode)


def template_of(tree: Path) -> EnvironmentTemplate | None:
    """What a tree holds; None if that is much."""
    folders: list[str] = []
    links: list[tuple[str, str]] = []
    files: list[tuple[str, bytes, int]] = []
    size = 0
    for above, below, names in os.walk(tree):
        place = Path(above)
        for name in sorted([*below, *names]):
            path = place / name
            relative = path.relative_to(tree).as_posix()
            if path.is_symlink():
                links.append((relative, str(path.readlink())))
            elif path.is_dir():
                folders.append(relative)
            else:
                size += path.stat().st_size
                if size > LARGEST or len(files) >= _MOST_FILES:
                    return None
                files.append((relative, path.read_bytes(), path.stat().st_mode & 0o777))
    return EnvironmentTemplate(str(tree), tuple(folders), tuple(links), tuple(files))


class Templates:
    """Trees by what they were made from. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Hashable, EnvironmentTemplate | None] = {}

    def make(self, key: Hashable, draft: Path, home: Path, first: Callable[[Path], None]) -> None:
        """Make a tree that is to stand at ``home``.

        Args:
            key: of trees that differ in their place only.
            draft: where it is made.
            home: where it is moved to afterwards; its files mention it.
            first: makes the first of its key.
        """
        with self._lock:
            known = self._known.get(key)
        if known is not None:
            known.write(draft, home)
            return
        first(draft)
        made = template_of(draft)
        with self._lock:
            if len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[key] = (
                None if made is None else EnvironmentTemplate(str(home), made.folders, made.links, made.files)
            )
