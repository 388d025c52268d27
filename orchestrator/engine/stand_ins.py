"""What stands in for something that is elsewhere is content of what uses it: other bytes there are other work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import BackendError
from orchestrator.core.field_mark import Files, Ref
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.core.fingerprint import canonical, digest_text, digest_tree
from orchestrator.core.kind import Kinds
from orchestrator.core.project import Project
from orchestrator.core.resource import Desired
from orchestrator.core.value import Reference
from orchestrator.spec.file_hashes import Hasher, PlainHasher, RememberingHasher
from orchestrator.workspace.service import StandIn, stand_in_for

_OWN_PYTHON: Final = "pyvenv.cfg"
"""A virtual environment stands in by its place: what is installed in it changes with each byte-compiled file."""


def with_stand_ins(project: Project, kinds: Kinds) -> Project:
    """The project with the bytes of its settings' stand-ins among the content of what mentions them.

    A stand-in that is not there, or cannot be read, is left to those who use it: they say so.
    """
    settings: Mapping[str, str] = project.workspace.settings.get("stand_ins") or {}
    root = Path(str(project.workspace.settings.get("path", "")))
    hasher = RememberingHasher(root / "cache" / "digests") if root.is_dir() else PlainHasher()
    resources = {
        address: _with_content(desired, kinds, settings, hasher, project.root)
        for address, desired in project.resources.items()
    }
    if isinstance(hasher, RememberingHasher):
        hasher.save()
    return replace(project, resources=resources)


def _with_content(desired: Desired, kinds: Kinds, settings: Mapping[str, str], hasher: Hasher, root: Path) -> Desired:
    kind = kinds.get(desired.address.kind)
    if kind is None:
        return desired
    found: dict[str, str] = {}
    used: list[list[str]] = []
    for text in _mentioned(desired.properties, root_node(kind, desired.variant)):
        standing = _standing(settings, text)
        manifest = {} if standing is None else _manifest(standing.path, hasher)
        if standing is not None and manifest:
            found.update({_label(standing.path, name, root): digest for name, digest in manifest.items()})
            used.append([text, digest_tree(manifest)])
    if not used:
        return desired
    content = digest_text(canonical([desired.content, *used]))
    return replace(desired, content=content, files={**desired.files, **found})


def _standing(settings: Mapping[str, str], text: str) -> StandIn | None:
    try:
        return stand_in_for(settings, text)
    except BackendError:
        return None


def _mentioned(value: Any, node: FieldNode) -> Iterator[str]:
    """The texts in fields that name files or resources."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _mentioned(item, node.child(str(name)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _mentioned(item, node.child(number))
    elif isinstance(value, Reference):
        if value.external:
            yield str(value)
    elif isinstance(value, str) and (node.mark(Files) is not None or node.mark(Ref) is not None):
        yield value


def _manifest(path: Path, hasher: Hasher) -> dict[str, str]:
    """Relative path to digest of each file; empty if there are none, or if it is an environment of its own."""
    if (path / _OWN_PYTHON).is_file():
        return {}
    files = [path] if path.is_file() else sorted(found for found in path.rglob("*") if found.is_file())
    try:
        return {
            file.relative_to(path).as_posix() if file != path else "": hasher.digest(str(file), file.stat())
            for file in files
        }
    except OSError:
        return {}


def _label(path: Path, name: str, root: Path) -> str:
    """How people are told of a file: from the spec's folder, where it is below that."""
    whole = path / name if name else path
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)
