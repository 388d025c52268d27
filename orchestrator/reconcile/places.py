"""Where each project's state is, kept beside the loop: a new process finds its records even while no spec can be loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.core.project import Project, WorkspaceChoice


@dataclass(frozen=True, slots=True)
class Place:
    """A project in a workspace: all that is needed to reach its state.

    Attributes:
        project: the project's name in its workspace, as its spec says.
        kind, settings: as in `core.project.WorkspaceChoice`.
    """

    project: str
    target: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project) -> Place:
        """The place of a loaded project."""
        return cls(project.name, project.target, project.workspace.kind, project.workspace.settings)

    def bare(self) -> Project:
        """A project without resources, to open the workspace with."""
        choice = WorkspaceChoice(self.kind, self.settings)
        return Project(self.project, self.target, choice, {}, (), "", Path())

    @property
    def gone(self) -> bool:
        """Whether there was an embedded workspace and is none now."""
        return self.kind == "local" and not (Path(self.settings["path"]) / "workspace.db").exists()


def loop_folder(spec: Path) -> Path:
    """Where a loop over one spec, without a configuration, keeps what is its own."""
    return (spec if spec.is_dir() else spec.parent).absolute() / ".amlctl"


class PlacesFile:
    """A small JSON file. It only spares a wait: without it, the places are known after each project's first load."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Place]:
        """Project of the loop to its place; empty if the file is missing or holds something else."""
        try:
            body = json.loads(self._path.read_text(encoding="utf-8"))
            return {name: Place(**place) for name, place in body.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def write(self, places: Mapping[str, Place]) -> None:
        """Replace the file as a whole. A full disk is no reason to stop: the state itself will say so."""
        fresh = self._path.with_suffix(".new")
        try:
            text = json.dumps({name: asdict(place) for name, place in places.items()}, indent=2)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self._path)
        except (OSError, TypeError):
            # TypeError: settings that are no plain data, such as secrets, are not for a file.
            return
