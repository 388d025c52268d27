"""Bodies that stand in files of their own: ``{file: path}`` with what overrides it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from orchestrator.core.field_mark import BodyFile
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.core.value import Unknown
from orchestrator.spec.documents import recognise
from orchestrator.spec.evaluate import FAILED, Evaluator
from orchestrator.spec.files import SpecFiles
from orchestrator.spec.holes import Holes, Mask
from orchestrator.spec.local_files import is_local
from orchestrator.spec.overlay import overlay, without
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.text import beginning

_FILE: Final = "file:"


def _of_file(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_FILE)


def is_file_name(text: str) -> bool:
    """Whether a text that may name a resource or a file of this machine names a file."""
    names_resource = text.startswith("${") and not text.startswith(("${var.", "${env."))
    return is_local(text) and not text.startswith("azureml:") and not names_resource


def _variant(kind: Kind, body: LocatedDict) -> str:
    """The variant that a body tells; of one that tells none, any: the fields that take names are the same."""
    variant = kind.variant(body)
    return variant if variant in kind.variants else next(iter(kind.variants))


class Bodies:
    """Loads the files that bodies name.

    Attributes:
        guests: names of the files loaded: documents written for other tools.
    """

    def __init__(self, files: SpecFiles, evaluator: Evaluator, holes: Holes, kinds: Kinds, problems: Problems) -> None:
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
            result = self._inlined(section, result, root, known)
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
            if not isinstance(part, LocatedDict):
                continue
            whole = self._body(kind, part, root, known) if "file" in part else part
            whole = self._inlined(kind, whole, root, known)
            if whole is not part:
                if result is inner:
                    result = inner.copy()
                result[name] = whole
        if result is inner:
            return body
        outer = body.copy()
        outer[field] = result
        return outer

    def _inlined(self, section: str, body: LocatedDict, root: Path, known: Sequence[str]) -> LocatedDict:
        """Replace ``environment: file:./env.yml``, ``component: ./train.yml`` by what the file says, where a field takes a body.

        Source: azure-ai-ml, ``FileRefField`` of environments, models and components.
        """
        kind = self._kinds.get(section)
        if kind is None or not any(isinstance(value, dict | list) or _of_file(value) for value in body.values()):
            return body
        return self._filled(body, root_node(kind, _variant(kind, body)), root, known, ())

    def _filled(
        self, tree: LocatedDict, node: FieldNode, root: Path, known: Sequence[str], above: tuple[Path, ...]
    ) -> LocatedDict:
        """A mapping with the bodies in files that it and what is in it name.

        Args:
            above: the files that it stands in, of those that were named so.
        """
        result = tree
        for name, value in tree.items():
            child = node.child(name)
            filled: Any = value
            if isinstance(value, str):
                if child.fields and (_of_file(value) or (child.mark(BodyFile) is not None and is_file_name(value))):
                    filled = self._named(value, child, tree.value_marks.get(name, tree.mark), root, known, above)
            elif isinstance(value, LocatedDict):
                filled = self._overridden(value, child, root, known, above)
            if filled is not value:
                result = result.copy() if result is tree else result
                result[name] = filled
        return result

    def _overridden(
        self, tree: LocatedDict, node: FieldNode, root: Path, known: Sequence[str], above: tuple[Path, ...]
    ) -> Any:
        """The body in the file that one of its members names, with what the others override; the mapping itself if none does."""
        mark: BodyFile | None = node.mark(BodyFile)
        text = tree.get(mark.beside) if mark is not None else None
        if mark is None or not isinstance(text, str) or not (_of_file(text) or is_file_name(text)):
            return self._filled(tree, node, root, known, above)
        over = self._filled(without(tree, mark.beside), node, root, known, above)
        found = self._named(text, node, tree.value_marks.get(mark.beside, tree.mark), root, known, above)
        if not isinstance(found, LocatedDict):
            return tree if found is text else found
        return overlay(found, over)

    def _named(
        self, text: str, node: FieldNode, mark: Mark, root: Path, known: Sequence[str], above: tuple[Path, ...]
    ) -> Any:
        """The body in the file that a field names; `FAILED` if it has none, which is told."""
        written = self._evaluator.resolve(text, mark)
        if not isinstance(written, str):
            return text
        path = self._files.folder_of(mark, root) / written.removeprefix(_FILE)
        real = Path(os.path.realpath(path))  # unlike resolve(), it takes a link to itself
        if real in above:
            detail = f"{written} is part of itself: {' → '.join(file.name for file in (*above, path))}."
            self._problems.error("invalid-setting", detail, "Name another file.", mark)
            return FAILED
        document = self._at(path, mark, known)
        if document is None:
            return FAILED
        return self._filled(document, node, root, known, (*above, real))

    def _at(self, path: Path, mark: Mark, known: Sequence[str]) -> LocatedDict | None:
        """The document of a file, read once."""
        if path not in self._loaded:
            self._loaded[path] = self._load(path, mark, known)
        return self._loaded[path]

    def _body(self, kind: str, body: LocatedDict, root: Path, known: Sequence[str]) -> LocatedDict:
        mark = body.value_marks.get("file", body.mark)
        written = self._evaluator.resolve(body["file"], mark)
        overrides = without(body, "file")
        if isinstance(written, Unknown):
            return overrides
        if not isinstance(written, str) or not written:
            self._problems.error("invalid-setting", "'file' must be the path of a document.", "Write a path.", mark)
            return overrides
        document = self._at(self._files.folder_of(mark, root) / written, mark, known)
        if document is None:
            return overrides
        found = recognise(document, self._kinds)
        if found.certain and found.kind != kind:
            self._problems.error(
                "wrong-document",
                f"{written} describes a resource of {found.kind} (by its $schema), but is used in {kind}.",
                f"Move it to {found.kind}, or use another file.",
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
            code,
            f"{name} must contain exactly one document with the body.",
            "Put exactly one mapping into it.",
            beginning(name),
        )
        return None
