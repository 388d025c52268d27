"""Semantic versions and ranges of them.

Source: Semantic Versioning 2.0.0 (semver.org) for precedence; the range syntax that npm, Cargo and Flux share.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import total_ordering
from typing import Final

_VERSION: Final = re.compile(
    r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+[0-9A-Za-z.-]+)?"
)
_PARTIAL: Final = re.compile(
    r"(\^|~|>=|<=|>|<|=)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)
_HYPHEN: Final = re.compile(r"(\S+)\s+-\s+(\S+)")
_SPACE_AFTER_OPERATOR: Final = re.compile(r"(\^|~|>=|<=|>|<|=)\s+")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version. Build metadata is dropped: it has no precedence."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Read ``1.2.3``, ``v1.2.3`` or ``1.2.3-rc.1``; None for anything else."""
        found = _VERSION.fullmatch(text)
        if found is None:
            return None
        major, minor, patch, rest = found.groups()
        return cls(int(major), int(minor), int(patch), tuple(rest.split(".")) if rest else ())

    def __lt__(self, other: Version) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[bool, int, str], ...]]:
        identifiers = tuple((False, int(part), "") if part.isdecimal() else (True, 0, part) for part in self.prerelease)
        return self.core, not self.prerelease, identifiers

    @property
    def core(self) -> tuple[int, int, int]:
        """Without the pre-release."""
        return self.major, self.minor, self.patch


@dataclass(frozen=True, slots=True)
class _Bound:
    """One comparison with a version."""

    holds: Callable[[Version], bool]
    prerelease_of: tuple[int, int, int] | None = None


class InvalidRange(ValueError):
    """The text is not a range."""


class Range:
    """A range such as ``^1.2``, ``>=1.0 <2.0``, ``1.x``, ``1.2 - 1.4`` or ``~1.4 || ^2``.

    A pre-release is only in a range that names a pre-release of the same three numbers: nobody gets ``2.0.0-rc.1`` by asking for ``>=1``.

    Raises:
        InvalidRange: the text is not a range; the message says which piece.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._alternatives = tuple(_comparators(piece) for piece in text.split("||"))

    def __contains__(self, version: Version) -> bool:
        return any(_satisfies(version, bounds) for bounds in self._alternatives)

    def __str__(self) -> str:
        return self.text


def _satisfies(version: Version, bounds: tuple[_Bound, ...]) -> bool:
    if version.prerelease and not any(bound.prerelease_of == version.core for bound in bounds):
        return False
    return all(bound.holds(version) for bound in bounds)


def _comparators(piece: str) -> tuple[_Bound, ...]:
    piece = piece.strip()
    hyphen = _HYPHEN.fullmatch(piece)
    if hyphen:
        return (*_comparator(f">={hyphen[1]}"), *_comparator(f"<={hyphen[2]}"))
    words = re.split(r"[\s,]+", _SPACE_AFTER_OPERATOR.sub(r"\1", piece)) if piece else ["*"]
    return tuple(bound for word in words if word for bound in _comparator(word))


def _comparator(word: str) -> tuple[_Bound, ...]:
    found = _PARTIAL.fullmatch(word)
    if found is None:
        raise InvalidRange(f"'{word}' is no version comparison")
    operator, major, minor, patch, prerelease = found.groups()
    numbers: list[int] = []
    for part in (major, minor, patch):
        if part is None or part in "xX*":
            break
        numbers.append(int(part))
    if not numbers:
        if operator in ("<", ">"):
            raise InvalidRange(f"'{word}' holds for no version")
        return (_Bound(lambda version: True),)
    lowest = Version(*_three(numbers), tuple(prerelease.split(".")) if prerelease else ())
    return _bounds(operator or "=", lowest, numbers)


def _bounds(operator: str, lowest: Version, numbers: list[int]) -> tuple[_Bound, ...]:
    mark = lowest.core if lowest.prerelease else None
    at_least = _Bound(lambda version: version >= lowest, mark)
    if operator == ">=":
        return (at_least,)
    if operator == "<":
        return (_Bound(lambda version: version < lowest, mark),)
    if len(numbers) == 3 and operator in ("=", ">", "<="):
        exact: dict[str, Callable[[Version], bool]] = {
            "=": lambda version: version == lowest,
            ">": lambda version: version > lowest,
            "<=": lambda version: version <= lowest,
        }
        return (_Bound(exact[operator], mark),)
    end = _end(operator, numbers)
    below = _Bound(lambda version: version.core < end)
    if operator == ">":
        return (_Bound(lambda version: version.core >= end),)
    return (below,) if operator == "<=" else (at_least, below)


def _end(operator: str, numbers: list[int]) -> tuple[int, int, int]:
    """The first version after the range: ``^1.2`` ends at 2.0.0, ``^0.3`` at 0.4.0, ``~1.2`` and ``1.2`` at 1.3.0."""
    place = len(numbers) - 1
    if operator == "^":
        place = next((index for index, number in enumerate(numbers) if number), place)
    elif operator == "~":
        place = min(place, 1)
    return _three([*numbers[:place], numbers[place] + 1])


def _three(numbers: list[int]) -> tuple[int, int, int]:
    major, minor, patch = [*numbers, 0, 0][:3]
    return major, minor, patch


def highest(names: dict[str, str], wanted: Range) -> tuple[str, str] | None:
    """The highest version of a range among tags.

    Args:
        names: tag to commit.

    Returns:
        The tag and its commit; None if no tag is in the range. Tags that are no versions are passed over.
    """
    versions = [(version, name) for name in names if (version := Version.parse(name)) and version in wanted]
    if not versions:
        return None
    _, name = max(versions, key=lambda pair: (pair[0], pair[1]))
    return name, names[name]
