"""Events of the YAML parser to located trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from orchestrator.core.tree import LocatedDict, LocatedList, Mark
from orchestrator.spec.problems import Problems
from orchestrator.spec.scalars import CONTAINER_TAGS, STARTS, plain_scalar, tagged_scalar
from orchestrator.spec.tree_problems import (
    alias_expansion,
    duplicate_key,
    invalid_key,
    invalid_merge,
    invalid_number,
    invalid_tag,
    too_deep,
    undefined_alias,
)

MAX_DEPTH: Final = 100
"""Deepest nesting that is read. The deepest public CLI v2 documents have about 10 levels."""

MAX_ALIASED: Final = 1_000_000
"""Most values that aliases may add to a file: a hundred for each of 10,000 resources."""

Fill = Callable[[str, bool, Mark, str], Any]
"""Fills the holes of a scalar: its text, whether it is unquoted, its place, the key it stands under; returns the value."""

_USUAL: Final = frozenset({"true", "false"})
_MERGE: Final = object()
"""Stands for the key ``<<``."""


class Stop(Exception):
    """The rest of the text is not worth reading; the problem is already reported."""


class TreeBuilder:
    """Builds trees from events. A document's values exist once; aliases share them."""

    def __init__(self, parser: Any, name: str, problems: Problems, fill: Fill | None) -> None:
        self._next: Callable[[], Any] = parser.get_event
        self._name = name
        self._problems = problems
        self._fill = fill
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self._keys: dict[str, str] = {}
        self._nodes = 0
        self._aliased = 0
        self._under = ""

    def documents(self) -> list[Any]:
        found: list[Any] = []
        while True:
            event = self._next()
            if isinstance(event, StreamEndEvent):
                return found
            if isinstance(event, DocumentStartEvent):
                self._anchors = {}
                found.append(self._value(self._next(), 0))

    def _mark(self, event: Any) -> Mark:
        start, end = event.start_mark, event.end_mark
        line = start.line + 1
        return (
            self._name,
            line,
            start.column + 1,
            line if end.line == start.line else end.line + 1,
            end.column + 1,
        )

    def _place(self, value: Any, event: Any) -> Mark:
        """Where a member is written; an alias stands where it is written, not where its value is."""
        whole = isinstance(value, LocatedDict | LocatedList) and type(event) is not AliasEvent
        mark: Mark = value.mark if whole else self._mark(event)
        return mark

    def _span(self, first: Any, last: Any, member: Mark | None) -> Mark:
        """The place of a mapping or list; in block style it ends with its last member, not with the next key."""
        start, end = first.start_mark, last.end_mark
        if member is not None and not first.flow_style:
            return (self._name, start.line + 1, start.column + 1, member[3], member[4])
        return (self._name, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _value(self, event: Any, depth: int) -> Any:
        self._nodes += 1
        if isinstance(event, AliasEvent):
            return self._alias(event)
        anchor = event.anchor if isinstance(event, NodeEvent) else None
        before = self._nodes
        if anchor is not None:
            self._anchors[anchor] = None
        if isinstance(event, ScalarEvent):
            value = self._scalar(event)
        elif depth >= MAX_DEPTH:
            too_deep(MAX_DEPTH, self._mark(event), self._problems)
            raise Stop
        elif isinstance(event, MappingStartEvent):
            value = self._mapping(event, depth + 1)
        else:
            value = self._sequence(event, depth + 1)
        if anchor is not None:
            self._anchors[anchor] = (value, self._nodes - before + 1)
        return value

    def _alias(self, event: Any) -> Any:
        name = event.anchor
        anchored = self._anchors.get(name)
        if anchored is None:
            undefined_alias(name, self._mark(event), self._problems, inside=name in self._anchors)
            return None
        value, size = anchored
        self._nodes += size
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            alias_expansion(MAX_ALIASED, self._mark(event), self._problems)
            raise Stop
        return value

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        tag: str | None = event.tag
        if tag is not None:
            return self._tagged(event, tag, text)
        plain: bool = event.implicit[0]
        if self._fill is not None:
            return self._fill(text, plain, self._mark(event), self._under)
        return plain_scalar(text) if plain else text

    def _tagged(self, event: Any, tag: str, text: str) -> Any:
        try:
            return tagged_scalar(tag, text)
        except LookupError:
            invalid_tag(tag, self._mark(event), self._problems)
        except ValueError as error:
            invalid_number(error, self._mark(event), self._problems)
        return None

    def _sequence(self, event: Any, depth: int) -> LocatedList:
        if event.tag is not None and event.tag != CONTAINER_TAGS["seq"]:
            invalid_tag(event.tag, self._mark(event), self._problems)
        items = LocatedList()
        marks = items.value_marks
        while True:
            item = self._next()
            if type(item) is SequenceEndEvent:
                items.mark = self._span(event, item, marks[-1] if marks else None)
                return items
            value = self._value(item, depth)
            items.append(value)
            marks.append(self._place(value, item))

    def _mapping(self, event: Any, depth: int) -> LocatedDict:
        if event.tag is not None and event.tag != CONTAINER_TAGS["map"]:
            invalid_tag(event.tag, self._mark(event), self._problems)
        tree = LocatedDict()
        key_marks, value_marks = tree.key_marks, tree.value_marks
        next_event, mark, fill, keys = self._next, self._mark, self._fill, self._keys
        merges: list[tuple[Any, Mark]] = []
        while True:
            event_of_key = next_event()
            if type(event_of_key) is MappingEndEvent:
                break
            key_mark = mark(event_of_key)
            key = self._key(event_of_key, key_mark, depth)
            event_of_value = next_event()
            # the short way for the values that nearly all mappings have; `_value` knows the rest
            if type(event_of_value) is ScalarEvent and (
                event_of_value.tag is None and event_of_value.anchor is None and fill is None
            ):
                self._nodes += 1
                value: Any = event_of_value.value
                if event_of_value.implicit[0] and (not value or value[0] in STARTS):
                    value = plain_scalar(value)
                if type(value) is bool and event_of_value.value not in _USUAL:
                    tree.spellings = {**tree.spellings, str(key): event_of_value.value}
                value_mark = mark(event_of_value)
            else:
                self._under = str(key)
                value = self._value(event_of_value, depth)
                value_mark = self._place(value, event_of_value)
            if key is _MERGE:
                merges.append((value, value_mark))
            elif key in tree:
                duplicate_key(key, key_mark, key_marks[key], self._problems)
            elif key is not None:
                key = keys.setdefault(key, key)
                tree[key] = value
                key_marks[key] = key_mark
                value_marks[key] = value_mark
        tree.mark = self._span(event, event_of_key, next(reversed(value_marks.values()), None))
        for value, value_mark in merges:
            self._merge(tree, value, value_mark)
        return tree

    def _key(self, event: Any, mark: Mark, depth: int) -> Any:
        if type(event) is ScalarEvent and event.tag is None and event.anchor is None:
            text: str = event.value
            if not event.implicit[0]:
                return self._filled_key(text, mark)
            if text == "<<":
                return _MERGE
            if text and text[0] not in "~nN":
                return self._filled_key(text, mark)
        value = self._value(event, depth)
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | float) and isinstance(event, ScalarEvent):
            return event.value
        invalid_key(value, mark, self._problems)
        return None

    def _filled_key(self, text: str, mark: Mark) -> Any:
        return text if self._fill is None else str(self._fill(text, False, mark, ""))  # noqa: FBT003 - keys are text

    def _merge(self, tree: LocatedDict, value: Any, mark: Mark) -> None:
        """Add what a merge key (``<<``) brings; what the mapping has itself wins, then what comes first."""
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, LocatedDict):
                invalid_merge(source, mark, self._problems)
                continue
            for key in source:
                if key not in tree:
                    tree.take(key, source)
