"""The bytes of local files and folders as digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
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
            manifest = dict(sorted(_folder(path, hasher, ignore_rules(path, gitignore=gitignore))))
            return Snapshot(_combined(manifest), manifest)
        status = path.stat()
        if text:
            digest = hash_text_file(str(path))
            return Snapshot(digest, {path.name: digest})
        manifest = {path.name: _file(str(path), path.name, status, hasher)}
        return Snapshot(_combined(manifest), manifest)
    except FileNotFoundError as failure:
        raise SnapshotProblem("missing-file", Path(failure.filename or path), "it does not exist") from failure
    except OSError as failure:
        reason = failure.strerror or "it cannot be read"
        raise SnapshotProblem("unreadable-file", Path(failure.filename or path), reason) from failure


def _file(path: str, name: str, status: os.stat_result, hasher: Hasher) -> str:
    return hash_text_file(path) if name in TEXT_NAMES else hasher.digest(path, status)


def _combined(manifest: dict[str, str]) -> str:
    lines = "".join(f"{name}\0{digest}\n" for name, digest in manifest.items())
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _folder(root: Path, hasher: Hasher, ignored: Ignored | None) -> Iterator[tuple[str, str]]:
    real_root = os.path.realpath(root)
    stack = [(str(root), "")]
    while stack:
        folder, prefix = stack.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                relative = f"{prefix}{entry.name}"
                if entry.is_symlink():
                    _check_link(entry.path, real_root)
                if entry.is_dir():
                    if entry.is_symlink() or (ignored is not None and ignored(relative + "/")):
                        continue
                    stack.append((entry.path, relative + "/"))
                elif ignored is None or not ignored(relative):
                    yield relative, _file(entry.path, entry.name, entry.stat(), hasher)


def _check_link(path: str, root: str) -> None:
    target = os.path.realpath(path)
    if target != root and not target.startswith(root + os.sep):
        raise SnapshotProblem("escaping-link", Path(path), f"it leads to {target}, outside the folder that is taken")
