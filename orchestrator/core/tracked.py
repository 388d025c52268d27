"""What the runs of a workspace have logged and made, as pages and reports ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from orchestrator.core.figures import Figures
from orchestrator.core.resource import Observed


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file that a run has made: its path below the run, and its size in bytes."""

    name: str
    size: int


class Tracked(Protocol):
    """What the runs of a workspace have logged and made."""

    def figures(self, run: Observed) -> Figures | None:
        """What a run has logged; None if nobody knows."""
        ...

    def children(self, run: Observed) -> Sequence[Figures]:
        """The runs that a run has started: trials of a search, steps of a pipeline. Oldest first."""
        ...

    def files(self, run: Observed) -> Sequence[RunFile]:
        """The files that a run has made."""
        ...

    def file(self, run: Observed, name: str) -> Path | None:
        """Where one of them lies; None if the run has made no such file."""
        ...


class Untracked:
    """A workspace that tells nothing of this."""

    def figures(self, run: Observed) -> Figures | None:
        return None

    def children(self, run: Observed) -> Sequence[Figures]:
        return ()

    def files(self, run: Observed) -> Sequence[RunFile]:
        return ()

    def file(self, run: Observed, name: str) -> Path | None:
        return None


@runtime_checkable
class Tracking(Protocol):
    """A backend that tells what its runs have logged."""

    @property
    def tracked(self) -> Tracked:
        """Answers until the backend is closed."""
        ...


def tracked_of(backend: object) -> Tracked:
    """What a backend tells of its runs; nothing if it tells nothing."""
    return backend.tracked if isinstance(backend, Tracking) else Untracked()
