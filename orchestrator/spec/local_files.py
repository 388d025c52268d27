"""Paths in bodies: which of them are files of this machine, and their bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.boundary import UNBOUNDED, Boundary
from orchestrator.core.diagnostic import Diagnostic, did_you_mean
from orchestrator.core.field_mark import Files
from orchestrator.core.span import Span
from orchestrator.core.value import LocalFiles
from orchestrator.spec.body_problems import error
from orchestrator.spec.file_hashes import Hasher
from orchestrator.spec.problems import OUTSIDE, OUTSIDE_FIX
from orchestrator.spec.snapshot import Snapshot, SnapshotProblem, take
from orchestrator.spec.taking import LFS_POINTERS, MISSING_SUBMODULES, PLAIN, Taking

_FIXES: Final = {
    "escaping-link": "Replace the link with the file itself, or exclude the link from a code folder with .amlignore.",
    "link-loop": "Remove the link, or exclude it from a code folder with .amlignore.",
    "special-file": "Move it, or exclude it from a code folder with .amlignore.",
    "unusable-name": "Rename it.",
    "whole-disk": "Name the folder of the project that holds the files.",
    "empty-folder": "Add the files, or correct the path; it is relative to this file.",
    "lfs-pointer": f"Run `git lfs pull`, or allow it: `files: {{allow: [{LFS_POINTERS}]}}` at the top of the spec.",
    "missing-submodule": "Run `git submodule update --init`, or allow it: "
    f"`files: {{allow: [{MISSING_SUBMODULES}]}}` at the top of the spec.",
}

_SCHEME = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:", re.IGNORECASE)


def is_local(text: str) -> bool:
    """Whether a text is a path of this machine: no scheme (but ``file:``), no long Azure id, no expression of Azure ML."""
    return not (_SCHEME.match(text) or text.startswith("/subscriptions/") or "${{" in text or not text)


class LocalFileReader:
    """Turns paths into `LocalFiles`; each file or folder is read once.

    Args:
        sources: see `Composition.sources`.
        root: the spec's folder.
        hasher: gives digests; None: files are not looked at and digests are empty.
        taking: what the spec says of all its files.
        boundary: what is outside of it is neither read nor told about.
    """

    def __init__(
        self,
        sources: Mapping[str, Path],
        root: Path,
        hasher: Hasher | None,
        taking: Taking = PLAIN,
        boundary: Boundary = UNBOUNDED,
    ) -> None:
        self._taking = taking
        self._boundary = boundary
        self._sources = sources
        self._root = root
        self._hasher = hasher
        self._taken: dict[tuple[Path, bool, bool, str], Snapshot | SnapshotProblem] = {}

    def path(self, text: str, span: Span) -> Path:
        """The absolute path of a text, relative to the file that holds it."""
        source = self._sources.get(span.file)
        folder = source.parent if source is not None else self._root
        # not resolve(): a link given by name is taken for what it points to only when its bytes are read
        return Path(os.path.abspath(folder / text.removeprefix("file://").removeprefix("file:")))  # noqa: PTH100

    def read(
        self, text: str, span: Span, mark: Files, address: Address, mentioned: str = ""
    ) -> LocalFiles | list[Diagnostic]:
        """The bytes behind a path, or why there are none.

        Args:
            text: the path as written.
            span: where it is written.
            mark: of its field.
            address: of the resource.
            mentioned: what else the resource says; files of the spec that it names are content too.
        """
        path = self.path(text, span)
        if self._hasher is None:
            return LocalFiles(path, "", text)
        if not self._boundary.admits(path):
            return [_outside(text, span, address)]
        key = (path, mark.text, mark.gitignore, mentioned if self._taking.own_below(path) else "")
        found = self._taken.get(key)
        if found is None:
            try:
                found = take(
                    path,
                    self._hasher,
                    text=mark.text,
                    gitignore=mark.gitignore,
                    taking=self._taking,
                    mentioned=mentioned,
                )
            except SnapshotProblem as problem:
                found = problem
            self._taken[key] = found
        if isinstance(found, SnapshotProblem):
            return [_problem(each, text, path, span, address) for each in (found, *found.further)]
        return LocalFiles(path, found.digest, text, found.manifest)

    def missing(self, text: str, path: Path, span: Span, address: Address) -> Diagnostic | None:
        """Why a file is not there, or may not be read; None if it is."""
        if not self._boundary.admits(path):
            return _outside(text, span, address)
        if os.path.exists(path):  # noqa: PTH110 - of a name that no file can have, too
            return None
        return _problem(SnapshotProblem("missing-file", path, "it does not exist"), text, path, span, address)

    def labels(self, files: LocalFiles) -> dict[str, str]:
        """Path from the spec's folder to digest, of each file."""
        folder = os.path.relpath(files.path, self._root).replace(os.sep, "/")
        if len(files.manifest) == 1 and files.path.name in files.manifest and not files.path.is_dir():
            return {folder: files.manifest[files.path.name]}
        prefix = "" if folder == "." else f"{folder}/"
        return {f"{prefix}{name}": digest for name, digest in files.manifest.items()}


def _outside(text: str, span: Span, address: Address) -> Diagnostic:
    return error("outside-boundary", f"{address} uses '{text}', which {OUTSIDE}.", OUTSIDE_FIX, span, address)


def _problem(problem: SnapshotProblem, text: str, path: Path, span: Span, address: Address) -> Diagnostic:
    inside = f" ({os.path.relpath(problem.path, path)})" if problem.path != path else ""
    detail = f"{address} uses '{text}'{inside}, but {problem.detail}."
    return error(problem.code, detail, _fix(problem), span, address)


def _fix(problem: SnapshotProblem) -> str:
    if problem.code == "missing-file":
        folder = problem.path.parent
        readable = os.access(folder, os.R_OK | os.X_OK) and folder.is_dir()
        siblings = sorted(path.name for path in folder.iterdir()) if readable else []
        return did_you_mean(problem.path.name, siblings, "Create it, or correct the path; it is relative to this file.")
    return _FIXES.get(problem.code, "Make it readable for your user.")
