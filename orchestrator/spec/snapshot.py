"""The bytes of local files and folders as digests."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from orchestrator.spec.file_hashes import Hasher
from orchestrator.spec.ignore import Ignored, ignore_rules


class SnapshotProblem(Exception):
    """Files that cannot be taken.

    Attributes:
        code: of the diagnostic.
        path: the file or folder.
    """

    def __init__(self, code: str, path: Path, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.path = path
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found.

    Attributes:
        digest: over relative paths and bytes; of a text file over its text alone.
        manifest: relative path (POSIX) to digest of each file, sorted; of a single file, its name.
    """

    digest: str
    manifest: dict[str, str]


def hash_text_file(path: str) -> str:
    """SHA-256 of a text file in which every line ends with a line feed, in hex."""
    data = Path(path).read_bytes()
    return hashlib.sha256(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).hexdigest()


WORKSPACES = ".amlctl"
"""Folders of embedded workspaces begin like this. They change with every run, so they are content of nothing."""

TEXT_NAMES = frozenset({"MLTable"})
"""Files inside data folders that are text whatever they are called on."""


def take(path: Path, hasher: Hasher, *, text: bool = False, gitignore: bool = False) -> Snapshot:
    """Hash a file or folder.

    Args:
        path: absolute.
        hasher: gives the digest of one file.
        text: it is a text file: neither its line ends nor its name matter.
        gitignore: ``.gitignore`` holds where there is no ``.amlignore``.

    Raises:
        SnapshotProblem: it is missing or unreadable, or a link inside leads out of it.
    """
    try:
        if path.is_dir():
            manifest = _folder(path, hasher, ignore_rules(path, gitignore=gitignore))
            return Snapshot(_combined(manifest), manifest)
        status = path.stat()
        _check_ordinary(path, status)
        if text:
            digest = hash_text_file(str(path))
            return Snapshot(digest, {path.name: digest})
        text = path.name in TEXT_NAMES
        manifest = {path.name: hash_text_file(str(path)) if text else hasher.digest(str(path), status)}
        return Snapshot(_combined(manifest), manifest)
    except FileNotFoundError as failure:
        raise SnapshotProblem("missing-file", Path(failure.filename or path), "it does not exist") from failure
    except OSError as failure:
        reason = f"it cannot be read: {failure.strerror}" if failure.strerror else "it cannot be read"
        raise SnapshotProblem("unreadable-file", Path(failure.filename or path), reason) from failure


def _combined(manifest: dict[str, str]) -> str:
    lines = "\n".join([f"{name}\0{digest}" for name, digest in manifest.items()])
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _folder(root: Path, hasher: Hasher, ignored: Ignored | None) -> dict[str, str]:
    """Relative path to digest of each file below a folder, sorted.

    The order is that of the walk with sorted names, which costs less than sorting all paths at the end.
    """
    manifest: dict[str, str] = {}
    digest = hasher.digest
    real_root = os.path.realpath(root)
    folders = [(str(root), "")]
    while folders:
        folder, prefix = folders.pop()
        inner: list[tuple[str, str]] = []
        for entry in _entries(folder):
            name = entry.name
            relative = prefix + name
            if entry.is_dir(follow_symlinks=False):
                if not name.startswith(WORKSPACES) and (ignored is None or not ignored(relative + "/")):
                    inner.append((entry.path, relative + "/"))
                continue
            if ignored is not None and ignored(relative):
                continue
            if not entry.is_file(follow_symlinks=False) and not _leads_to_file(entry, real_root):
                continue
            text = name in TEXT_NAMES
            manifest[relative] = hash_text_file(entry.path) if text else digest(entry.path, entry.stat())
        folders.extend(reversed(inner))
    return manifest


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=_name)


_name = attrgetter("name")


def _leads_to_file(entry: os.DirEntry[str], root: str) -> bool:
    """Whether a link (or what else is no plain file) stands for a file; a folder inside is walked under its own name anyway.

    Raises:
        SnapshotProblem: it leads out of the root, or to something that cannot be read to an end.
    """
    if entry.is_symlink():
        _check_link(entry.path, root)
        if entry.is_dir():
            return False
    _check_ordinary(Path(entry.path), entry.stat())
    return True


def _check_ordinary(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SnapshotProblem("special-file", path, "it is no ordinary file")


def _check_link(path: str, root: str) -> None:
    target = os.path.realpath(path)
    if target != root and not target.startswith(root + os.sep):
        raise SnapshotProblem("escaping-link", Path(path), f"it leads to {target}, outside the folder that is taken")
