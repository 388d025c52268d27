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
)
"""Top-level keys that are not sections."""

TARGET_SETTINGS: Final = ("default", "description", "workspace", "variables", "tags")
"""Keys of a target that are not sections."""

SUFFIXES: Final = (".yaml", ".yml", ".json")
"""Endings of spec files, in any case.

Source: public CLI v2 documents; some end in ``.YAML``.
"""
