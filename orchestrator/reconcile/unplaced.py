"""Records of projects whose workspace nobody knows yet, because their spec has never been loaded: kept beside the loop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from orchestrator.core import private_files


class Unplaced:
    """A small JSON file: project of the loop to its record. It goes with the last of them.

    Not safe for several threads at once; whoever calls holds a lock.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, project: str) -> Mapping[str, Any] | None:
        """What is known of a project; None if nothing is."""
        found = self._all().get(project)
        return found if isinstance(found, dict) else None

    def write(self, project: str, document: Mapping[str, Any]) -> None:
        """Keep it. A full disk is no reason to stop: the next pass says the same again."""
        self._replace({**self._all(), project: document})

    def drop(self, project: str) -> None:
        """Its place is known: from now on its record is with the state."""
        every = self._all()
        if every.pop(project, None) is not None:
            self._replace(every)

    def _all(self) -> dict[str, Any]:
        try:
            body = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    def _replace(self, every: Mapping[str, Any]) -> None:
        with suppress(OSError):
            if not every:
                self._path.unlink(missing_ok=True)
                return
            private_files.make_folder(self._path.parent)
            private_files.replace(self._path, json.dumps(every, indent=2))
