"""A full disk is named as what it is, whichever file was being written when it filled up."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_SQLITE_SAYS: Final = "disk is full"

DISK_FULL: Final = "disk-full"
"""Code of the error about a full disk."""

ROOM: Final = "Free space on that disk, or move the folder to another one, then run the command again."
"""What to do about a full disk."""


def is_full(error: BaseException) -> bool:
    """Whether an error of the system or of SQLite means that a disk or a quota is full."""
    return (isinstance(error, OSError) and error.errno in _FULL) or _SQLITE_SAYS in str(error)


def full_disk(path: Path) -> str:
    """The disk that holds a path, in words: where it is mounted and how much room is left."""
    place = path
    while not place.exists() and place != place.parent:
        place = place.parent
    found = os.statvfs(place)
    mount = place.resolve()
    while not mount.is_mount() and mount != mount.parent:
        mount = mount.parent
    free = found.f_bavail * found.f_frsize
    return f"The disk mounted at {mount}, which holds {path}, is full ({free / 1e6:.1f} MB left)."
