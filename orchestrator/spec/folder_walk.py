"""From a folder to its manifest: which files there are, under which names, and what cannot be taken."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from orchestrator.core.file_digests import DIGITS, LFS_POINTER, SAVED_PLAN, Compare
from orchestrator.spec.file_hashes import Hasher
from orchestrator.spec.ignore import Ignored
from orchestrator.spec.snapshot_problem import SnapshotProblem, unreadable

WORKSPACES: Final = ".amlctl"
"""Folders of embedded workspaces begin like this. They change with every run, so they are content of nothing."""

TEXT_NAMES: Final = frozenset({"MLTable"})
"""Files inside data folders that are text whatever they are called on."""


class _Folder(NamedTuple):
    """A folder to look into.

    Attributes:
        path: absolute.
        prefix: of the names of its files in the manifest.
        judged: of the names that ignore rules see: where files really lie, whatever links lead there. Source: azure-ai-ml.
        real: the path without links.
        came: the real folders in which links were followed on the way here.
    """

    path: str
    prefix: str
    judged: str
    real: str
    came: tuple[str, ...]


class FolderWalk:
    """Walks one folder once. Links to files and folders inside of it are followed.

    The order is that of the walk with sorted names, which costs less than sorting all paths at the end.

    Args:
        root: absolute.
        hasher: gives digests.
        ignored: what is left out; None: nothing.
        how: what of a file counts.
        own: relative paths of files that are amlctl's.

    Attributes:
        manifest: relative path to digest of each file.
        pointers: files that Git LFS has not fetched.
        problems: what cannot be taken.
    """

    def __init__(
        self, root: Path, hasher: Hasher, ignored: Ignored | None, how: Compare, own: frozenset[str] = frozenset()
    ) -> None:
        self.manifest: dict[str, str] = {}
        self.pointers: list[str] = []
        self.problems: list[SnapshotProblem] = []
        self._root = str(root)
        self._real = os.path.realpath(root)
        self._hasher = hasher
        self._ignored = ignored
        self._how = how
        self._own = own

    def go(self) -> None:
        """Fill the attributes."""
        folders = [_Folder(self._root, "", "", self._real, ())]
        while folders:
            folder = folders.pop()
            inner: list[_Folder] = []
            for entry in self._entries(folder.path):
                if entry.is_dir(follow_symlinks=False):
                    found = self._below(entry, folder)
                elif entry.is_symlink():
                    found = self._link(entry, folder)
                else:
                    found = None
                    self._file(entry, folder)
                if found is not None:
                    inner.append(found)
            folders.extend(reversed(inner))

    def _entries(self, folder: str) -> Iterable[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=_name)
        except OSError as failure:
            self.problems.append(unreadable(failure, Path(folder)))
            return ()

    def _below(self, entry: os.DirEntry[str], folder: _Folder) -> _Folder | None:
        name = entry.name
        judged = f"{folder.judged}{name}/"
        if name.startswith(WORKSPACES) or (self._ignored is not None and self._ignored.whole(judged)):
            return None
        return _Folder(entry.path, f"{folder.prefix}{name}/", judged, f"{folder.real}{os.sep}{name}", folder.came)

    def _link(self, entry: os.DirEntry[str], folder: _Folder) -> _Folder | None:
        """Follow a link: a folder to look into, or a file. One that leads out or round is left out by its own name only."""
        target = os.path.realpath(entry.path)
        inside = target == self._real or target.startswith(self._real + os.sep)
        if inside and not os.path.isdir(target):  # noqa: PTH112 - never raises
            self._file(entry, folder)
            return None
        came = (*folder.came, folder.real)
        loops = any(place == target or place.startswith(target + os.sep) for place in came)
        if inside and not loops:
            judged = os.path.relpath(target, self._real).replace(os.sep, "/")
            if any(part.startswith(WORKSPACES) for part in judged.split("/")):
                return None
            return _Folder(entry.path, f"{folder.prefix}{entry.name}/", f"{judged}/", target, came)
        name = folder.judged + entry.name
        if self._ignored is None or not (self._ignored(name) or self._ignored(name + "/")):
            detail = f"it is a symbolic link to {target}, outside the folder"
            code = "escaping-link"
            if inside:
                code, detail = "link-loop", f"it is a symbolic link to {target}, which contains it"
            self.problems.append(SnapshotProblem(code, Path(entry.path), detail))
        return None

    def _file(self, entry: os.DirEntry[str], folder: _Folder) -> None:
        name = entry.name
        judged = folder.judged + name
        if (self._ignored is not None and self._ignored(judged)) or self._is_own(judged):
            return
        try:
            status = entry.stat()
            if not stat.S_ISREG(status.st_mode):
                self.problems.append(SnapshotProblem("special-file", Path(entry.path), "it is not a regular file"))
                return
            found = self._hasher.digest(entry.path, status, Compare.TEXT if name in TEXT_NAMES else self._how)
        except OSError as failure:
            self.problems.append(unreadable(failure, Path(entry.path)))
            return
        relative = folder.prefix + name
        if len(found) != DIGITS:
            note = found[DIGITS + 1 :]
            if note == SAVED_PLAN:
                return
            if note == LFS_POINTER:
                self.pointers.append(relative)
        if not relative.isascii():
            self._check_name(relative, entry.path)
        self.manifest[relative] = found[:DIGITS]

    def _is_own(self, judged: str) -> bool:
        return judged in self._own and (self._ignored is None or not self._ignored.asks_for(judged))

    def _check_name(self, relative: str, path: str) -> None:
        try:
            relative.encode()
        except UnicodeEncodeError:
            detail = "its name is not valid UTF-8"
            self.problems.append(SnapshotProblem("unusable-name", Path(path), detail))


_name = attrgetter("name")
