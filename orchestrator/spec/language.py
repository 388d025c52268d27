"""The words of the spec language that stand at the top of a file."""

from __future__ import annotations

from typing import Final

from orchestrator.core.kind import Kinds

RESERVED: Final = (
    "schedules",
    "registries",
    "feature_stores",
    "feature_sets",
    "feature_store_entities",
    "monitors",
)
"""Sections of Azure ML for which there may be no kind yet: they are told from mistyped ones. A kind of that name comes first."""


def sections_of(kinds: Kinds) -> tuple[str, ...]:
    """Sections of resources: those of the kinds in the order in which people usually write them, then what is only reserved."""
    own = sorted((kind.order, key) for key, kind in kinds.items() if kind.section == key and not kind.is_workspace)
    return tuple(dict.fromkeys([*(key for _, key in own), *RESERVED]))


SETTINGS: Final = (
    "project",
    "description",
    "variables",
    "targets",
    "include",
    "tags",
    "workspace",
    "state",
    "secrets",
    "files",
)
"""Top-level keys that are not sections."""

EXTENSIONS: Final = ("x-", ".")
"""How top-level keys begin that hold anchors for other places and mean nothing themselves: ``x-common``, ``.common``.

Source: the Compose specification, extensions; GitLab CI, hidden keys.
"""

TARGET_SETTINGS: Final = ("default", "description", "workspace", "variables", "tags")
"""Keys of a target that are not sections."""

COMMANDS: Final = frozenset({"command"})
"""Fields whose text goes through a shell: what looks like a hole or an expression may be the command's own."""

SUFFIXES: Final = (".yaml", ".yml", ".json")
"""Endings of spec files, in any case.

Source: public CLI v2 documents; some end in ``.YAML``.
"""
