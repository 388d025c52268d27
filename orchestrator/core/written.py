"""A spec that a program wrote, in place of a file of YAML."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orchestrator.core.tree import LocatedDict


@dataclass(frozen=True, slots=True)
class Written:
    """A spec as a tree.

    Attributes:
        tree: sections and settings. Their places are lines of the program.
        program: its file; None if it has none (a notebook, an interactive session).
    """

    tree: LocatedDict
    program: Path | None = None

    @property
    def folder(self) -> Path:
        """Where relative paths start."""
        return self.program.absolute().parent if self.program is not None else Path.cwd()


class Writes(Protocol):
    """What can be given where a spec is expected, besides paths."""

    def written(self) -> Written:
        """The spec as it is now."""


def source_of(spec: str | os.PathLike[str] | Writes) -> Path | Written:
    """What a caller gives as a spec, for loading."""
    return Path(spec) if isinstance(spec, str | os.PathLike) else spec.written()
