"""Where each project's state is, kept beside the loop: a new process finds its records even while no spec can be loaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.project import Project, WorkspaceChoice
from orchestrator.core.value import Secret, Template, mapped

_SECRET: Final = "$secret"  # noqa: S105  # the key under which the place of one stands
_TEMPLATE: Final = "$template"


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

    def bare(self, allowed_hosts: tuple[str, ...] = ()) -> Project:
        """A project without resources, to open the workspace with.

        Args:
            allowed_hosts: see `LoadOptions`; asked for each time, so that a host that is allowed no more is so at once.
        """
        choice = WorkspaceChoice(self.kind, self.settings, allowed_hosts=allowed_hosts)
        return Project(
            name=self.project,
            target=self.target,
            workspace=choice,
            resources={},
            externals=(),
            spec_digest="",
            root=Path(),
        )

    @property
    def gone(self) -> bool:
        """Whether there was an embedded workspace and is none now."""
        return self.kind == "local" and not (Path(self.settings["path"]) / "workspace.db").exists()


def loop_folder(spec: Path) -> Path:
    """Where a loop over one spec, without a configuration, keeps what is its own."""
    return (spec if spec.is_dir() else spec.parent).absolute() / ".amlctl"


Recall = Callable[[str, str, tuple[str, ...]], Secret | None]
"""Project of the loop, name of a secret, where it is kept (`Secret.origin`) -> the secret, read again; None if it cannot be."""


class PlacesFile:
    """A small JSON file. It only spares a wait: without it, the places are known after each project's first load.

    Secrets are not in it: a secret is written as the place it was read from, and one that was read from nowhere keeps its project out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, recall: Recall) -> dict[str, Place]:
        """Project of the loop to its place; empty if the file is missing or holds something else."""
        try:
            text = self._path.read_text(encoding="utf-8")
            if '"reveal_"' in text:  # an older version wrote secrets
                self._path.unlink(missing_ok=True)
                return {}
            body = json.loads(text)
            found = {name: _place(name, place, recall) for name, place in body.items()}
        except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return {}
        return {name: place for name, place in found.items() if place is not None}

    def write(self, places: Mapping[str, Place]) -> None:
        """Replace the file as a whole. A full disk is no reason to stop: the state itself will say so."""
        written = {name: body for name, place in places.items() if (body := _written(place)) is not None}
        with suppress(OSError):
            private_files.make_folder(self._path.parent)
            private_files.replace(self._path, json.dumps(written, indent=2))


class _NotForAFile(Exception):
    """A value that has no written form, or must not have one."""


def _written(place: Place) -> dict[str, Any] | None:
    try:
        settings = mapped(place.settings, _mark)
    except _NotForAFile:
        return None
    return {"project": place.project, "target": place.target, "kind": place.kind, "settings": settings}


def _mark(value: Any) -> Any:
    if isinstance(value, Secret) and value.origin:
        return {_SECRET: [value.name, *value.origin]}
    if isinstance(value, Template):
        return {_TEMPLATE: [part if isinstance(part, str) else _mark(part) for part in value.parts]}
    raise _NotForAFile


def _place(project: str, body: Mapping[str, Any], recall: Recall) -> Place | None:
    try:
        settings = _read(body["settings"], lambda name, origin: recall(project, name, origin))
    except _NotForAFile:
        return None
    return Place(body["project"], body["target"], body["kind"], settings)


def _read(value: Any, recall: Callable[[str, tuple[str, ...]], Secret | None]) -> Any:
    if isinstance(value, list):
        return [_read(item, recall) for item in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {_SECRET}:
        name, *origin = value[_SECRET]
        secret = recall(name, tuple(origin))
        if secret is None:
            raise _NotForAFile
        return secret
    if set(value) == {_TEMPLATE}:
        return Template(tuple(_read(part, recall) for part in value[_TEMPLATE]))
    return {key: _read(item, recall) for key, item in value.items()}
