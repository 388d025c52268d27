"""The text of a spec that includes CLI v2 documents."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from orchestrator.cli.commands.init import project_name

_PLAIN = re.compile(r"[\w./-]+")

Skipped = list[tuple[Path, str]]


class Part(NamedTuple):
    """A document that does not say which resource it belongs to: a deployment without ``endpoint_name``.

    Attributes:
        section: of the resource.
        field: of the resource that holds such parts.
        name: of the part, as a spec says it.
    """

    section: str
    field: str
    name: str


class Verdict(NamedTuple):
    """What a file is: something to include, something to leave out and tell of, or, with neither, none of ours.

    Attributes:
        title: what it describes.
        refused: why it is left out.
        holes: variables that it needs.
        part: set if it must be named where its endpoint is.
        owners: section and name of the endpoints that it describes.
    """

    title: str = ""
    refused: str = ""
    holes: frozenset[str] = frozenset()
    part: Part | None = None
    owners: tuple[tuple[str, str], ...] = ()


def spec_text(project: str, spec: Path, source: Path, verdicts: Mapping[Path, Verdict], skipped: Skipped) -> str:
    """Write the spec.

    Args:
        project: its name.
        spec: its folder; paths are relative to it.
        source: where the documents were looked for.
        verdicts: the documents that it includes, in order.
        skipped: what is left out; a part whose name is taken is added.
    """
    lines = [f"project: {project}", "", "targets:", "  dev: {default: true, workspace: {local: {}}}", ""]
    holes = sorted(frozenset().union(*(verdict.holes for verdict in verdicts.values())))
    if holes:
        lines.append("variables:                # the files have holes with these names")
        lines += [f"  {name}: {{type: string, required: true}}" for name in holes]
        lines.append("")
    parts = _parts(spec, source, verdicts, skipped)
    whole = [path for path, verdict in verdicts.items() if verdict.part is None]
    if whole or skipped:
        lines.append("include:" if whole else "include: []")
    lines += [f"  - {_quoted(_relative(path, spec))}" for path in whole]
    lines += [f"  # left out: {_relative(path, spec)}: {' '.join(reason.split())}" for path, reason in skipped]
    return "\n".join([*lines, *parts]) + "\n"


def _parts(spec: Path, source: Path, verdicts: Mapping[Path, Verdict], skipped: Skipped) -> list[str]:
    """Sections that name each part's file below its owner."""
    sections: dict[str, dict[str, dict[str, dict[str, Path]]]] = {}
    implied: set[tuple[str, str]] = set()
    for path, verdict in verdicts.items():
        if verdict.part is None:
            continue
        section, field, name = verdict.part
        owner = _owner(path, source, section, verdicts)
        if not owner:
            owner = project_name(path.absolute().parent.name)
            implied.add((section, owner))
        inner = sections.setdefault(section, {}).setdefault(owner, {}).setdefault(field, {})
        if name in inner:
            skipped.append((path, f"{owner} has another of the name {name}: {inner[name].name}"))
        else:
            inner[name] = path
    lines: list[str] = []
    for section, owners in sections.items():
        lines += ["", f"{section}:"]
        for owner, fields in owners.items():
            comment = "   # named after the folder: no single document there describes it; correct it if it is another"
            lines.append(f"  {_quoted(owner)}:{comment if (section, owner) in implied else ''}")
            for field, inner in fields.items():
                lines.append(f"    {field}:")
                lines += [
                    f"      {_quoted(name)}: {{file: {_quoted(_relative(path, spec))}}}" for name, path in inner.items()
                ]
    return lines


def _owner(path: Path, source: Path, section: str, verdicts: Mapping[Path, Verdict]) -> str:
    """The one endpoint of the nearest folder that describes any, from a part's own up to the source; empty if not exactly one."""
    for folder in path.parents:
        found = {
            name
            for other, verdict in verdicts.items()
            if other.parent == folder
            for owner, name in verdict.owners
            if owner == section
        }
        if found or folder == source:
            return found.pop() if len(found) == 1 else ""
    return ""


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and not text[0].isdigit() else json.dumps(text, ensure_ascii=False)
