"""A project out of a folder of CLI v2 YAML files: they stay as they are and are included."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from orchestrator.core.errors import StateError
from orchestrator.core.kind import Kinds
from orchestrator.core.tree import LocatedDict
from orchestrator.kinds import discover
from orchestrator.spec.documents import is_spec, recognise
from orchestrator.spec.holes import Mask
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents

_SCHEMA = re.compile(r"""^\s*["']?\$schema["']?\s*:\s*["']?(?P<address>[^\s"'#]+)""", re.MULTILINE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[\w./-]+")
_SUFFIXES: Final = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class Imported:
    """What was found.

    Attributes:
        text: the spec that includes it all.
        included: the files that are included, with what they describe.
        skipped: CLI v2 files that this version cannot use, with the reason.
    """

    text: str
    included: tuple[tuple[Path, str], ...]
    skipped: tuple[tuple[Path, str], ...]


class _Verdict(NamedTuple):
    """What a file is: something to include, something to leave out and tell of, or, with neither, none of ours."""

    title: str = ""
    refused: str = ""
    holes: frozenset[str] = frozenset()


def import_documents(source: Path, spec: Path, project: str) -> Imported:
    """Look for CLI v2 documents below a folder: by ``$schema``, or by their shape where they have none.

    Args:
        source: where to look; hidden folders are passed over.
        spec: where the new spec will be; included paths are relative to it.
        project: its name.

    Raises:
        StateError: nothing usable was found.
    """
    kinds = discover()
    included: list[tuple[Path, str]] = []
    skipped: list[tuple[Path, str]] = []
    holes: set[str] = set()
    for path in _candidates(source):
        verdict = _judge(path, kinds)
        if verdict.refused:
            skipped.append((path, verdict.refused))
        elif verdict.title:
            included.append((path, verdict.title))
            holes |= verdict.holes
    if not included:
        raise StateError(
            f"There is no CLI v2 YAML file below {source} that this version can use.{_named(skipped)}",
            code="nothing-to-import",
            fix="Name the folder with your az ml YAML files, or run `amlctl init` without --from.",
        )
    text = _spec_text(project, spec.parent, included, skipped, sorted(holes))
    return Imported(text, tuple(included), tuple(skipped))


def _candidates(source: Path) -> list[Path]:
    return sorted(
        path
        for path in source.rglob("*")
        if path.suffix.lower() in _SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(source).parts)
    )


def _judge(path: Path, kinds: Kinds) -> _Verdict:
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    schema = _SCHEMA.search(text)
    mask = Mask(text)
    problems = Problems()
    documents = read_documents(mask.text, path.name, problems)
    if documents is None or problems.errors:
        return _Verdict(refused=f"it cannot be read: {problems.errors[0].detail}") if schema else _Verdict()
    trees = [tree for tree in documents if isinstance(tree, LocatedDict)]
    titles = []
    for tree in trees:
        if is_spec(tree):
            return _Verdict()
        title, refused = _kind_of(tree, kinds)
        if refused:
            return _Verdict(refused=refused) if schema else _Verdict()
        titles.append(title)
    if not titles or not all(titles):
        return _Verdict(refused="its kind is not known") if schema else _Verdict()
    return _Verdict(", ".join(titles), holes=frozenset(filter(_VARIABLE.fullmatch, mask.names)))


def _kind_of(tree: LocatedDict, kinds: Kinds) -> tuple[str, str]:
    """What a document describes, and why it cannot be included; both empty if it is no CLI v2 document at all."""
    found = recognise(tree, kinds)
    if not found.kind:
        return "", f"its kind is not supported by this version ({found.foreign})" if found.foreign else ""
    kind = kinds[found.kind]
    variant = kind.variant(tree).split(".", 1)[0]
    if variant in kind.unsupported:
        return "", f"{kind.title}s of type '{variant}' are not supported by this version"
    return kind.title, ""


def _named(skipped: list[tuple[Path, str]]) -> str:
    return "".join(f" {path}: {reason}." for path, reason in skipped[:3])


def _spec_text(
    project: str, folder: Path, included: list[tuple[Path, str]], skipped: list[tuple[Path, str]], holes: list[str]
) -> str:
    lines = [f"project: {project}", "", "targets:", "  dev: {default: true, workspace: {local: {}}}", ""]
    if holes:
        lines.append("variables:                # the files have holes with these names")
        lines += [f"  {name}: {{type: string, required: true}}" for name in holes]
        lines.append("")
    lines.append("include:")
    lines += [f"  - {_quoted(_relative(path, folder))}" for path, _ in included]
    lines += [f"  # left out: {_relative(path, folder)}: {' '.join(reason.split())}" for path, reason in skipped]
    return "\n".join(lines) + "\n"


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
