"""The files of one spec: each is read once and known by the name that messages use."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator.core.boundary import UNBOUNDED, Boundary
from orchestrator.core.plain_files import read_plain
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.spec.problems import OUTSIDE, OUTSIDE_FIX, Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.text import beginning, decode, read_text
from orchestrator.spec.tree_builder import Fill


class SpecFiles:
    """Reads spec files and remembers them.

    Args:
        boundary: a file outside of it is told and never opened.

    Attributes:
        sources: name in messages to absolute path, in the order of reading.
    """

    def __init__(self, problems: Problems, boundary: Boundary = UNBOUNDED) -> None:
        self.sources: dict[str, Path] = {}
        self._boundary = boundary
        self._problems = problems
        self._base = Path.cwd()

    def name_of(self, path: Path) -> str:
        """How messages call a file: relative to the current folder if it is below it, without detours."""
        absolute = path.absolute()
        if ".." in absolute.parts:
            straight = Path(os.path.normpath(absolute))
            if os.path.realpath(straight) == os.path.realpath(absolute):  # a linked folder's parent is elsewhere
                absolute = straight
        return absolute.relative_to(self._base).as_posix() if absolute.is_relative_to(self._base) else str(absolute)

    def admits(self, path: Path) -> bool:
        """Whether a file may be read at all."""
        return self._boundary.admits(path)

    def text(self, path: Path, at: Mark | None = None, *, trusted: bool = False) -> tuple[str, str | None]:
        """Read a file; return its name in messages, and its text or None if it cannot be read (which is told).

        Args:
            trusted: named by whoever runs this, not by a spec: it may be anywhere.
        """
        name = self.name_of(path)
        if not (trusted or self.admits(path)):
            self._problems.error("outside-boundary", f"{name} {OUTSIDE}.", OUTSIDE_FIX, at)
            return name, None
        text = read_text(path, name, self._problems, at)
        if text is not None:
            self.sources[name] = path.absolute()
        return name, text

    def mapping(
        self, path: Path, what: str, at: Mark | None = None, fill: Fill | None = None, *, trusted: bool = False
    ) -> LocatedDict | None:
        """Read a file that must hold exactly one mapping; None if it does not (which is told)."""
        name, text = self.text(path, at, trusted=trusted)
        found = None if text is None else read_documents(text, name, self._problems, fill)
        if found is None:
            return None
        if len(found) == 1 and isinstance(found[0], LocatedDict):
            return found[0]
        holds = "nothing" if found in ([], [None]) else f"{len(found)} documents" if len(found) > 1 else "no mapping"
        self._problems.error(
            "empty-document" if holds == "nothing" else "wrong-document",
            f"{name} holds {holds}, but {what} is one mapping.",
            "Put exactly one mapping of names to values into the file.",
            at or beginning(name),
        )
        return None

    def folder_of(self, mark: Mark, default: Path) -> Path:
        """The folder that a relative path written at this place starts from."""
        source = self.sources.get(mark[0])
        return source.parent if source else default

    def reread(self, name: str) -> str:
        """The text of a file once more, for messages; empty if it is gone."""
        path = self.sources.get(name)
        try:
            return "" if path is None else decode(read_plain(path), name, Problems()) or ""
        except OSError:
            return ""
