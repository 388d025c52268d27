"""References, local files and digests: drafts become desired resources."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, did_you_mean
from orchestrator.core.field_mark import Files, PartNames, Ref
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.core.resource import Check, Desired
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList
from orchestrator.core.value import LocalFiles, Reference, Secret, Template
from orchestrator.spec import content
from orchestrator.spec.body_problems import error
from orchestrator.spec.catalogue import Catalogue
from orchestrator.spec.draft import IDENTITY_FIELDS, Draft
from orchestrator.spec.lifecycle import read_lifecycle
from orchestrator.spec.local_files import LocalFileReader, is_local
from orchestrator.spec.references import Mention, malformed, mention

MODEL_TYPES = ("custom_model", "mlflow_model", "triton_model")


class Resolver:
    """Resolves the drafts of one composition.

    Args:
        catalogue: everything that can be mentioned.
        files: reads local files.
        tags: of the whole project.
    """

    def __init__(self, catalogue: Catalogue, files: LocalFileReader, tags: Mapping[str, Any]) -> None:
        self.catalogue = catalogue
        self.files = files
        self._tags = dict(tags)

    def resolve(self, draft: Draft, checks: tuple[Check, ...]) -> tuple[Desired, list[Diagnostic]]:
        """Make the desired resource of a draft; mistakes are left out of it and returned beside it."""
        walk = _Walk(self, draft)
        node = root_node(draft.kind, draft.variant)
        properties = walk.body(draft.body, node)
        if self._tags and draft.kind.taggable:
            own = properties.get("tags")
            properties["tags"] = {**self._tags, **own} if isinstance(own, dict) else dict(self._tags)
        lifecycle, needs, wrong = read_lifecycle(draft)
        walk.problems.extend(wrong)
        for text, span in needs:
            walk.need(text, span)
        if draft.parent is not None:
            walk.depends_on.add(draft.parent.address)
        digest, parts = content.split(draft.kind, draft.variant, properties, node)
        labels = parts.labels
        if checks:
            labels["tests"] = [_check_label(check) for check in checks]
        version = draft.body.get("version")
        desired = Desired(
            address=draft.address,
            properties=properties,
            content=digest,
            metadata=content.digest_of(labels),
            references=tuple(walk.references),
            depends_on=frozenset(walk.depends_on),
            files=walk.files,
            lifecycle=lifecycle,
            version=None if version is None else str(version),
            checks=checks,
            span=draft.span,
            source=draft.body,
            variant=draft.variant,
            passive=content.digest_of(parts.passive),
        )
        return desired, walk.problems


def _check_label(check: Check) -> list[Any]:
    return [check.name, check.body, sorted(check.headers), check.status, check.has_expect, check.expect, check.match]


class _Walk:
    """One body, once, in document order."""

    __slots__ = ("_draft", "_following", "_resolver", "depends_on", "files", "problems", "references")

    def __init__(self, resolver: Resolver, draft: Draft) -> None:
        self._resolver = resolver
        self._draft = draft
        self.references: list[Reference] = []
        self.depends_on: set[Address] = set()
        self._following: list[tuple[Address, str]] = []
        self.files: dict[str, str] = {}
        self.problems: list[Diagnostic] = []

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

    def need(self, text: str, span: Span) -> None:
        """An address under ``lifecycle.depends_on``."""
        found = self._resolver.catalogue.parse(text)
        if found is None:
            self.problems.append(self._resolver.catalogue.missing(text, span, self._draft.address))
        else:
            self.depends_on.add(found)

    def _mapping(self, tree: LocatedDict, node: FieldNode) -> dict[str, Any]:
        resolved: dict[str, Any] = {}
        fields = node.fields
        for key, value in tree.items():
            child = node.item if fields is None else fields.get(key)
            kind = type(value)
            if kind is str:
                plain = (child is None or not child.marks) and not value.startswith("azureml://")
                resolved[key] = value if plain else self._text(value, child, tree, key)
            elif kind is LocatedDict:
                parent = self._draft.parent
                if parent is not None and child is not None and (names := child.mark(PartNames)) is not None:
                    self._keys(value, names, parent)
                resolved[key] = self._mapping(value, child or EMPTY)
            elif kind is LocatedList:
                resolved[key] = self._items(value, child or EMPTY)
            elif kind is Reference or kind is Template:
                resolved[key] = self._special(value, child, tree, key)
            else:
                resolved[key] = value
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
                resolved.append(self._special(value, node.child(number), items, number))
                if isinstance(value, float):
                    self._finite(value, number, items.value_span(number))
        return resolved

    def _finite(self, value: float, key: str | int, span: Span) -> None:
        if not math.isfinite(value):
            detail = f"'{key}' of {self._draft.address} is {value}, which is no number that can be sent or compared."
            self.problems.append(
                error("invalid-value", detail, "Write a finite number, or text in quotes.", span, self._draft.address)
            )

    def _text(self, value: str, node: FieldNode | None, holder: Any, key: Any) -> Any:
        ref: Ref | None = node.mark(Ref) if node is not None else None
        section = _section(ref, holder) if ref is not None else ""
        found = mention(value, section, bare=ref is not None and ref.bare)
        if found is not None:
            reference = self._reference(found, value, holder.value_span(key), cascades=ref.cascades if ref else True)
            self._add(reference)
            return reference if found.whole else value
        files: Files | None = node.mark(Files) if node is not None else None
        if files is not None:
            return self._local(value, files, holder, holder.value_span(key)) if is_local(value) else value
        if ref is not None and (why := malformed(value, ref)) is not None:
            self.problems.append(
                self._resolver.catalogue.unclear(why, value, ref, holder.value_span(key), self._draft.address)
            )
        return value

    def _local(self, text: str, mark: Files, holder: Any, span: Span) -> Any:
        found = self._resolver.files.read(text, span, mark, self._draft.address)
        if isinstance(found, Diagnostic):
            self.problems.append(found)
            return text
        self.files.update(self._resolver.files.labels(found))
        if isinstance(holder, dict) and holder.get("type") == "mltable" and found.manifest:
            self._check_table(found, span)
        return found

    def _check_table(self, files: LocalFiles, span: Span) -> None:
        """Source: Azure ML documentation, MLTable: the asset is a folder that holds a file of this very name."""
        if "MLTable" not in files.manifest:
            detail = f"{self._draft.address} takes '{files.text}' as a table, which is a folder with a file named MLTable; there is none."
            fix = did_you_mean("MLTable", files.manifest, "Add the file, or make it a uri_file or uri_folder.")
            self.problems.append(error("missing-file", detail, fix, span, self._draft.address))

    def _reference(self, found: Mention, text: str, span: Span, *, cascades: bool) -> Reference:
        target = Address(found.section, found.name)
        external = found.elsewhere or not self._resolver.catalogue.yields(target, found.version)
        if not external:
            self._check_attribute(target, found.attribute, span)
        elif not found.elsewhere and self._resolver.catalogue.is_off(target):
            self.problems.append(self._resolver.catalogue.missing(str(target), span, self._draft.address))
        return Reference(target, found.attribute, found.version, text, span, external=external, cascades=cascades)

    def _special(self, value: Any, node: FieldNode | None, holder: Any, key: Any) -> Any:
        return self._mentions(value, holder.value_span(key), node)

    def _mentions(self, value: Any, span: Span, node: FieldNode | None) -> Any:
        if isinstance(value, Reference):
            return self._expression(value, span, node)
        if isinstance(value, Template):
            parts: list[str | Reference | Secret] = []
            for part in value.parts:
                told = self._expression(part, span, node) if isinstance(part, Reference) else part
                parts.extend(_parts_of(told))
            if all(isinstance(part, str) for part in parts):
                return "".join(str(part) for part in parts)
            return Template(tuple(parts))
        return value

    def _expression(self, written: Reference, span: Span, node: FieldNode | None) -> Any:
        """A ``${section.name.attribute}``: checked; a field of the other's body gives its value."""
        place = span if written.span.file.startswith("<") else written.span
        catalogue = self._resolver.catalogue
        target, attribute = written.target, written.attribute
        if not catalogue.has(target):
            self.problems.append(catalogue.missing(str(target), place, self._draft.address))
            return written
        ref: Ref | None = node.mark(Ref) if node is not None else None
        given = catalogue.field_value(target, attribute)
        if given is not None:
            if not self._following:  # what lies further on is needed by the next, which says so itself
                self.depends_on.add(target)
            return self._followed(written, given, span, node)
        self._check_attribute(target, attribute, place)
        reference = Reference(target, attribute, None, str(written), place, cascades=ref.cascades if ref else True)
        self._add(reference)
        return reference

    def _followed(self, written: Reference, given: Any, span: Span, node: FieldNode | None) -> Any:
        """The value of another resource's field, which may mention a third. A ring ends here: it is told as a cycle of resources."""
        if isinstance(given, Reference | Template):
            place = (written.target, written.attribute)
            if place in self._following:
                return written
            self._following.append(place)
            try:
                return self._mentions(given, span, node)
            finally:
                self._following.pop()
        return given

    def _check_attribute(self, target: Address, attribute: str, span: Span) -> None:
        problem = self._resolver.catalogue.attribute_problem(target, attribute, span, self._draft.address)
        if problem is not None:
            self.problems.append(problem)

    def _add(self, reference: Reference) -> None:
        self.references.append(reference)
        if not reference.external:
            self.depends_on.add(reference.target)

    def _keys(self, tree: LocatedDict, names: PartNames, beside: Draft) -> None:
        """A mapping whose keys name parts beside this one, as traffic names deployments."""
        parent = beside.address
        misshapen = beside.body.get(names.part)
        for key in tree:
            if not isinstance(misshapen, dict | None) or key in (misshapen or ()):
                continue  # validation has said so
            target = Address(parent.section, parent.name, f"{names.part}.{key}")
            if self._resolver.catalogue.has(target):
                self.depends_on.add(target)
            else:
                known = [part.leaf for part in self._resolver.catalogue.parts(parent) if part.kind.endswith(names.part)]
                self.problems.append(
                    error(
                        "unknown-resource",
                        f"{self._draft.address} names '{key}', but {parent} has no {names.part} of that name.",
                        did_you_mean(
                            key,
                            known,
                            f"There are: {', '.join(known)}." if known else f"Add '{key}' under {names.part}.",
                        ),
                        tree.key_span(key),
                        self._draft.address,
                    )
                )


def _parts_of(value: Any) -> tuple[str | Reference | Secret, ...]:
    """A value as it stands inside a longer text."""
    if isinstance(value, Template):
        return value.parts
    return (value,) if isinstance(value, Reference | Secret) else (_text_of(value),)


def _text_of(value: Any) -> str:
    """How a value is written inside a text: as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _section(ref: Ref, holder: Any) -> str:
    if ref.kind:
        return ref.kind
    return "models" if isinstance(holder, dict) and holder.get("type") in MODEL_TYPES else "data"


EMPTY = FieldNode()


def externals(resources: Iterable[Desired]) -> tuple[Reference, ...]:
    """References to what is not in the spec, each text once."""
    seen: dict[tuple[Address, str], Reference] = {}
    for desired in resources:
        for reference in desired.references:
            if reference.external:
                seen.setdefault((reference.target, reference.text), reference)
    return tuple(seen.values())
