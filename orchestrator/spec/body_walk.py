"""Walks a body once: its mentions are resolved, its local files read, its numbers checked."""

from __future__ import annotations

import math
from typing import Any, Final

from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.field_mark import AsWritten, Files, PartNames, Ref
from orchestrator.core.fields import FieldNode
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList
from orchestrator.core.value import Reference, Template
from orchestrator.spec.addresses import mistyped
from orchestrator.spec.body_problems import error
from orchestrator.spec.catalogue import Catalogue
from orchestrator.spec.draft import IDENTITY_FIELDS, Draft
from orchestrator.spec.file_shapes import misfits
from orchestrator.spec.local_files import LocalFileReader, is_local
from orchestrator.spec.mentions import Mentions
from orchestrator.spec.references import malformed, mention
from orchestrator.spec.scalars import as_written, unspelled
from orchestrator.spec.unseen import is_name, unseen_problem

_EMPTY: Final = FieldNode()


class BodyWalk:
    """One body, once, in document order.

    Attributes:
        mentions: what it mentions.
        files: digests of the local files it names, by label.
        problems: everything wrong with it; mentions of what is not there included.
    """

    __slots__ = ("_catalogue", "_draft", "_reader", "files", "mentions", "problems")

    def __init__(self, draft: Draft, catalogue: Catalogue, reader: LocalFileReader) -> None:
        self._draft = draft
        self._catalogue = catalogue
        self._reader = reader
        self.mentions = Mentions(catalogue, draft.address)
        self.files: dict[str, str] = {}
        self.problems: list[Diagnostic] = self.mentions.problems

    def body(self, tree: LocatedDict, node: FieldNode) -> dict[str, Any]:
        """The properties of a body."""
        checks = self._draft.kind.checks_field
        if checks and checks in tree:
            tree = tree.copy()
            del tree[checks]
        resolved = self._mapping(tree, node)
        for name in IDENTITY_FIELDS & resolved.keys():
            del resolved[name]
        return resolved

    def _mapping(self, tree: LocatedDict, node: FieldNode) -> dict[str, Any]:
        resolved: dict[str, Any] = {}
        fields = node.fields
        for key, value in tree.items():
            child = node.item if fields is None else fields.get(key)
            if fields is None and not key.isascii():
                self._seen(key, f"'{key}' in {self._draft.address}", tree.key_span(key))
            if _says_nothing(value, child, named=fields is not None):
                continue
            kind = type(value)
            if kind is str:
                if not value.isascii() and is_name(key):
                    self._seen(value, f"'{key}' of {self._draft.address}", tree.value_span(key))
                plain = (child is None or not child.marks) and not value.startswith("azureml://")
                resolved[key] = value if plain else self._text(value, child, tree, key)
            elif kind is LocatedDict:
                parent = self._draft.parent
                if parent is not None and child is not None and (names := child.mark(PartNames)) is not None:
                    self.mentions.keys(value, names, parent)
                resolved[key] = self._mapping(value, child or _EMPTY)
            elif kind is LocatedList:
                resolved[key] = self._items(value, child or _EMPTY)
            elif kind is Reference or kind is Template:
                resolved[key] = self.mentions.resolved(value, tree.value_span(key), child)
            elif child is not None and child.mark(AsWritten) is not None:
                resolved[key] = as_written(value, tree.spellings.get(key, ""))
            else:
                resolved[key] = unspelled(value)
                if kind is float:
                    self._finite(value, key, tree.value_span(key))
        return resolved

    def _items(self, items: LocatedList, node: FieldNode) -> list[Any]:
        resolved: list[Any] = []
        for number, value in enumerate(items):
            if isinstance(value, LocatedDict):
                resolved.append(self._mapping(value, node.child(number)))
            elif isinstance(value, LocatedList):
                resolved.append(self._items(value, node.child(number)))
            elif isinstance(value, str):
                resolved.append(self._text(value, node.child(number), items, number))
            else:
                resolved.append(self.mentions.resolved(unspelled(value), items.value_span(number), node.child(number)))
                if isinstance(value, float):
                    self._finite(value, number, items.value_span(number))
        return resolved

    def _finite(self, value: float, key: str | int, span: Span) -> None:
        if not math.isfinite(value):
            detail = f"'{key}' of {self._draft.address} is {value}, which is not a finite number."
            self.problems.append(
                error("invalid-value", detail, "Use a finite number, or text in quotes.", span, self._draft.address)
            )

    def _seen(self, name: str, what: str, span: Span) -> None:
        problem = unseen_problem(name, what, span, self._draft.address)
        if problem is not None:
            self.problems.append(problem)

    def _section(self, ref: Ref, holder: Any) -> str:
        """Where what a field names stands; if the mark does not say, the type beside it does."""
        return ref.kind or self._catalogue.section_of(holder.get("type") if isinstance(holder, dict) else None)

    def _text(self, value: str, node: FieldNode | None, holder: Any, key: Any) -> Any:
        if self._mistyped(value, node, holder, key):
            return value
        if node is not None and (names := node.mark(PartNames)) is not None:
            parent = self._draft.parent
            if names.section:
                return self.mentions.part_of(value, holder.value_span(key), names)
            if parent is not None:
                self.mentions.part(value, holder.value_span(key), names, parent.address)
                return value
        ref: Ref | None = node.mark(Ref) if node is not None else None
        section = self._section(ref, holder) if ref is not None else ""
        found = mention(value, section, bare=ref is not None and ref.bare)
        if found is not None:
            reference = self.mentions.text(found, value, holder.value_span(key), ref)
            return reference if found.whole else _under_name(value, reference)
        files: Files | None = node.mark(Files) if node is not None else None
        if files is not None:
            return self._local(value, files, holder, holder.value_span(key)) if is_local(value) else value
        if ref is not None and (why := malformed(value, ref)) is not None:
            self.problems.append(self._catalogue.unclear(why, value, ref, holder.value_span(key), self._draft.address))
        return value

    def _mistyped(self, value: str, node: FieldNode | None, holder: Any, key: Any) -> bool:
        """Tell a text that was meant to be an address."""
        takes = node is not None and (node.mark(Ref) is not None or node.mark(Files) is not None)
        wrong = mistyped(value) if takes or key == "path" else None
        if wrong is None:
            return False
        why, right = wrong
        address = self._draft.address
        detail = f"{address}: '{value}' is not a valid address: {why}."
        span = holder.value_span(key)
        self.problems.append(error("invalid-reference", detail, f"Write '{right}'.", span, address))
        return True

    def _local(self, text: str, mark: Files, holder: Any, span: Span) -> Any:
        found = self._reader.read(text, span, mark, self._draft.address, _mentioned(mark, holder))
        if isinstance(found, list):
            self.problems.extend(found)
            return text
        self.files.update(self._reader.labels(found))
        if isinstance(holder, LocatedDict):
            self.problems.extend(misfits(found, mark, holder, span, self._draft.address))
        return found


def _under_name(text: str, reference: Reference) -> str:
    """An address that goes on after a resource's name, ``azureml://datastores/NAME/…``, with the name in place of the key."""
    return "/".join(reference.target.name if part == 3 else word for part, word in enumerate(text.split("/")))


def _mentioned(mark: Files, holder: Any) -> str:
    """What is said beside a path of code: its command, its script."""
    if not mark.gitignore or not isinstance(holder, LocatedDict):
        return ""
    return " ".join(str(value) for value in holder.values() if isinstance(value, str | Template))


def _says_nothing(value: Any, node: FieldNode | None, *, named: bool) -> bool:
    """Whether a member is as if it were not there: a field, or a text under a name, that is null; a text for people that is empty.

    Args:
        named: the member is a field of the model.
    """
    if value is None:
        return node is not None and (named or node.mark(AsWritten) is not None)
    if value == "" and node is not None:
        written = node.mark(AsWritten)
        return written is not None and written.blank
    return False
