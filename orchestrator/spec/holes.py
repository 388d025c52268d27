"""Holes in documents written for other tools: ``{{NAME}}`` and ``<NAME>``, filled from variables of that name.

A document with holes is often not YAML. Each hole is masked by a run of one private character, as long as the hole itself, so
that the masked text parses and every place stays right; the runs are replaced scalar by scalar while the text is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from orchestrator.core.tree import Mark
from orchestrator.spec.evaluate import FAILED, inlined, joined
from orchestrator.spec.language import COMMANDS
from orchestrator.spec.places import Places
from orchestrator.spec.problems import Problems
from orchestrator.spec.scalars import plain_scalar
from orchestrator.spec.tree_builder import Fill
from orchestrator.spec.variables import spelled_alike

_HOLE: Final = re.compile(r"(?<![${])\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}|<([A-Za-z][A-Za-z0-9_-]*)>")
_END_TAG: Final = re.compile(r"</([A-Za-z][A-Za-z0-9_-]*)\s*>")
_PRIVATE: Final = range(0xE000, 0xF900)
_SHOWN: Final = 5
"""Further places of an open hole that are shown."""

Lookup = Callable[[str], Any]
"""The value of a variable; raises `KeyError` if there is none of that name."""


def candidates(text: str) -> frozenset[str]:
    """Names of what may be holes of a text, in any spelling; ``<b>`` that a ``</b>`` ends is markup."""
    tags = set(_END_TAG.findall(text))
    return frozenset(found[1] or found[2] for found in _HOLE.finditer(text) if found[1] or found[2] not in tags)


class Mask:
    """A text whose holes are masked.

    Attributes:
        text: masked, of the same length.
        names: of the holes.
    """

    def __init__(self, text: str, known: Iterable[str] = ()) -> None:
        """Mask a text.

        Args:
            text: the text.
            known: names of variables. ``<name>`` in lower case is a hole only if it is one of them.
        """
        self._known = frozenset(spelled_alike(name) for name in known)
        self._spellings: dict[str, tuple[str, str]] = {}
        self._characters: dict[str, str] = {}
        self._free = (chr(code) for code in _PRIVATE if chr(code) not in text)
        self.text = _HOLE.sub(self._masked, text)
        self.names = frozenset(name for name, _ in self._spellings.values())
        self._runs = re.compile(f"([{''.join(self._spellings)}])\\1*") if self._spellings else None

    def _masked(self, found: re.Match[str]) -> str:
        spelling, name = found.group(), found.group(1) or found.group(2)
        if found.group(2) and name != name.upper() and spelled_alike(name) not in self._known:
            return spelling
        if spelling not in self._characters:
            character = next(self._free, "")
            if not character:
                return spelling
            self._characters[spelling] = character
            self._spellings[character] = (name, spelling)
        return self._characters[spelling] * len(spelling)

    def split(self, text: str) -> list[str | tuple[str, str]]:
        """Split a scalar of the masked text into literal text and holes (name and spelling)."""
        parts: list[str | tuple[str, str]] = []
        position = 0
        for run in self._runs.finditer(text) if self._runs else ():
            if run.start() > position:
                parts.append(text[position : run.start()])
            hole = self._spellings[run.group(1)]
            parts.extend([hole] * (len(run.group()) // len(hole[1])))
            position = run.end()
        if position < len(text):
            parts.append(text[position:])
        return parts


class Holes:
    """Fills holes and remembers those that stay open.

    Args:
        lookup: gives the values of variables.
        places: finds the place of a hole within its scalar.
    """

    def __init__(self, lookup: Lookup, places: Places) -> None:
        self._lookup = lookup
        self._places = places
        self._open: dict[str, list[Mark]] = {}
        self._literal: dict[str, list[Mark]] = {}
        self.names: set[str] = set()

    def filler(self, mask: Mask) -> Fill:
        """Return what fills the scalars of one masked text while it is read."""
        self.names |= mask.names

        def fill(text: str, plain: bool, mark: Mark, key: str) -> Any:  # noqa: FBT001 - the shape that readers call
            parts = mask.split(text)
            if all(isinstance(part, str) for part in parts):
                return plain_scalar(text) if plain else text
            values: list[Any] = []
            offset = 0
            for part in parts:
                length = len(part if isinstance(part, str) else part[1])
                place = self._places.within(mark, text, offset, length)
                values.append(
                    part
                    if isinstance(part, str)
                    else self._value(part, place, literal=key in COMMANDS and len(parts) > 1)
                )
                offset += length
            if len(values) == 1:
                return self._whole(values[0], plain=plain)
            if any(value is FAILED for value in values):
                return FAILED
            result = joined([value if inlined(value) is None else str(inlined(value)) for value in values])
            return plain_scalar(result) if plain and isinstance(result, str) else result

        return fill

    @property
    def needed(self) -> frozenset[str]:
        """Names of the holes that stayed open and are no text of a command."""
        return frozenset(self._open)

    def report(self, problems: Problems) -> None:
        """Report the holes that stayed open, one problem for each name.

        ``{{question}}`` or ``<B>`` in a command alone, and without a variable of that name, is the command's own text.
        """
        for name, found in sorted(self._open.items()):
            found.extend(self._literal.get(name, ()))  # elsewhere it is a hole, so it is one in commands too
            marks = sorted(dict.fromkeys(found))  # a document that is taken twice has each of its holes twice
            more = len(marks) - 1
            problems.error(
                "hole-open",
                f"The placeholder '{name}' has no value: there is no variable of that name."
                + (f" It is also used in {more} more place{'s' if more > 1 else ''}." if more else ""),
                f"Set it: --var {name}=…",
                marks[0],
                related=[("also here", mark) for mark in marks[1 : _SHOWN + 1]],
            )

    def _value(self, hole: tuple[str, str], mark: Mark, *, literal: bool) -> Any:
        name, spelling = hole
        try:
            return self._lookup(name)
        except KeyError:
            (self._literal if literal else self._open).setdefault(name, []).append(mark)
            return spelling if literal else FAILED

    def _whole(self, value: Any, *, plain: bool) -> Any:
        if plain:
            return plain_scalar(value) if isinstance(value, str) else value
        text = inlined(value)
        return value if text is None else text
