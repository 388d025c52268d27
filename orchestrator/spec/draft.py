"""Resources between text and references: sorted out by kind, parts taken apart, nothing checked yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.kind import Child, Kind, Kinds
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict
from orchestrator.spec.composition import Composition

IDENTITY_FIELDS = frozenset({"version", "name", "$schema", "endpoint_name"})
"""Fields of a body that say which resource it is: the key in the spec and the pinned version stand for them."""


@dataclass(slots=True)
class Draft:
    """One resource of a composition.

    Attributes:
        address: its name.
        kind: its kind.
        variant: the shape of the body; may be unknown to the kind.
        body: as written, without the fields that are resources of their own.
        span: the place of its key.
        lifecycle: what the body says under ``lifecycle``; None if nothing.
        parent: the resource that contains it.
        parts: addresses that it contains.
    """

    address: Address
    kind: Kind
    variant: str
    body: LocatedDict
    span: Span
    lifecycle: Any = None
    parent: Draft | None = None
    parts: list[Address] = field(default_factory=list)


def drafts(composition: Composition, kinds: Kinds) -> Iterator[Draft]:
    """Every resource and every part of one, parents first, in the order of the text.

    Bodies that are not mappings are left out: composition has complained about them, as it has about sections without a kind.
    """
    for section, resources in composition.sections.items():
        kind = kinds[section]
        for name, body in resources.items():
            if isinstance(body, LocatedDict):
                draft = _draft(Address(section, name), kind, body, resources.key_span(name))
                yield draft
                if kind.children:
                    yield from _parts(draft, kinds)


def _draft(address: Address, kind: Kind, body: LocatedDict, span: Span, parent: Draft | None = None) -> Draft:
    lifecycle = None
    if "lifecycle" in body:
        body = body.copy()
        lifecycle = body.pop("lifecycle")
    for old, new in kind.renamed_fields.items():
        body = _renamed(body, old, new)
    return Draft(address, kind, _variant(kind, body), body, span, lifecycle, parent)


def _renamed(body: LocatedDict, old: str, new: str) -> LocatedDict:
    """A body with the members of a field under the field's present name, where they win over those of the old one."""
    given, present = body.get(old), body.get(new)
    if not isinstance(given, LocatedDict) or not isinstance(present, LocatedDict | None):
        return body  # validation says so
    body = body.copy()
    joined = given.copy()
    if present is None:
        body.put(new, joined, body.key_marks.get(old), body.value_marks.get(old))
    else:
        for key in present:
            joined.take(key, present)
        body[new] = joined
    del body[old]
    return body


def _variant(kind: Kind, body: LocatedDict) -> str:
    """The variant, in any case where the service's own loader takes any: it reads ``AmlCompute`` as ``amlcompute``."""
    variant = kind.variant(body)
    if variant in kind.variants or kind.exact_variants:
        return variant
    return next((known for known in kind.variants if known.lower() == variant.lower()), variant)


def _parts(parent: Draft, kinds: Kinds) -> Iterator[Draft]:
    whole = parent.body
    rest = whole.copy()
    parent.body = rest
    for child in parent.kind.children:
        kind = kinds[child.kind]
        for address, body, span in _bodies(parent.address, child, whole):
            parent.parts.append(address)
            yield _draft(address, kind, body, span, parent)
        for name in child.fields:
            left = _left_over(whole.get(name), child)
            if left is None:
                rest.pop(name, None)
            else:
                rest[name] = left


def _bodies(parent: Address, child: Child, whole: LocatedDict) -> Iterator[tuple[Address, LocatedDict, Span]]:
    part = child.kind.partition(".")[2]
    if not child.keyed:
        body = LocatedDict(mark=whole.mark)
        for name in child.fields:
            if isinstance(whole.get(name), LocatedDict) and whole[name]:  # `mirror_traffic: {}` says nothing
                body.take(name, whole)
        if body:
            yield Address(parent.section, parent.name, part), body, whole.key_span(next(iter(body)))
        return
    for name in child.fields:
        members = whole.get(name)
        if isinstance(members, LocatedDict):
            for key, body in members.items():
                if isinstance(body, LocatedDict):
                    yield Address(parent.section, parent.name, f"{part}.{key}"), body, members.key_span(key)


def _left_over(value: Any, child: Child) -> Any:
    """What of a field has not the shape of a part: it stays with the parent, whose model then complains about it."""
    if value is None or (isinstance(value, LocatedDict) and not child.keyed):
        return None
    if not isinstance(value, LocatedDict):
        return value
    left = LocatedDict(mark=value.mark)
    for key, body in value.items():
        if not isinstance(body, LocatedDict):
            left.take(key, value)
    return left or None


__all__ = ["IDENTITY_FIELDS", "Draft", "drafts"]
