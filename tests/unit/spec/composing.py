"""Specs written to a folder, and what composing them says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.core.diagnostic import Diagnostic, SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.kinds import discover
from orchestrator.spec.compose import compose
from orchestrator.spec.composition import Composition


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder; return the first one."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / next(iter(files))


def composed(*paths: Path, **options: Any) -> Composition:
    """Compose; the paths may be files or folders. Any problem of the text is raised."""
    found = compose(paths, LoadOptions(**options), discover())
    if found.problems:
        raise SpecError(found.problems)
    assert found.composition is not None, "without a problem there is a composition"
    return found.composition


def spec(folder: Path, text: str, **options: Any) -> Composition:
    """Compose one spec file that gets a project name and no more than is written."""
    return composed(write(folder, {"spec.yaml": text}), **options)


def refused(*paths: Path, **options: Any) -> tuple[Diagnostic, ...]:
    """The diagnostics of a spec that cannot be composed."""
    try:
        composition = composed(*paths, **options)
    except SpecError as error:
        return error.diagnostics
    raise AssertionError(f"no problem was found in {composition}")


def told(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """Code and place of each diagnostic, the file by its last name."""
    return [f"{found.code} {_place(found)}" for found in diagnostics]


def _place(found: Diagnostic) -> str:
    span = found.subject
    return f"{span.file.rsplit('/', 1)[-1]}:{span.line}:{span.column}" if span else "-"
