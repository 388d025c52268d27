"""Three-way comparison, field by field: what the spec says, what we wrote, what is there.

Only fields that the spec writes now or wrote last time are compared; all others belong to the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from orchestrator.core.change import ABSENT, FieldChange
from orchestrator.core.field_mark import FieldMark, Keyed
from orchestrator.core.fields import FieldNode
from orchestrator.core.fingerprint import canonical
from orchestrator.core.tree import Path
from orchestrator.planning.marks import Difference, DiffPolicy, is_opaque, judge, same


def differences(
    desired: Mapping[str, Any], applied: Mapping[str, Any], observed: Mapping[str, Any], policy: DiffPolicy
) -> tuple[FieldChange, ...]:
    """Every field on which the three states disagree, suppressed ones included, in the spec's order.

    Args:
        desired: plain data, references pinned.
        applied: plain data; empty if nothing was recorded.
        observed: the live body.
        policy: see `DiffPolicy`.
    """
    if desired == applied and all(_matches(observed, name, value) for name, value in desired.items()):
        return ()
    return tuple(_mapping((), (desired, applied, observed), policy.root, (), policy))


def _matches(observed: Mapping[str, Any], name: str, value: Any) -> bool:
    return name in observed and bool(observed[name] == value)


Three = tuple[Any, Any, Any]
"""Desired, applied, observed: of a whole body or of one field."""


def _mapping(
    path: Path, three: Three, node: FieldNode, marks: tuple[FieldMark, ...], policy: DiffPolicy
) -> Iterator[FieldChange]:
    desired, applied, observed = ({} if _gone(side) else side for side in three)
    for name in _union(desired, applied):
        values = (desired.get(name, ABSENT), applied.get(name, ABSENT), observed.get(name, ABSENT))
        yield from _value((*path, name), values, node.child(name), marks, policy)


def _union(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterable[str]:
    return [*first, *(name for name in second if name not in first)]


def _value(
    path: Path, three: Three, node: FieldNode, marks: tuple[FieldMark, ...], policy: DiffPolicy
) -> Iterator[FieldChange]:
    desired, applied, observed = three
    if desired == applied == observed:
        return
    inherited = marks + node.marks
    if same(desired, applied, node) and same(desired, observed, node):
        return
    if _all_mappings(three):
        yield from _mapping(path, three, node, inherited, policy)
        return
    keyed = node.mark(Keyed)
    if keyed is not None and _all_lists(three):
        by_key = tuple(_by_key(side, keyed.key) for side in three)
        items = FieldNode((), None, node.item)
        yield from _mapping(path, (by_key[0], by_key[1], by_key[2]), items, inherited, policy)
        return
    if _item_by_item(three):
        for index in range(len(desired)):
            sides = tuple(side if _gone(side) else side[index] for side in three)
            yield from _value((*path, index), (sides[0], sides[1], sides[2]), node.child(index), inherited, policy)
        return
    field_change = judge(
        Difference(path=path, desired=desired, applied=applied, observed=observed, node=node, marks=inherited), policy
    )
    if field_change is not None:
        yield field_change


def _gone(value: Any) -> bool:
    return value is ABSENT or value is None


def _all_mappings(three: Three) -> bool:
    """Whether to look inside: whatever is there has members, and is no value in one piece."""
    return all(_gone(side) or (isinstance(side, Mapping) and not is_opaque(side)) for side in three)


def _all_lists(three: Three) -> bool:
    present = [side for side in three if not _gone(side)]
    return len(present) > 1 and all(isinstance(side, list) for side in present)


def _item_by_item(three: Three) -> bool:
    """Lists of one length are compared by position; others as a whole, since nobody knows which item was put in."""
    desired, _, observed = three
    if not isinstance(desired, list) or not isinstance(observed, list) or not _all_lists(three):
        return False
    return len({len(side) for side in three if not _gone(side)}) == 1


def _by_key(side: Any, key: str) -> Any:
    """A list whose order means nothing, as a mapping from what tells its items apart."""
    if _gone(side):
        return side
    return {_key(item, key): item for item in side}


def _key(item: Any, key: str) -> str:
    key_text = item.get(key, item) if isinstance(item, Mapping) and key else item
    if not isinstance(key_text, str):
        return canonical(key_text)
    return key_text.lower() if key_text.startswith("/") else key_text  # ids of Azure are compared without case
