"""Digests of files, remembered between runs so that an unchanged file is not read again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path
from typing import Final, Protocol

from orchestrator.core import private_files

RACY_NS: Final = 2_000_000_000
"""A file changed less than this before it was hashed may change again without a new time: file systems keep times in steps of
up to 2 s. Its digest is not remembered. Source: the same problem in git's index, "racy git"."""

MOST: Final = 1_000_000
"""Digests remembered at most; beyond that, the older ones are dropped."""

_HEADER: Final = "amlctl digests 1\n"


class Hasher(Protocol):
    """Gives the digest of a file."""

    def digest(self, path: str, status: os.stat_result) -> str:
        """SHA-256 of the bytes, in hex."""
        ...


def hash_file(path: str) -> str:
    """SHA-256 of a file's bytes, in hex; never holds more than a block in memory."""
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  # a Path for each of 100,000 files costs
        return hashlib.file_digest(stream, "sha256").hexdigest()


class PlainHasher:
    """Reads every file."""

    def digest(self, path: str, status: os.stat_result) -> str:
        """SHA-256 of the bytes, in hex."""
        return hash_file(path)


class RememberingHasher:
    """Reads a file only if its size, time or inode changed since it was last read.

    Args:
        store: the file in which digests are kept; read at the first question. A damaged one is as good as none.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._known: dict[str, str] | None = None
        self._learned: dict[str, str] = {}

    def digest(self, path: str, status: os.stat_result) -> str:
        """SHA-256 of the bytes, in hex."""
        if self._known is None:
            self._known = _read(self._store)
        facts = f"{status.st_size} {status.st_mtime_ns} {status.st_ino} "
        known = self._known.get(path, "")
        if known.startswith(facts):
            return known[-64:]
        before = time.time_ns()
        digest = hash_file(path)
        if status.st_mtime_ns < before - RACY_NS and "\n" not in path:
            self._learned[path] = facts + digest
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
        if found and len(facts) > 64 and facts[-65] == " ":
            known[path] = facts
    return known


def _write(store: Path, entries: dict[str, str]) -> None:
    store.parent.mkdir(mode=0o700, exist_ok=True)
    lines = [f"{facts}\t{path}\n" for path, facts in entries.items()]
    private_files.replace(store, _HEADER + "".join(lines))
