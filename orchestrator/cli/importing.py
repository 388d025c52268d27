"""A project out of a folder of CLI v2 YAML files: they stay as they are and are included."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.cli.imported_text import Part, Verdict, spec_text
from orchestrator.core.errors import StateError
from orchestrator.core.kind import Kinds
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.tree import LocatedDict
from orchestrator.kinds import discover
from orchestrator.spec.documents import is_spec, name_of, recognise
from orchestrator.spec.holes import Holes, Mask, candidates
from orchestrator.spec.places import Places
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.variables import spelled_alike

_SCHEMA = re.compile(r"""^\s*["']?\$schema["']?\s*:\s*["']?(?P<address>[^\s"'#]+)""", re.MULTILINE)
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
    verdicts: dict[Path, Verdict] = {}
    for path in _candidates(source):
        verdict = _judge(path, kinds)
        if verdict.refused:
            skipped.append((path, verdict.refused))
        elif verdict.title:
            included.append((path, verdict.title))
            verdicts[path] = verdict
    if not included:
        raise StateError(
            f"No supported CLI v2 YAML file was found in {source}.{_named(skipped)}",
            code="nothing-to-import",
            fix="Pass the folder with your az ml YAML files, or run `amlctl init` without --from.",
        )
    text = spec_text(project, spec.parent, source, verdicts, skipped)
    return Imported(text, tuple(included), tuple(skipped))


def _candidates(source: Path) -> list[Path]:
    return sorted(
        path
        for path in source.rglob("*")
        if path.suffix.lower() in _SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(source).parts)
    )


def _judge(path: Path, kinds: Kinds) -> Verdict:
    text = read_plain_text(path, errors="replace")
    schema = _SCHEMA.search(text)
    mask = Mask(text, candidates(text))
    problems = Problems()
    documents = read_documents(mask.text, path.name, problems)
    if documents is None or problems.errors:
        return Verdict(refused=f"it cannot be read: {problems.errors[0].detail}") if schema else Verdict()
    trees = [tree for tree in documents if isinstance(tree, LocatedDict)]
    titles = []
    part: Part | None = None
    owners: list[tuple[str, str]] = []
    for tree in trees:
        if is_spec(tree, kinds):
            return Verdict()
        title, refused = _kind_of(tree, kinds)
        if refused:
            return Verdict(refused=refused) if schema else Verdict()
        titles.append(title)
        key = recognise(tree, kinds).kind
        section, _, field = key.partition(".")
        name = _name(tree, path, mask)
        if field and "endpoint_name" not in tree:
            part = Part(section, field, name)
        elif any(other.startswith(f"{key}.") for other in kinds):
            owners.append((key, name))
    if not titles or not all(titles):
        return Verdict(refused="its kind is unknown") if schema else Verdict()
    if part and len(trees) > 1:
        return Verdict(refused="a document in it needs `endpoint_name` or a separate file")
    return Verdict(", ".join(titles), holes=_needed(mask, path.name), part=part, owners=tuple(owners))


def _name(tree: LocatedDict, path: Path, mask: Mask) -> str:
    """A document's name as a spec says it: a hole is a variable there."""
    parts = mask.split(str(name_of(tree, path.name)))
    return "".join(part if isinstance(part, str) else f"${{var.{spelled_alike(part[0])}}}" for part in parts)


def _needed(mask: Mask, name: str) -> frozenset[str]:
    """Variables that fill a file's holes: those that the loader would ask for."""

    def unknown(hole: str) -> Any:
        raise KeyError(hole)

    holes = Holes(unknown, Places(lambda _: mask.text))
    read_documents(mask.text, name, Problems(), holes.filler(mask))
    return frozenset(spelled_alike(hole) for hole in holes.needed)


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
