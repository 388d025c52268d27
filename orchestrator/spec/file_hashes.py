"""Digests of files, remembered between runs so that an unchanged file is not read again."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Final, Protocol

from orchestrator.core import private_files
from orchestrator.core.file_digests import DIGITS, Compare, digest_of

RACY_NS: Final = 2_000_000_000
"""A file changed less than this before it was hashed may change again without a new time: file systems keep times in steps of
up to 2 s. Its digest is not remembered. Source: the same problem in git's index, "racy git"."""

MOST: Final = 1_000_000
"""Digests remembered at most; beyond that, the older ones are dropped."""

_HEADER: Final = "amlctl digests 2\n"


class Hasher(Protocol):
    """Gives the digest of a file."""

    def digest(self, path: str, status: os.stat_result, how: Compare = Compare.BYTES) -> str:
        """See `core.file_digests.digest_of`."""
        ...


def hash_file(path: str, how: Compare = Compare.BYTES) -> str:
    """See `core.file_digests.digest_of`."""
    return digest_of(path, how)


class PlainHasher:
    """Reads every file."""

    def digest(self, path: str, status: os.stat_result, how: Compare = Compare.BYTES) -> str:
        """See `core.file_digests.digest_of`."""
        return hash_file(path, how)


class RememberingHasher:
    """Reads a file only if its size, time or inode changed since it was last read.

    Args:
        store: the file in which digests are kept; read at the first question. A damaged one is as good as none.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._known: dict[str, str] | None = None
        self._learned: dict[str, str] = {}

    def digest(self, path: str, status: os.stat_result, how: Compare = Compare.BYTES) -> str:
        """See `core.file_digests.digest_of`."""
        if self._known is None:
            self._known = _read(self._store)
        key = path if how is Compare.BYTES else f"{how.value}:{path}"
        facts = f"{status.st_size} {status.st_mtime_ns} {status.st_ino} "
        known = self._known.get(key, "")
        if known.startswith(facts):
            return known[len(facts) :]
        before = time.time_ns()
        digest = hash_file(path, how)
        if status.st_mtime_ns < before - RACY_NS and "\n" not in path:
            self._learned[key] = facts + digest
        return digest

    def save(self) -> None:
        """Keep what was learned. The folder above the store's is never made.

        Never fails: without the store the next run merely reads the files again.
        """
        if not self._learned or self._known is None:
            return
        kept = {**self._known, **self._learned}
        entries = kept if len(kept) <= MOST else self._learned
        with contextlib.suppress(OSError):
            _write(self._store, entries)


def _read(store: Path) -> dict[str, str]:
    try:
        text = store.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return {}
    if not text.startswith(_HEADER):
        return {}
    known = {}
    for line in text[len(_HEADER) :].split("\n"):
        facts, found, path = line.partition("\t")
        if found and len(facts.rpartition(" ")[2]) >= DIGITS:
            known[path] = facts
    return known


def _write(store: Path, entries: dict[str, str]) -> None:
    store.parent.mkdir(mode=0o700, exist_ok=True)
    lines = [f"{facts}\t{path}\n" for path, facts in entries.items()]
    private_files.replace(store, _HEADER + "".join(lines))
