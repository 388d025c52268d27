"""One process at a time in a cache folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from orchestrator.core import private_files
from orchestrator.reconcile.ports import SourceUnavailable

_POLL_S: Final = 0.1


@contextmanager
def locked(path: Path, *, wait_s: float) -> Iterator[int]:
    """Hold a file's lock. It is let go when its last holder ends, children included, however they end.

    Returns:
        The descriptor that holds it, to be inherited by children that write too.

    Raises:
        SourceUnavailable: another process holds it for longer than `wait_s` seconds.
    """
    descriptor = private_files.open_lock(path)
    try:
        deadline = time.monotonic() + wait_s
        while not _taken(descriptor):
            if time.monotonic() >= deadline:
                raise SourceUnavailable(
                    f"Another process has used {path.parent} for more than {wait_s:g} s.",
                    code="cache-busy",
                    fix="Wait for it to finish, or use a separate cache folder for each loop.",
                )
            time.sleep(_POLL_S)
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
