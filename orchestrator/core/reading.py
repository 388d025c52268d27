"""Opens a SQLite database of which this process may only read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path


def may_write(path: Path) -> bool:
    """Whether this process may write a database and make the files that SQLite keeps beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def open_read_only(path: Path, *, timeout_s: float) -> sqlite3.Connection:
    """Open a database in WAL mode from a folder that must stay untouched. May be used from several threads.

    Args:
        path: the database.
        timeout_s: how long a statement waits for another process, seconds.

    Raises:
        sqlite3.Error: it cannot be read.
        OSError: it, or its log, cannot be copied.
    """
    log, index = (path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm"))
    if log.exists() and index.exists():
        # Somebody has it open, or was killed: with both files there SQLite reads without making any.
        return _connect(path, "mode=ro", timeout_s)
    if log.exists() and log.stat().st_size:
        # The log's index is gone and cannot be made here; without it only a copy elsewhere shows the log's transactions.
        return _in_memory(path, log)
    # Readers of WAL make the log and its index, which is forbidden here. Closed properly, the database is whole without them, and
    # immutable tells SQLite not to look for any. Somebody with more rights could begin to write meanwhile: such a reader sees what
    # the file said when it was read, as any reader a moment earlier would have.
    return _connect(path, "mode=ro&immutable=1", timeout_s)


def _connect(path: Path, how: str, timeout_s: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}", uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False
    )


def _in_memory(path: Path, log: Path) -> sqlite3.Connection:
    with tempfile.TemporaryDirectory(prefix="amlctl-") as folder:
        for file in (path, log):
            shutil.copyfile(file, Path(folder, file.name))
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        try:
            with closing(sqlite3.connect(Path(folder, path.name))) as copy:
                copy.backup(memory)
        except BaseException:
            memory.close()
            raise
        return memory
