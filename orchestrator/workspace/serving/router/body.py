"""The body of a request while it comes in and waits: small ones in memory, large ones in a file without a name."""

from __future__ import annotations

import os
import tempfile
from typing import Final

IN_MEMORY: Final = 256 * 1024
"""Larger bodies go to disk, bytes: a thousand callers who send slowly must not fill the memory."""


class Body:
    """Bytes that are appended and read back as a whole. The file goes with the object."""

    __slots__ = ("_file", "_parts", "size")

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []
        self._file = -1

    def append(self, data: bytes) -> None:
        """Take more bytes.

        Raises:
            OSError: the disk for temporary files is full.
        """
        self.size += len(data)
        if self.size <= IN_MEMORY:
            self._parts.append(data)
            return
        if self._file < 0:
            with tempfile.TemporaryFile(buffering=0) as file:
                self._file = os.dup(file.fileno())
        for part in (*self._parts, data):
            view = memoryview(part)
            while view:
                view = view[os.write(self._file, view) :]
        self._parts.clear()

    def read(self) -> bytes:
        """All of it."""
        if self._file < 0:
            return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        return os.pread(self._file, self.size, 0)

    @property
    def on_disk(self) -> bool:
        """Whether it is in a file."""
        return self._file >= 0

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)
