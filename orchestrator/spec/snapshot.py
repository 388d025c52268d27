"""What a local file or folder consists of: the one manifest that is hashed, copied and uploaded."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.file_digests import DIGITS, LFS_POINTER, Compare, text_digest
from orchestrator.spec.file_hashes import Hasher
from orchestrator.spec.folder_walk import TEXT_NAMES, FolderWalk
from orchestrator.spec.ignore import ignore_rules
from orchestrator.spec.snapshot_problem import SnapshotProblem, together, unreadable
from orchestrator.spec.submodules import empty_submodules
from orchestrator.spec.taking import LFS_POINTERS, MISSING_SUBMODULES, PLAIN, Taking
from orchestrator.spec.whole_disk import whole_disk

__all__ = ["Snapshot", "SnapshotProblem", "take"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found.

    Attributes:
        digest: over relative paths and bytes; of a text file over its text alone.
        manifest: relative path (POSIX) to digest of each file, sorted; of a single file, its name.
    """

    digest: str
    manifest: dict[str, str]


def take(
    path: Path,
    hasher: Hasher,
    *,
    text: bool = False,
    gitignore: bool = False,
    taking: Taking = PLAIN,
    mentioned: str = "",
) -> Snapshot:
    """Hash a file or folder.

    Args:
        path: absolute.
        hasher: gives the digest of one file.
        text: it is a text file: neither its line ends nor its name matter.
        gitignore: it is source code: ignore files hold, and line ends of text do not matter. Everything else is taken whole.
        taking: what the spec says of all its files.
        mentioned: a text; files of amlctl's own that it names are taken.

    Raises:
        SnapshotProblem: something in it cannot be taken; with everything else that cannot.
    """
    try:
        if path.is_dir():
            if far := whole_disk(path):
                raise SnapshotProblem("whole-disk", path, far)
            return _folder(path, hasher, gitignore, taking, mentioned)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SnapshotProblem("special-file", path, "it is not a regular file")
        if text:
            digest = text_digest(str(path))
            return Snapshot(digest, {path.name: digest})
        return _file(path, status, hasher, _how(gitignore, taking), taking)
    except OSError as failure:
        raise unreadable(failure, path) from failure


def _how(code: bool, taking: Taking) -> Compare:  # noqa: FBT001
    return taking.python if code else Compare.BYTES


def _file(path: Path, status: os.stat_result, hasher: Hasher, how: Compare, taking: Taking) -> Snapshot:
    found = hasher.digest(str(path), status, Compare.TEXT if path.name in TEXT_NAMES else how)
    if found[DIGITS + 1 :] == LFS_POINTER and LFS_POINTERS not in taking.allow:
        raise SnapshotProblem("lfs-pointer", path, "it is a Git LFS pointer: the file was not fetched")
    manifest = {path.name: found[:DIGITS]}
    return Snapshot(_combined(manifest), manifest)


def _folder(root: Path, hasher: Hasher, code: bool, taking: Taking, mentioned: str) -> Snapshot:  # noqa: FBT001
    rules = ignore_rules(root) if code else None
    walk = FolderWalk(root, hasher, rules, _how(code, taking), taking.own_below(root, mentioned))
    walk.go()
    problems = list(walk.problems)
    if LFS_POINTERS not in taking.allow:
        detail = "it is a Git LFS pointer: the file was not fetched"
        problems += [SnapshotProblem("lfs-pointer", root / name, detail) for name in walk.pointers]
    if MISSING_SUBMODULES not in taking.allow:
        for folder in empty_submodules(root):
            if rules is None or not rules(folder.relative_to(root).as_posix() + "/."):
                detail = "it is a Git submodule that was not fetched"
                problems.append(SnapshotProblem("missing-submodule", folder, detail))
    if not walk.manifest and not problems:
        left = " after ignore rules are applied" if next(root.iterdir(), None) else ""
        problems.append(SnapshotProblem("empty-folder", root, f"it contains no files{left}"))
    if problems:
        raise together(problems)
    return Snapshot(_combined(walk.manifest), walk.manifest)


def _combined(manifest: dict[str, str]) -> str:
    lines = "\n".join([f"{name}\0{digest}" for name, digest in manifest.items()])
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
