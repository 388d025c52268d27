"""What the files of a spec may be, where whoever writes specs is not whoever runs this."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Boundary:
    """Folders (or files) that must not be left: not by ``..``, not by an absolute path, not through a link.

    Attributes:
        roots: absolute.
    """

    roots: tuple[Path, ...]

    def admits(self, path: Path) -> bool:
        """Whether a path, all links followed, is one of the roots or below one."""
        try:
            real = Path(os.path.realpath(path))
            return any(real.is_relative_to(os.path.realpath(root)) for root in self.roots)
        except (OSError, ValueError):  # a name that no file can have
            return False


UNBOUNDED = Boundary((Path("/"),))
"""Everywhere: who runs this wrote the spec, or chose it."""
