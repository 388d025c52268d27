"""Plain CLI v2 documents as resources of a project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.kind import Kinds
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.core.value import Unknown
from orchestrator.spec.documents import Recognised, name_of, recognise
from orchestrator.spec.draft import IDENTITY_FIELDS
from orchestrator.spec.evaluate import Evaluator
from orchestrator.spec.gather import Fragment
from orchestrator.spec.head import add_resource
from orchestrator.spec.holes import Holes, Mask
from orchestrator.spec.overlay import overlay
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.text import beginning

Sections = dict[str, LocatedDict]


class PlainDocuments:
    """Puts plain documents into the sections they belong to."""

    def __init__(self, kinds: Kinds, evaluator: Evaluator, holes: Holes, problems: Problems) -> None:
        self._kinds = kinds
        self._evaluator = evaluator
        self._holes = holes
        self._problems = problems
        self._documents: dict[str, set[str]] = {}

    def add(self, fragments: Iterable[Fragment], sections: Sections, known: Sequence[str]) -> None:
        """Add every plain document of the fragments.

        Args:
            fragments: all fragments; those of specs are passed over.
            sections: section to name to body; is added to.
            known: names of variables, for holes in lower case.
        """
        parts: list[tuple[str, LocatedDict, str]] = []
        for fragment in fragments:
            if fragment.spec:
                continue
            found = recognise(fragment.tree, self._kinds)
            if not found.kind:
                self._report_unknown(fragment, found)
                continue
            tree = self._filled(fragment, known)
            if tree is None:
                continue
            if "." in found.kind:
                parts.append((found.kind, tree, fragment.name))
            else:
                self._put(sections, found.kind, tree, fragment.name)
        for kind, tree, file in parts:
            self._put_part(sections, kind, tree, file)

    def _filled(self, fragment: Fragment, known: Sequence[str]) -> LocatedDict | None:
        if fragment.text is None:
            return fragment.tree
        mask = Mask(fragment.text, known)
        documents = read_documents(mask.text, fragment.name, self._problems, self._holes.filler(mask))
        tree = documents[fragment.index] if documents else None
        return tree if isinstance(tree, LocatedDict) else None

    def _report_unknown(self, fragment: Fragment, found: Recognised) -> None:
        schema = fragment.tree.value_marks.get("$schema")
        at = schema or beginning(fragment.name)
        if found.foreign:
            detail = f"{fragment.name} is a {found.foreign} document, which this version does not support."
            self._problems.error("unsupported-document", detail, "Exclude the file.", at)
        elif found.candidates:
            detail = f"{fragment.name} could be a document of {' or '.join(found.candidates)}."
            self._problems.error("ambiguous-document", detail, "Add its `$schema:` or its `type:`.", at)
        elif fragment.found:
            detail = f"{fragment.name} is neither a spec nor a CLI v2 document, so it was ignored."
            if not fragment.name.casefold().endswith(".json"):
                self._problems.warning("ignored-file", detail, "Add its `$schema:` if it is one.", at)
        else:
            detail = f"{fragment.name} is neither a spec nor a supported CLI v2 document."
            fix = "Write `project:` if it is a spec, or `$schema:` or `type:` if it is a CLI v2 document."
            self._problems.error("unknown-document", detail, fix, at)

    def _put(self, sections: Sections, section: str, tree: LocatedDict, file: str) -> None:
        name = self._text(name_of(tree, file), tree.value_marks.get("name", tree.mark))
        if name is None:
            return
        written = sections.get(section, LocatedDict()).get(name)
        documents = self._documents.setdefault(section, set())
        first = name not in documents
        documents.add(name)
        if first and isinstance(written, LocatedDict) and written.keys().isdisjoint(tree.keys() - IDENTITY_FIELDS):
            # the spec says beside the document what the document does not: its endpoint's traffic, a lifecycle
            sections[section] = sections[section].copy()
            sections[section][name] = overlay(tree, written)
            return
        add_resource(sections, section, name, self._named(name, tree), self._problems)

    def _put_part(self, sections: Sections, kind: str, tree: LocatedDict, file: str) -> None:
        """Put a deployment below its endpoint."""
        section, field = kind.split(".", 1)
        if "endpoint_name" not in tree:
            detail = f"{file} requires 'endpoint_name'."
            fix = (
                "Add `endpoint_name:`, or name the file where the endpoint is: "
                f"`{section}: {{NAME: {{{field}: {{{PurePath(file).stem}: {{file: {PurePath(file).name}}}}}}}}}`."
            )
            self._problems.error("missing-setting", detail, fix, tree.mark)
            return
        mark = tree.value_marks["endpoint_name"]
        endpoint = self._text(tree["endpoint_name"], mark)
        name = self._text(name_of(tree, file), tree.value_marks.get("name", tree.mark))
        if endpoint is None or name is None:
            return
        known = sections.setdefault(section, LocatedDict(mark=tree.mark))
        if endpoint not in known:
            detail = f"No document describes the endpoint '{endpoint}', so it is added with default settings."
            self._problems.warning("implied-endpoint", detail, "Add a document for the endpoint.", mark)
            known.put(endpoint, LocatedDict(mark=mark), mark, mark)
        body = known[endpoint] = known[endpoint].copy()
        inner = body.get(field)
        if isinstance(inner, LocatedDict) and name in inner:
            self._problems.error(
                "duplicate-resource",
                f"{section}.{endpoint}.{field}.{name} is defined twice.",
                "Rename one of them.",
                tree.value_marks.get("name", tree.mark),
                related=[("first defined here", inner.key_marks[name])],
                address=Address(section, endpoint, f"{field}.{name}"),
            )
            return
        inner = inner.copy() if isinstance(inner, LocatedDict) else LocatedDict(mark=tree.mark)
        inner.take(name, self._named(name, tree))
        body.put(field, inner, tree.mark, tree.mark)

    def _named(self, name: str, tree: LocatedDict) -> LocatedDict:
        holder = LocatedDict(mark=tree.mark)
        holder.put(name, tree, tree.value_marks.get("name", tree.mark), tree.mark)
        return holder

    def _text(self, value: Any, mark: Mark) -> str | None:
        """A name with its expressions resolved; None if it is no text, which is told."""
        found = self._evaluator.resolve(value, mark)
        if isinstance(found, str) and found:
            return found
        if not isinstance(found, Unknown):
            self._problems.error("invalid-setting", "A name must be text.", "Write text.", mark)
        return None
