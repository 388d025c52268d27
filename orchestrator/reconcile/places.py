"""Where each project's state is, kept beside the loop: a new process finds its records even while no spec can be loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a project's state is.

    Attributes:
        database: the workspace's database.
        project: the project's name in it, as its spec says.
    """

    database: Path
    project: str


class PlacesFile:
    """A small JSON file. It only spares a wait: without it, the places are known after each project's first load."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Place]:
        """Project of the loop to its place; empty if the file is missing or holds something else."""
        try:
            body = json.loads(self._path.read_text(encoding="utf-8"))
            return {name: Place(Path(place["database"]), place["project"]) for name, place in body.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def write(self, places: Mapping[str, Place]) -> None:
        """Replace the file as a whole. A full disk is no reason to stop: the state itself will say so."""
        body = {name: {"database": str(place.database), "project": place.project} for name, place in places.items()}
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(body, indent=2), encoding="utf-8")
            fresh.replace(self._path)
        except OSError:
            return
