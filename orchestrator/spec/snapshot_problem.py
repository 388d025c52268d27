"""Why files cannot be taken."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path


class SnapshotProblem(Exception):
    """Files that cannot be taken.

    Attributes:
        code: of the diagnostic.
        path: the file or folder.
        further: other problems of the same folder.
    """

    def __init__(self, code: str, path: Path, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.path = path
        self.detail = detail
        self.further: Sequence[SnapshotProblem] = ()


def together(problems: Sequence[SnapshotProblem]) -> SnapshotProblem:
    """Several problems as one that can be raised."""
    first, *further = problems
    first.further = further
    return first


def unreadable(failure: OSError, path: Path) -> SnapshotProblem:
    """What an error of the system says of a file."""
    place = Path(failure.filename or path)
    if isinstance(failure, FileNotFoundError):
        return SnapshotProblem("missing-file", place, "it does not exist")
    if failure.errno == errno.ELOOP:
        return SnapshotProblem("link-loop", place, "it is a symbolic link loop")
    reason = f"it cannot be read: {failure.strerror}" if failure.strerror else "it cannot be read"
    return SnapshotProblem("unreadable-file", place, reason)
