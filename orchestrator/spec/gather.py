"""From the paths a person names to all files of a spec: folders, includes, plain documents."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.kind import Kinds
from orchestrator.core.plan import SAVED_PLAN_KEYS
from orchestrator.core.tree import LocatedDict, LocatedList, Mark
from orchestrator.core.written import Written
from orchestrator.spec.documents import is_spec
from orchestrator.spec.files import SpecFiles
from orchestrator.spec.holes import Mask
from orchestrator.spec.language import SUFFIXES
from orchestrator.spec.problems import OUTSIDE, OUTSIDE_FIX, Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.text import beginning

_MAIN: Final = ("spec.yaml", "spec.yml", "spec.json")
_WILD: Final = re.compile(r"[*?\[]")
_TEMPLATED: Final = re.compile(r"\{\{|<[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Fragment:
    """One document of one file.

    Attributes:
        name: the file in messages.
        tree: the mapping; of a document with holes, with the holes masked.
        spec: part of a spec; otherwise a plain CLI v2 document.
        text: of a plain document that may have holes: the file's text, to be read again once variables are known.
        index: which document of the file.
        found: it was found in a folder, so it may turn out to be something else.
    """

    name: str
    tree: LocatedDict
    spec: bool = False
    text: str | None = None
    index: int = 0
    found: bool = False


class Gathering:
    """Collects the fragments of a spec."""

    def __init__(self, files: SpecFiles, kinds: Kinds, problems: Problems) -> None:
        self.fragments: list[Fragment] = []
        self._files = files
        self._kinds = kinds
        self._problems = problems
        self._seen: set[Path] = set()

    def gather(self, paths: Sequence[Path | Written]) -> None:
        """Read everything that the paths lead to."""
        if not paths:
            self._problems.error("no-spec", "No spec was specified.", "Pass a spec file or a folder.", None)
        for path in paths:
            if isinstance(path, Written):
                self._written(path)
            elif path.is_dir():
                self._folder(path)
            else:
                self._file(path, (), None)

    def _written(self, written: Written) -> None:
        name = written.tree.mark[0]
        program = written.program or written.folder / name
        self._files.sources[name] = program.absolute()
        self.fragments.append(Fragment(name, written.tree, spec=True))
        if "include" in written.tree:
            self._include(written.tree, (_real(program.absolute()),))

    def _folder(self, folder: Path) -> None:
        main = [folder / name for name in _MAIN if (folder / name).is_file()]
        if main:
            self._file(main[0], (), None)
            return
        files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in SUFFIXES)
        before = len(self.fragments)
        for path in files:
            self._file(path, (), None, found=True)
        if len(self.fragments) == before and not self._problems.errors:
            self._problems.error(
                "no-spec",
                f"The folder {self._files.name_of(folder)} contains neither a spec nor a CLI v2 document.",
                f"Pass a folder with a spec.yaml or with files that end in {', '.join(SUFFIXES)}.",
                None,
            )

    def _file(self, path: Path, chain: tuple[Path, ...], at: Mark | None, *, found: bool = False) -> None:
        absolute = path.absolute()
        key = _real(absolute)
        if key in self._seen:
            return
        self._seen.add(key)
        name, text = self._files.text(absolute, at)
        if text is None:
            return
        documents, holed = self._read(text, name)
        if documents is None:
            return
        for index, tree in enumerate(documents):
            if tree is not None:
                fragment = Fragment(name, tree, text=text if holed else None, index=index, found=found)
                self._document(fragment, (*chain, key))
        if all(tree is None for tree in documents):
            self._empty(name, expected=not found and at is None)

    def _read(self, text: str, name: str) -> tuple[list[Any] | None, bool]:
        """The documents of a file, and whether their holes are masked: holes are for plain documents, specs have expressions."""
        if _TEMPLATED.search(text):
            mask = Mask(text)  # names in lower case may be holes as well, which is known once there are variables
            aside = Problems()
            documents = read_documents(mask.text, name, aside)
            if documents is None or not any(
                isinstance(tree, LocatedDict) and is_spec(tree, self._kinds) for tree in documents
            ):
                self._problems.extend(aside)
                return documents, True
        return read_documents(text, name, self._problems), False

    def _document(self, fragment: Fragment, chain: tuple[Path, ...]) -> None:
        tree: Any = fragment.tree  # whatever the file holds, until it is checked here
        if not isinstance(tree, LocatedDict):
            if not fragment.found:
                detail = f"{fragment.name} is not a mapping, so it is neither a spec nor a CLI v2 document."
                fix = "Pass a spec or a CLI v2 document."
                self._problems.error("unknown-document", detail, fix, beginning(fragment.name))
            return
        if tree.keys() >= SAVED_PLAN_KEYS:  # in a folder of documents it is passed over
            if not fragment.found:
                detail = f"{fragment.name} is a saved plan, not a spec or a CLI v2 document."
                fix = f"Apply it with `amlctl apply {fragment.name}`, or pass the spec that it was created from."
                self._problems.error("unknown-document", detail, fix, beginning(fragment.name))
            return
        self.fragments.append(replace(fragment, spec=is_spec(tree, self._kinds)))
        if "include" in tree and self.fragments[-1].spec:
            self._include(tree, chain)

    def _empty(self, name: str, *, expected: bool) -> None:
        detail = f"{name} has no content" + ("." if expected else ", so it adds nothing.")
        if expected:
            self._problems.error("empty-document", detail, "Write a spec, or name another file.", beginning(name))
        else:
            self._problems.warning("empty-document", detail, "Remove the file, or add content.", beginning(name))

    def _include(self, tree: LocatedDict, chain: tuple[Path, ...]) -> None:
        patterns = tree["include"]
        mark = tree.value_marks.get("include", tree.mark)
        if isinstance(patterns, str):
            patterns = LocatedList([patterns], mark)
        if patterns is None:
            return
        if not isinstance(patterns, LocatedList):
            detail = "'include' must be a list of paths or patterns."
            self._problems.error("invalid-setting", detail, "Write `include: [jobs/*.yaml]`.", mark)
            return
        for index, pattern in enumerate(patterns):
            place = patterns.value_span(index)
            if not isinstance(pattern, str) or not pattern:
                self._problems.error("invalid-setting", "An include is a path or a pattern.", "Write text.", place)
            elif "${" in pattern:
                detail = "Expressions are not supported in 'include'."
                self._problems.error("misplaced-expression", detail, "Write the path out.", place)
            else:
                self._include_one(pattern, chain, place)

    def _include_one(self, pattern: str, chain: tuple[Path, ...], place: Mark) -> None:
        folder = chain[-1].parent
        if not _WILD.search(pattern):
            path = folder / pattern
            if _real(path) in chain:
                ring = " → ".join(self._files.name_of(file) for file in [*chain[chain.index(_real(path)) :], path])
                detail = f"Files include each other: {ring}."
                self._problems.error("include-cycle", detail, "Remove one of the includes.", place)
            elif os.path.isdir(path):  # noqa: PTH112  # of a name that no file can have, too
                detail = f"'{pattern}' is a folder."
                self._problems.error("include-no-match", detail, f"Write `{pattern.rstrip('/')}/*.yaml`.", place)
            else:
                self._file(path, chain, place)
            return
        matches = matching(folder, pattern)
        if not all(self._files.admits(path) for path in matches):
            # Without their names: what lies there is none of the spec's business.
            self._problems.error("outside-boundary", f"'{pattern}' {OUTSIDE}.", OUTSIDE_FIX, place)
            return
        if not matches:
            detail = f"No file matches '{pattern}' below {self._files.name_of(folder)}."
            self._problems.error("include-no-match", detail, "Correct the pattern, or remove it.", place)
        for path in matches:
            if _real(path) not in chain:
                self._file(path, chain, place)


def _real(path: Path) -> Path:
    """Where links lead; of links that lead round in a ring, and of a name that no file can have, the path itself."""
    return path if "\0" in str(path) else Path(os.path.realpath(path))


def matching(folder: Path, pattern: str) -> list[Path]:
    """Files below a folder that match a pattern, sorted; ``**`` reaches any depth.

    The ending matches in any case, so that ``*.yaml`` finds ``A.YAML`` too.
    """
    if "\0" in pattern:
        return []
    head, _, tail = pattern.rpartition("/")
    name_pattern = re.compile(fnmatch.translate(_with_small_ending(tail)))
    found: dict[Path, None] = {}
    heads = glob.glob(head, root_dir=folder, recursive=True) if head else [""]  # noqa: PTH207 - takes absolute patterns
    for place in sorted(folder / head for head in heads):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            hidden = path.name.startswith(".") and not tail.startswith(".")
            if not hidden and name_pattern.match(_with_small_ending(path.name)) and path.is_file():
                found[path] = None
    return list(found)


def _with_small_ending(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem}{dot}{ending.lower()}" if f".{ending.lower()}" in SUFFIXES else name
