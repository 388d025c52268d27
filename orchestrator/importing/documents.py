"""The CLI v2 documents of a folder: what each describes, how it is called, what it needs, or why it is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.core.kind import Kinds
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.tree import LocatedDict
from orchestrator.spec.documents import is_spec, name_of, recognise
from orchestrator.spec.holes import Holes, Mask, candidates
from orchestrator.spec.places import Places
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.variables import spelled_alike

_SCHEMA: Final = re.compile(r"""^\s*["']?\$schema["']?\s*:\s*["']?(?P<address>[^\s"'#]+)""", re.MULTILINE)
_SUFFIXES: Final = (".yml", ".yaml")
_SEVERAL: Final = "a document in it needs `endpoint_name` or a separate file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file that can be part of a spec.

    Attributes:
        path: the file.
        title: what it describes; of a file with several documents, all of them.
        kind: key of its kind.
        name: as a spec says it: a placeholder is a variable there.
        named: the document says its name; otherwise it is that of the file.
        endpoint: of a deployment: the endpoint that it says; empty if it does not say one.
        several: the file has several documents; it can only be included whole.
        holes: placeholder to the key of the field in which it stands.
        uses: other YAML files that it names.
        text: of the file.
    """

    path: Path
    title: str
    kind: str
    name: str
    named: bool
    endpoint: str
    several: bool
    holes: Mapping[str, str]
    uses: frozenset[Path]
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds.

    Attributes:
        documents: that can be included.
        refused: CLI v2 documents that cannot, with the reason.
        others: YAML files that are no CLI v2 documents, with what they are.
    """

    documents: tuple[Document, ...]
    refused: tuple[tuple[Path, str], ...]
    others: tuple[tuple[Path, str], ...]


def find_documents(source: Path, kinds: Kinds) -> Found:
    """Look for CLI v2 documents below a folder: by ``$schema``, or by their shape where they have none. Hidden folders are passed over."""
    documents: list[Document] = []
    refused: list[tuple[Path, str]] = []
    others: list[tuple[Path, str]] = []
    for path in _candidates(source):
        text = read_plain_text(path, errors="replace")
        found, reason = _read(path, text, kinds)
        if found is not None:
            documents.append(found)
        elif _SCHEMA.search(text) and reason != _SPEC:
            refused.append((path, reason))
        else:
            others.append((path, reason))
    return Found(tuple(documents), tuple(refused), tuple(others))


_SPEC: Final = "it is a spec of amlctl"


def _candidates(source: Path) -> list[Path]:
    return sorted(
        path
        for path in source.rglob("*")
        if path.suffix.lower() in _SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(source).parts)
    )


def _read(path: Path, text: str, kinds: Kinds) -> tuple[Document | None, str]:
    mask = Mask(text, candidates(text))
    problems = Problems()
    documents = read_documents(mask.text, path.name, problems)
    if documents is None or problems.errors:
        return None, f"it cannot be read: {problems.errors[0].detail}"
    trees = [tree for tree in documents if isinstance(tree, LocatedDict)]
    if not trees:
        return None, "it has no content"
    titles = []
    for tree in trees:
        if is_spec(tree, kinds):
            return None, _SPEC
        title, reason = _title(tree, kinds)
        if not title:
            return None, reason
        titles.append(title)
    keys = [recognise(tree, kinds).kind for tree in trees]
    if len(trees) > 1 and any(
        "." in key and "endpoint_name" not in tree for key, tree in zip(keys, trees, strict=True)
    ):
        return None, _SEVERAL
    first = trees[0]
    return Document(
        path=path,
        title=", ".join(titles),
        kind=keys[0],
        name=_expression(mask, str(name_of(first, path.name))),
        named=isinstance(first.get("name"), str),
        endpoint=_expression(mask, str(first.get("endpoint_name") or "")),
        several=len(trees) > 1,
        holes=_holes(mask, path.name),
        uses=frozenset(_uses(trees, path)),
        text=text,
    ), ""


def _title(tree: LocatedDict, kinds: Kinds) -> tuple[str, str]:
    """What a document describes, or why it cannot be included."""
    found = recognise(tree, kinds)
    if not found.kind:
        return "", _what(tree, found.foreign, found.candidates)
    kind = kinds[found.kind]
    variant = kind.variant(tree).split(".", 1)[0]
    if variant in kind.unsupported:
        return "", f"{kind.title}s of type '{variant}' are not supported by this version"
    return kind.title, ""


def _what(tree: LocatedDict, foreign: str, several: tuple[str, ...]) -> str:
    """What a YAML file is that is of no kind."""
    if foreign:
        return f"its kind is not supported by this version ({foreign})"
    if "dependencies" in tree and ("channels" in tree or "name" in tree):
        return "a conda file"
    if several:
        return f"it could be a document of {' or '.join(several)}; add its `$schema:` or its `type:`"
    if "$schema" in tree:
        return "its kind is unknown"
    return "it is not a CLI v2 document"


def _expression(mask: Mask, text: str) -> str:
    """Text as a spec says it: a hole is a variable there."""
    return "".join(part if isinstance(part, str) else f"${{var.{spelled_alike(part[0])}}}" for part in mask.split(text))


def _holes(mask: Mask, name: str) -> dict[str, str]:
    """Variables that fill a file's holes, those that the loader would ask for, with the key under which each occurs."""
    needed: dict[str, str] = {}

    def unknown(hole: str) -> Any:
        raise KeyError(hole)

    holes = Holes(unknown, Places(lambda _: mask.text))
    fill = holes.filler(mask)

    def watched(text: str, plain: bool, mark: Any, key: str) -> Any:  # noqa: FBT001 - the shape that readers call
        for part in mask.split(text):
            if not isinstance(part, str):
                needed.setdefault(spelled_alike(part[0]), key)
        return fill(text, plain, mark, key)

    read_documents(mask.text, name, Problems(), watched)
    return {hole: needed.get(hole, "") for hole in sorted(spelled_alike(hole) for hole in holes.needed)}


def _uses(value: Any, path: Path) -> Iterator[Path]:
    """YAML files that a document names by path."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _uses(inner, path)
    elif isinstance(value, str) and value.lower().endswith(_SUFFIXES) and "://" not in value:
        other = (path.parent / value.removeprefix("file:")).resolve()
        if other.is_file() and other != path.resolve():
            yield other
