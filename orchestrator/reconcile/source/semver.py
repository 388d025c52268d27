"""Semantic versions among tags, and ranges of them, read by the `semantic-version` package.

Source: Semantic Versioning 2.0.0 (semver.org) for precedence; the range syntax of npm, which Cargo and Flux share.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from semantic_version import NpmSpec, Version

_SPACE_AFTER_OPERATOR: Final = re.compile(r"(\^|~|>=|<=|>|<|=)\s+")
_SEPARATOR: Final = re.compile(r"[\s,]+")


class InvalidRange(ValueError):
    """The text is not a range."""


def parse_version(text: str) -> Version | None:
    """Read ``1.2.3``, ``v1.2.3`` or ``1.2.3-rc.1``; None for anything else. Build metadata is dropped: it has no precedence."""
    try:
        version = Version(text.removeprefix("v"))
    except ValueError:
        return None
    return version.truncate("prerelease")


class Range:
    """A range such as ``^1.2``, ``>=1.0 <2.0``, ``1.x``, ``1.2 - 1.4`` or ``~1.4 || ^2``.

    A pre-release is only in a range that names a pre-release of the same three numbers: ``>=1`` never selects ``2.0.0-rc.1``.

    Raises:
        InvalidRange: the text is not a range.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._spec = NpmSpec("||".join(map(_alternative, text.split("||"))))
        except ValueError:
            raise InvalidRange(f"'{text}' is not a range of versions") from None

    def __contains__(self, version: Version) -> bool:
        return bool(self._spec.match(version))

    def __str__(self) -> str:
        return self.text


def _alternative(text: str) -> str:
    """With single spaces between comparisons and none after an operator, as the package expects it."""
    tight = _SPACE_AFTER_OPERATOR.sub(r"\1", text.strip())
    return _SEPARATOR.sub(" ", tight) or "*"


def highest(names: Mapping[str, str], allowed: Range) -> tuple[str, str] | None:
    """The highest version of a range among tags.

    Args:
        names: tag to commit.

    Returns:
        The tag and its commit; None if no tag is in the range. Tags that are not versions are ignored.
    """
    versions = [(version, name) for name in names if (version := parse_version(name)) and version in allowed]
    if not versions:
        return None
    _, name = max(versions)
    return name, names[name]
