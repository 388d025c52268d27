"""A folder of this machine as a source."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeAlias

from orchestrator.reconcile.ports import Revision, SourceUnavailable
from orchestrator.spec.file_hashes import RACY_NS

_NEVER: Final = frozenset({"__pycache__", "node_modules"})
_LABEL_DIGITS: Final = 7
_Stamp: TypeAlias = tuple[int, int, int]


class FolderSource:
    """The files of a folder as they are. There is one revision at a time: the folder itself, under a digest of its files.

    Folders whose names begin with a dot are left out: version control, environments and embedded workspaces change without any
    change of what is wanted. Contents are read again only of files whose size, time or inode changed, and of those that changed so
    shortly before they were read that a further change may have left them the same time.

    Args:
        path: the spec: a file or a folder. Of a file, everything beside and below it counts.
        left_out: further folders that do not count.
    """

    def __init__(self, path: Path, left_out: Iterable[Path] = ()) -> None:
        self._path = path.absolute()
        self._left_out = frozenset(str(folder.absolute()) for folder in left_out)
        self._digests: dict[str, tuple[_Stamp, bytes]] = {}
        self._current = ""

    def fetch(self) -> Revision:
        """See `orchestrator.reconcile.ports.Source`."""
        if not self._path.exists():
            raise SourceUnavailable(
                f"There is no {self._path}.", code="source-missing", fix="Mount or create it, or correct the path."
            )
        self._current = self._digest()
        return self._revision()

    def recall(self, revision: str) -> Revision | None:
        """See `orchestrator.reconcile.ports.Source`. Only the current files are kept."""
        return self._revision() if revision and revision == self._current else None

    def keep(self, revisions: Iterable[str]) -> None:
        """See `orchestrator.reconcile.ports.Source`. The folder is not ours: nothing is removed."""

    def _revision(self) -> Revision:
        return Revision(self._current, self._path, f"folder@{self._current[:_LABEL_DIGITS]}")

    def _digest(self) -> str:
        root = self._path if self._path.is_dir() else self._path.parent
        whole, began = hashlib.sha256(), time.time_ns()
        fresh: dict[str, tuple[_Stamp, bytes]] = {}
        for name, file in self._files(str(root), ""):
            entry = self._file(name, file)
            if entry:
                if entry[0][1] < began - RACY_NS:
                    fresh[name] = entry
                whole.update(name.encode("utf-8", "surrogateescape") + b"\0" + entry[1])
        self._digests = fresh
        return whole.hexdigest()

    def _files(self, folder: str, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Names and entries, in an order of their own. Plain strings: a loop looks at its folders every few seconds."""
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=attrgetter("name"))
        except OSError:
            return
        for entry in found:
            name = prefix + entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield name, entry
            elif self._counts(entry):
                yield from self._files(entry.path, f"{name}/")

    def _counts(self, folder: os.DirEntry[str]) -> bool:
        return not (folder.name.startswith(".") or folder.name in _NEVER or folder.path in self._left_out)

    def _file(self, name: str, file: os.DirEntry[str]) -> tuple[_Stamp, bytes] | None:
        """A file's stamp and digest; None if it is gone by now, no regular file, or not ours to read."""
        try:
            facts = file.stat()
            if not stat.S_ISREG(facts.st_mode):
                return None
            stamp = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
            known = self._digests.get(name)
            if known and known[0] == stamp:
                return known
            with open(file.path, "rb") as stream:  # noqa: PTH123  # a path object for each of many files is what takes time
                return stamp, hashlib.file_digest(stream, "sha256").digest()
        except OSError:
            return None
