"""Mappings and lists that remember where each of their members was written.

A located tree is an ordinary tree of ``dict``, ``list`` and scalars, so it compares, serialises and validates
like one; beside the members each container keeps their positions. Moving a member from one container to
another (overlays, includes) moves its position along, as long as `put`, `take` or `append_at` is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from orchestrator.core.span import NOWHERE, Span

Path: TypeAlias = tuple[str | int, ...]
"""The way from a tree's root to a value: mapping keys and list positions."""

Mark: TypeAlias = tuple[str, int, int, int, int]
"""A `Span` as a bare tuple, which costs nothing to make while reading."""


_NO_SPELLINGS: Mapping[str, str] = MappingProxyType({})


class LocatedDict(dict[str, Any]):
    """A mapping whose keys and values know their place.

    Attributes:
        mark: the place of the whole mapping.
        key_marks: the place of each key.
        value_marks: the place of each value.
        spellings: key to text of each boolean that is written in capitals.
    """

    __slots__ = ("key_marks", "mark", "spellings", "value_marks")

    def __init__(self, items: Any = (), mark: Mark | None = None) -> None:
        super().__init__(items)
        self.mark: Mark = mark or NOWHERE
        self.key_marks: dict[str, Mark] = {}
        self.value_marks: dict[str, Mark] = {}
        self.spellings: Mapping[str, str] = _NO_SPELLINGS

    def put(self, key: str, value: Any, key_mark: Mark | None, value_mark: Mark | None) -> None:
        """Set a member together with its places; None keeps the mapping's own place for it."""
        self[key] = value
        self.key_marks[key] = key_mark or self.mark
        self.value_marks[key] = value_mark or self.mark

    def take(self, key: str, source: LocatedDict) -> None:
        """Set a member from another located mapping, places included."""
        self.put(key, source[key], source.key_marks.get(key), source.value_marks.get(key))
        if key in source.spellings:
            self.spellings = {**self.spellings, key: source.spellings[key]}

    def copy(self) -> LocatedDict:
        """A shallow copy that keeps the places."""
        twin = LocatedDict(self, self.mark)
        twin.key_marks = dict(self.key_marks)
        twin.spellings = self.spellings
        twin.value_marks = dict(self.value_marks)
        return twin

    def key_span(self, key: str) -> Span:
        """Where the key is written; the mapping's own place when it was not written at all."""
        return Span(*self.key_marks.get(key, self.mark))

    def value_span(self, key: str) -> Span:
        """Where the value is written."""
        return Span(*self.value_marks.get(key, self.mark))


class LocatedList(list[Any]):
    """A list whose items know their place."""

    __slots__ = ("mark", "value_marks")

    def __init__(self, items: Iterable[Any] = (), mark: Mark | None = None) -> None:
        super().__init__(items)
        self.mark: Mark = mark or NOWHERE
        self.value_marks: list[Mark] = []

    def append_at(self, value: Any, mark: Mark | None) -> None:
        """Append an item together with its place."""
        self.append(value)
        self.value_marks.append(mark or self.mark)

    def copy(self) -> LocatedList:
        """A shallow copy that keeps the places."""
        twin = LocatedList(self, self.mark)
        twin.value_marks = list(self.value_marks)
        return twin

    def value_span(self, index: int) -> Span:
        """Where the item is written."""
        return Span(*(self.value_marks[index] if index < len(self.value_marks) else self.mark))


def span_at(tree: Any, path: Sequence[str | int], *, key: bool = False) -> Span:
    """Find the place of the value (or of the key) at the end of a path.

    Follows the path as far as the tree goes, so the path of a missing field gives the place of the mapping in
    which it is missing.
    """
    best = Span(*getattr(tree, "mark", NOWHERE))
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(tree, LocatedDict) and part in tree:
            text = str(part)
            best = tree.key_span(text) if key and last else tree.value_span(text)
            tree = tree[text]
        elif isinstance(tree, LocatedList) and isinstance(part, int) and part < len(tree):
            best = tree.value_span(part)
            tree = tree[part]
        else:
            break
    return best


def value_at(tree: Any, path: Sequence[str | int], default: Any = None) -> Any:
    """Return the value at the end of a path, or the default where the path ends early."""
    for part in path:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return default
    return tree


def dotted(path: Sequence[str | int]) -> str:
    """Print a path the way people write one: ``limits.trials[0].name``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
