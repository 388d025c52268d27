"""Reads files that a user named: ordinary files of bounded size and nothing else, so that no pipe, device or socket is waited for."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO, Final

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of the largest file that is read as a whole. A spec of 10,000 resources takes about 5 MiB."""

_HANDED_OVER: Final = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""Where a shell puts what it hands over, ``<(command)``: somebody writes there."""

_WORDS: Final = (
    (stat.S_ISDIR, "it is a folder, not a file"),
    (stat.S_ISFIFO, "it is a named pipe, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
)


def open_plain(path: str | Path) -> IO[bytes]:
    """Open a file to read. Returns at once whatever the path names.

    Raises:
        OSError: it is not a regular file (`errno.ENXIO`), or cannot be opened.
    """
    try:
        handed_over = os.fspath(path).startswith(_HANDED_OVER)
        # Without O_NONBLOCK a pipe without a writer blocks here, before anything can be asked about it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | (0 if handed_over else os.O_NONBLOCK))
    except ValueError as error:  # a NUL
        raise OSError(errno.EINVAL, "no file can have this name", str(path)) from error
    mode = os.fstat(descriptor).st_mode
    words = next((words for is_one, words in _WORDS if is_one(mode)), "")
    if words and not (handed_over and stat.S_ISFIFO(mode)):
        os.close(descriptor)
        raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.ENXIO, words, str(path))
    return os.fdopen(descriptor, "rb")


def read_plain(path: str | Path, largest: int = LARGEST) -> bytes:
    """The bytes of a file.

    Raises:
        OSError: as `open_plain`; it is larger than `largest` (`errno.EFBIG`).
    """
    with open_plain(path) as file:  # not by its size: what a shell hands over has none
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(errno.EFBIG, f"it is larger than the {largest:,} bytes that are read at most", str(path))
    return data


def read_plain_text(path: str | Path, largest: int = LARGEST, *, errors: str = "strict") -> str:
    """The text of a file in UTF-8, with or without a byte order mark, every line ending with a line feed.

    Raises:
        OSError: as `read_plain`.
        UnicodeDecodeError: it is no such text.
    """
    return read_plain(path, largest).decode("utf-8-sig", errors).replace("\r\n", "\n").replace("\r", "\n")
