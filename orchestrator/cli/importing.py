"""A project out of a folder of CLI v2 YAML files: they stay as they are and are included."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.errors import StateError
from orchestrator.kinds import discover

_SCHEMA = re.compile(r"""^\s*["']?\$schema["']?\s*:\s*["']?(?P<address>[^\s"'#]+)""", re.MULTILINE)
_HOLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}|<([A-Z][A-Z0-9_]+)>")


@dataclass(frozen=True, slots=True)
class Imported:
    """What was found.

    Attributes:
        text: the spec that includes it all.
        skipped: CLI v2 files that this version cannot use, with the reason.
    """

    text: str
    skipped: tuple[tuple[Path, str], ...]


def import_documents(source: Path, spec: Path, project: str) -> Imported:
    """Look for documents with a CLI v2 ``$schema`` below a folder.

    Args:
        source: where to look.
        spec: where the new spec will be; included paths are relative to it.
        project: its name.

    Raises:
        StateError: nothing usable was found.
    """
    known = {fragment.lower() for kind in discover().values() for fragment in kind.schemas}
    included: list[str] = []
    skipped: list[tuple[Path, str]] = []
    holes: set[str] = set()
    for path in sorted(p for p in source.rglob("*") if p.suffix.lower() in (".yml", ".yaml") and p.is_file()):
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        match = _SCHEMA.search(text)
        if match is None:
            continue
        address = match["address"].lower()
        if not any(fragment in address for fragment in known):
            skipped.append((path, f"its kind is not supported by this version ({match['address'].rsplit('/', 1)[-1]})"))
            continue
        included.append(Path(os.path.relpath(path, spec.parent)).as_posix())
        holes |= {first or second for first, second in _HOLE.findall(text)}
    if not included:
        raise StateError(
            f"There is no CLI v2 YAML file with a known $schema below {source}.",
            code="nothing-to-import",
            fix="Name the folder with your az ml YAML files, or run `amlctl init` without --from.",
        )
    return Imported(_spec_text(project, included, sorted(holes)), tuple(skipped))


def _spec_text(project: str, included: list[str], holes: list[str]) -> str:
    lines = [f"project: {project}", "", "targets:", "  dev: {default: true, workspace: {local: {}}}", ""]
    if holes:
        lines.append("variables:                # the files have holes with these names")
        lines += [f"  {name}: {{type: string, required: true}}" for name in holes]
        lines.append("")
    lines.append("include:")
    lines += [f"  - {name}" for name in included]
    return "\n".join(lines) + "\n"
