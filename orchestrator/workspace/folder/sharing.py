"""Who adds to a folder and who clears it up do not do so at the same moment."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from orchestrator.core import private_files

LOCK: Final = ".lock"


@contextmanager
def adding(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if need be, together with others who add to it. Waits for who clears up.

    Where nothing may be written nobody clears up either.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        yield
        return
    with _held(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def clearing(folder: Path) -> Iterator[None]:
    """Hold a folder alone. Waits for all who add; keep it short, as they wait as well."""
    with _held(folder, fcntl.LOCK_EX):
        yield


@contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    descriptor = private_files.open_lock(folder / LOCK)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
