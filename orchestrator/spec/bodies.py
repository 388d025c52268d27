"""Bodies that stand in files of their own: ``{file: path}`` with what overrides it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestrator.core.kind import Kinds
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.core.value import Unknown
from orchestrator.spec.documents import recognise
from orchestrator.spec.evaluate import Evaluator
from orchestrator.spec.files import Files
from orchestrator.spec.holes import Holes, Mask
from orchestrator.spec.overlay import overlay, without
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.text import beginning


class Bodies:
    """Loads the files that bodies name.

    Attributes:
        guests: names of the files loaded: documents written for other tools.
    """

    def __init__(self, files: Files, evaluator: Evaluator, holes: Holes, kinds: Kinds, problems: Problems) -> None:
        self.guests: set[str] = set()
        self._files = files
        self._evaluator = evaluator
        self._holes = holes
        self._kinds = kinds
        self._problems = problems
        self._loaded: dict[Path, LocatedDict | None] = {}

    def expand(self, section: str, tree: LocatedDict, root: Path, known: Sequence[str]) -> LocatedDict:
        """Replace every ``{file: …}`` of a section, and of the named parts inside its bodies, by the file with its overrides.

        Args:
            section: the section's key.
            tree: name to body.
            root: where relative paths start that come from no file.
            known: names of variables, for holes in lower case.
        """
        changed: LocatedDict | None = None
        parts = self._parts(section)
        for name, body in tree.items():
            if not isinstance(body, LocatedDict):
                continue
            result = self._body(section, body, root, known) if "file" in body else body
            for field, kind in parts:
                if field in result:
                    result = self._inner(result, field, kind, root, known)
            if result is not body:
                if changed is None:
                    changed = tree.copy()
                changed[name] = result
        return changed if changed is not None else tree

    def _parts(self, section: str) -> list[tuple[str, str]]:
        kind = self._kinds.get(section)
        children = kind.children if kind else ()
        return [(field, child.kind) for child in children if child.keyed for field in child.fields]

    def _inner(self, body: LocatedDict, field: str, kind: str, root: Path, known: Sequence[str]) -> LocatedDict:
        inner = body[field]
        if not isinstance(inner, LocatedDict):
            return body
        result = inner
        for name, part in inner.items():
            if isinstance(part, LocatedDict) and "file" in part:
                if result is inner:
                    result = inner.copy()
                result[name] = self._body(kind, part, root, known)
        if result is inner:
            return body
        outer = body.copy()
        outer[field] = result
        return outer

    def _body(self, kind: str, body: LocatedDict, root: Path, known: Sequence[str]) -> LocatedDict:
        mark = body.value_marks.get("file", body.mark)
        written = self._evaluator.resolve(body["file"], mark)
        overrides = without(body, "file")
        if isinstance(written, Unknown):
            return overrides
        if not isinstance(written, str) or not written:
            self._problems.error("invalid-setting", "'file' must be the path of a document.", "Write a path.", mark)
            return overrides
        path = self._files.folder_of(mark, root) / written
        if path not in self._loaded:
            self._loaded[path] = self._load(path, mark, known)
        document = self._loaded[path]
        if document is None:
            return overrides
        found = recognise(document, self._kinds)
        if found.certain and found.kind != kind:
            self._problems.error(
                "wrong-document",
                f"{written} describes something of {found.kind}, as its $schema says, and is used as one of {kind}.",
                f"Move it to {found.kind}, or name another file.",
                mark,
                related=[("the document", document.value_marks.get("$schema", document.mark))],
            )
        merged = overlay(document, overrides)
        merged.mark = body.mark
        return merged

    def _load(self, path: Path, at: Mark, known: Sequence[str]) -> LocatedDict | None:
        name, text = self._files.text(path, at)
        if text is None:
            return None
        self.guests.add(name)
        mask = Mask(text, known)
        documents = read_documents(mask.text, name, self._problems, self._holes.filler(mask) if mask.names else None)
        if documents is None:
            return None
        filled: list[Any] = [document for document in documents if document is not None]
        if len(filled) == 1 and isinstance(filled[0], LocatedDict):
            return filled[0]
        code = "wrong-document" if filled else "empty-document"
        self._problems.error(
            code, f"{name} must hold one document with the body.", "Put one mapping into it.", beginning(name)
        )
        return None
