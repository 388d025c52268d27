"""The words of the spec language that stand at the top of a file."""

from __future__ import annotations

from typing import Final

SECTIONS: Final = (
    "compute",
    "datastores",
    "data",
    "environments",
    "models",
    "components",
    "jobs",
    "schedules",
    "online_endpoints",
    "batch_endpoints",
    "connections",
    "registries",
    "feature_stores",
    "feature_sets",
    "feature_store_entities",
    "monitors",
    "roles",
)
"""Sections of resources, in the order in which people usually write them."""

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
