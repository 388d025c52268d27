"""What can be wrong with a document that is YAML, each with its place and its fix."""

from __future__ import annotations

from typing import Any

from orchestrator.core.tree import Mark
from orchestrator.spec.problems import Problems


def too_deep(limit: int, mark: Mark, problems: Problems) -> None:
    """Values are nested more than `limit` levels deep."""
    detail = f"Values are nested more than {limit} levels deep."
    problems.error("too-deep", detail, "Reduce the nesting.", mark)


def undefined_alias(name: str, mark: Mark, problems: Problems, *, inside: bool) -> None:
    """An alias names nothing that can be repeated.

    Args:
        inside: it stands inside the very value that it names.
    """
    problems.error(
        "undefined-alias",
        f"The alias *{name} is inside the value that it refers to."
        if inside
        else f"There is no anchor &{name} before this alias.",
        "Write the value." if inside else f"Add the anchor &{name} to a value, or write the value here.",
        mark,
    )


def alias_expansion(limit: int, mark: Mark, problems: Problems) -> None:
    """Aliases of aliases would make more than `limit` values."""
    problems.error(
        "alias-expansion",
        f"Aliases expand to more than {limit:,} values.",
        "Use fewer nested aliases.",
        mark,
    )


def invalid_tag(tag: str, mark: Mark, problems: Problems) -> None:
    """A tag is none of YAML's own."""
    shown = "!!" + tag.rsplit(":", 1)[-1] if tag.startswith("tag:yaml.org,2002:") else tag
    problems.error(
        "invalid-tag",
        f"The tag {shown} has no meaning in a spec.",
        "Remove the tag; only !!str, !!int, !!float, !!bool, !!null, !!map and !!seq are known.",
        mark,
    )


def invalid_number(error: ValueError, mark: Mark, problems: Problems) -> None:
    """A value is not what its tag says."""
    problems.error("invalid-number", f"{error}.", "Correct the value or the tag.", mark)


def invalid_key(value: Any, mark: Mark, problems: Problems) -> None:
    """A key is a mapping, a list or empty."""
    problems.error(
        "invalid-key",
        "A key must be text; this one is " + _called(value) + ".",
        "Quote the key; also quote a value that starts with '{{'.",
        mark,
    )


def duplicate_key(key: str, mark: Mark, first: Mark, problems: Problems) -> None:
    """A mapping has a key twice."""
    problems.error(
        "duplicate-key",
        f"The key '{key}' occurs twice in one mapping.",
        "Remove or rename one of them.",
        mark,
        related=[("first defined here", first)],
    )


def invalid_merge(value: Any, mark: Mark, problems: Problems) -> None:
    """``<<`` brings something that is not a mapping."""
    problems.error(
        "invalid-key",
        f"`<<` requires a mapping or a list of mappings; got {_called(value)}.",
        "Use an alias of a mapping, or a list of such aliases.",
        mark,
    )


def _called(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"the value {value!r}"
