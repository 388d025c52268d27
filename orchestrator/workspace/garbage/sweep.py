"""Removes what no record of a workspace needs any more, while others go on working in it."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.address import Address
from orchestrator.workspace.files.content import views_of
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.folder.sharing import clearing
from orchestrator.workspace.folder.trees import remove_tree
from orchestrator.workspace.garbage.in_use import InUse
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.processes.process import ProcessIdentity, alive
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.store import RecordStore


@dataclass(frozen=True, slots=True)
class Part:
    """What was removed of one part of the workspace.

    Attributes:
        count: files, or folders as a whole.
        bytes: that became free on the disk. What still has another name frees none.
    """

    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Item:
    """Something that nobody needs.

    Attributes:
        part: of the workspace.
        path: file or folder.
        address: of the resource whose record would need it, if there was one.
    """

    part: str
    path: Path
    address: str = ""


def sweep(paths: WorkspacePaths, store: RecordStore, grace_s: float, *, dry_run: bool) -> Mapping[str, Part]:
    """Remove what no record needs: content, runs, endpoints, secrets and downloads. Blocks.

    Safe beside a supervisor and applies: the records are read first, what was used within the grace stays, and nobody takes files into
    the content while some of it is being removed.

    Args:
        paths: an existing workspace.
        store: its records.
        grace_s: what was used within so many seconds stays: somebody may be about to write the record that needs it. At least as long
            as that takes.
        dry_run: only tell.

    Returns:
        Part of the workspace to what was, or would be, removed of it; without parts of which nothing was.
    """
    before = time.time() - grace_s
    needed = InUse.by(store.list(), paths)
    tally = _Tally()
    for item in _unneeded(paths, needed):
        if not _older(item.path, before):
            continue
        if dry_run:
            tally.add(item)
        elif item.part == "content":
            _remove_content(item, paths.content, before, tally)
        elif not _claimed(item, store):
            tally.add(item)
            _remove(item.path)
    return tally.parts()


def _unneeded(paths: WorkspacePaths, needed: InUse) -> Iterator[_Item]:
    views = views_of(paths)
    yield from (_Item("content", path) for path in _inside(views) if path.name not in needed.views)
    for folder in _inside(paths.content):
        if folder != views:
            yield from (_Item("content", path) for path in _inside(folder) if path.name not in needed.objects)
    for path in _inside(paths.jobs):
        if path.name not in needed.runs and not _runs(path):
            yield _Item("runs", path)
    yield from _endpoints(paths, needed)
    yield from (_Item("secrets", path) for path in _inside(paths.secrets) if path.name not in needed.secrets)
    yield from (_Item("downloads", path) for path in _inside(paths.downloads) if path.name not in needed.downloads)


def _endpoints(paths: WorkspacePaths, needed: InUse) -> Iterator[_Item]:
    for path in _inside(paths.endpoints):
        deployments = _inside(path / "deployments")
        if path.name.startswith("."):
            continue  # the router's
        if path.name not in needed.endpoints:
            if not any(_serves(folder) for folder in deployments):
                yield _Item("endpoints", path, f"{record_kinds.ENDPOINTS}.{path.name}")
            continue
        for folder in deployments:
            if (path.name, folder.name) not in needed.deployments and not _serves(folder):
                yield _Item("endpoints", folder, f"{record_kinds.ENDPOINTS}.{path.name}.deployments.{folder.name}")


def _runs(folder: Path) -> bool:
    """Whether a run goes on although its record is gone."""
    runner = JobFolder(folder).runner()
    return runner is not None and alive(runner)


def _serves(folder: Path) -> bool:
    """Whether scoring servers of a deployment go on although its record is gone."""
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        servers = [server["process"] for server in (*state["servers"], *state["strays"])]
        return any(alive(ProcessIdentity.parse(process)) for process in servers if process)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _claimed(item: _Item, store: RecordStore) -> bool:
    """Whether a record has come up meanwhile that would use what an earlier one of its name left behind."""
    if item.part == "runs":
        return store.find(record_kinds.JOBS, item.path.name) is not None
    return bool(item.address and store.versions(Address.parse(item.address).kind, item.address))


def _remove_content(item: _Item, content: Path, before: float, tally: _Tally) -> None:
    with clearing(content):
        # Asked again: until now somebody may have taken it into use.
        if _older(item.path, before):
            tally.add(item)
            _remove(item.path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


def _inside(folder: Path) -> list[Path]:
    """What a folder holds; nothing if it is none, or has just gone, or a link: what lies behind that is not ours to remove."""
    try:
        return [] if folder.is_symlink() else sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _older(path: Path, before: float) -> bool:
    """Whether neither a file or folder nor what lies right in it was changed since a moment, in seconds since the epoch."""
    try:
        return all(part.lstat().st_mtime <= before for part in (path, *_inside(path)))
    except FileNotFoundError:
        return False


class _Tally:
    """Counts what goes, and the bytes of files whose last name goes."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._names_left: dict[tuple[int, int], int] = {}

    def add(self, item: _Item) -> None:
        """Count a file or folder. To be called before it goes."""
        self._counts[item.part] += 1
        for path in (item.path, *(item.path.rglob("*") if item.path.is_dir() else ())):
            with contextlib.suppress(FileNotFoundError):
                self._bytes[item.part] += self._freed(path.lstat())

    def parts(self) -> Mapping[str, Part]:
        """Part of the workspace to its sums."""
        return {part: Part(count, self._bytes[part]) for part, count in sorted(self._counts.items())}

    def _freed(self, status: os.stat_result) -> int:
        file = (status.st_dev, status.st_ino)
        names = 1 if stat.S_ISDIR(status.st_mode) else self._names_left.get(file, status.st_nlink)
        self._names_left[file] = names - 1
        return status.st_blocks * 512 if names == 1 else 0
