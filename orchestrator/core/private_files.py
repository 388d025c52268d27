"""The one place that writes files of ours: for their owner only (0600, folders 0700), and never through a symbolic link.

A test keeps every other module from opening files to write. What users asked for by name (`amlctl init`), and what their own code
writes, are no files of ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


def make_folder(path: Path) -> None:
    """Make a folder and those that are missing above it. One that is there keeps its rights."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)


def replace(path: Path, data: str | bytes) -> None:
    """Replace a file as a whole. A reader sees the old content or the new one, after a power cut too.

    Raises:
        OSError: the disk refuses; the old file is as it was.
    """
    with replacing(path) as file:
        file.write(_bytes(data))


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Replace a file as `replace` does, with what is written to the one that is given out.

    Raises:
        OSError: the disk refuses; the old file is as it was.
    """
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def create(path: Path, data: str | bytes = b"") -> None:
    """Write a file that does not exist yet.

    Raises:
        FileExistsError: something has that name.
    """
    with open_new(path) as file:
        file.write(_bytes(data))


def touch(path: Path) -> None:
    """Make an empty file unless there is one, and give it the time of now."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE))
    os.utime(path)


def open_new(path: Path) -> IO[bytes]:
    """Open a file that does not exist yet.

    Raises:
        FileExistsError: something has that name.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE), "wb")


def open_end(path: Path) -> IO[bytes]:
    """Open a file to add to its end, unbuffered; made if it is not there.

    Raises:
        OSError: it is a symbolic link, or cannot be opened.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, FILE_MODE), "ab", buffering=0)


def open_lock(path: Path) -> int:
    """A descriptor of a file that serves as a lock; made if it is not there, never written over.

    Raises:
        OSError: it is a symbolic link, or cannot be opened.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)


def draft_in(folder: Path, prefix: str) -> tuple[IO[bytes], Path]:
    """A new file under a name of its own, open to be written. It is the caller's to remove or rename."""
    descriptor, name = tempfile.mkstemp(prefix=prefix, dir=folder)
    return os.fdopen(descriptor, "wb"), Path(name)


def _bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf-8", errors="surrogateescape")
