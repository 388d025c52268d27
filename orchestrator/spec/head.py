"""Joining the fragments of a spec into one: every setting and every resource is given once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.kind import Kinds
from orchestrator.core.tree import LocatedDict
from orchestrator.spec.gather import Fragment
from orchestrator.spec.language import EXTENSIONS, SETTINGS, sections_of
from orchestrator.spec.problems import Problems

_NAMED: Final = ("variables", "targets", "secrets", "tags")
_TEXTS: Final = ("project", "description")
_MAPPINGS: Final = {"workspace": "{local: {}}", "files": "{compare_python: syntax}"}
"""Settings that are mappings, each with an example."""


@dataclass(slots=True)
class Head:
    """A spec in one piece, as written.

    Attributes:
        settings: ``project``, ``description``, ``workspace`` and ``files``, each with its place.
        named: ``variables``, ``targets``, ``secrets`` and ``tags``: name to what is written.
        sections: section to name to body; bodies are mappings.
    """

    settings: LocatedDict = field(default_factory=LocatedDict)
    named: dict[str, LocatedDict] = field(default_factory=lambda: {key: LocatedDict() for key in _NAMED})
    sections: dict[str, LocatedDict] = field(default_factory=dict)


def join(fragments: Iterable[Fragment], kinds: Kinds, problems: Problems) -> Head:
    """Join the spec fragments; tell unknown keys, and what is given twice."""
    head = Head()
    for fragment in fragments:
        if fragment.spec:
            _add(head, fragment.tree, kinds, problems)
    return head


def add_resource(
    sections: dict[str, LocatedDict], section: str, name: str, tree: LocatedDict, problems: Problems
) -> None:
    """Put ``tree[name]`` into a section, unless the section has that name already, which is told."""
    known = sections.setdefault(section, LocatedDict(mark=tree.mark))
    if name in known:
        problems.error(
            "duplicate-resource",
            f"{section}.{name} is defined twice.",
            "Rename one of them, or put what differs between targets under `targets:`.",
            tree.key_marks.get(name, tree.mark),
            related=[("first defined here", known.key_marks[name])],
            address=Address(section, name),
        )
    else:
        known.take(name, tree)


def _add(head: Head, tree: LocatedDict, kinds: Kinds, problems: Problems) -> None:
    known = sections_of(kinds)
    for key, value in tree.items():
        if key in known:
            _add_section(head, key, tree, kinds, problems)
        elif key in _NAMED:
            _add_named(head.named[key], key, tree, problems)
        elif key in ("project", "description", *_MAPPINGS):
            _add_setting(head, key, tree, problems)
        elif key == "state":
            problems.error(
                "unsupported-setting",
                "This version keeps the state with the workspace only.",
                "Remove `state:`.",
                tree.key_marks.get(key),
            )
        elif key not in ("include", "$schema") and not key.startswith(EXTENSIONS):
            _unknown(key, value, tree, known, problems)


def _unknown(key: str, value: Any, tree: LocatedDict, known: Sequence[str], problems: Problems) -> None:
    section = isinstance(value, dict)
    detail = f"'{key}' is not a section or setting of a spec."
    fix = did_you_mean(key, (*known, *SETTINGS), f"Sections are {', '.join(known)}.")
    problems.error("unknown-section" if section else "unknown-key", detail, fix, tree.key_marks.get(key, tree.mark))


def _add_setting(head: Head, key: str, tree: LocatedDict, problems: Problems) -> None:
    mark = tree.value_marks.get(key, tree.mark)
    value = tree[key]
    if key in _TEXTS and not isinstance(value, str):
        problems.error(
            "invalid-setting", f"'{key}' must be text.", "Write text, in quotes if it looks like a number.", mark
        )
    elif key in _MAPPINGS and value is not None and not isinstance(value, LocatedDict):
        problems.error("invalid-setting", f"'{key}' must be a mapping.", f"Write `{key}: {_MAPPINGS[key]}`.", mark)
    elif key in head.settings and key != "description":
        problems.error(
            "duplicate-setting",
            f"'{key}' is set in more than one file of the spec.",
            "Keep one of them.",
            tree.key_marks.get(key, mark),
            related=[("first set here", head.settings.key_marks[key])],
        )
    elif key not in head.settings and value is not None:
        head.settings.take(key, tree)


def _add_named(named: LocatedDict, key: str, tree: LocatedDict, problems: Problems) -> None:
    value = tree[key]
    if value is None:
        return
    if not isinstance(value, LocatedDict):
        detail = f"'{key}' must be a mapping from names."
        problems.error("invalid-setting", detail, f"Write `{key}: {{…}}`.", tree.value_marks.get(key, tree.mark))
        return
    if not named:
        named.mark = value.mark
    for name in value:
        if name in named:
            problems.error(
                "duplicate-setting",
                f"'{name}' is set twice under '{key}'.",
                "Remove or rename one of them.",
                value.key_marks.get(name, value.mark),
                related=[("first set here", named.key_marks[name])],
            )
        else:
            named.take(name, value)


def _add_section(head: Head, section: str, tree: LocatedDict, kinds: Kinds, problems: Problems) -> None:
    if section not in kinds:
        supported = ", ".join(key for key in sections_of(kinds) if key in kinds)
        problems.error(
            "unsupported-section",
            f"The section '{section}' is not supported by this version of amlctl.",
            f"Remove it. Supported sections: {supported}.",
            tree.key_marks.get(section, tree.mark),
        )
        return
    value = tree[section]
    if value is None:
        return
    mark = tree.value_marks.get(section, tree.mark)
    if not isinstance(value, LocatedDict):
        detail = f"'{section}' must be a mapping from resource names to bodies."
        problems.error("invalid-section", detail, f"Write `{section}: {{NAME: {{…}}}}`.", mark)
        return
    for name, body in value.items():
        if body is None:
            value[name] = LocatedDict(mark=value.value_marks.get(name, mark))
        elif not isinstance(body, LocatedDict):
            problems.error(
                "invalid-resource",
                f"{section}.{name} must be a mapping.",
                f"Write `{name}: {{…}}`.",
                value.value_marks.get(name, mark),
                address=Address(section, name),
            )
            continue
        add_resource(head.sections, section, name, value, problems)
