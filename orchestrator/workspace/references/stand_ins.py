"""What the settings put in the place of something that is elsewhere: the same answer for plans and for what runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from orchestrator.workspace.folder.paths import inside
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.references.curated import OWN_REGISTRY, PREFIX

_ASSET: Final = re.compile(r"azureml:(?!//)(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@(?P<label>\w+))?")
_REGISTRY: Final = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/(?P<section>[a-z]+)/(?P<name>[^/]+)"
    r"(?:/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?/?"
)


class StandIn(NamedTuple):
    """What stands in.

    Attributes:
        key: of the setting.
        path: absolute.
    """

    key: str
    path: Path


def stand_in_for(stand_ins: Mapping[str, str], text: str) -> StandIn | None:
    """What stands in for a reference or URL; None if nothing does.

    The same text comes first. A key that is the beginning of the text, up to a ``/``, stands for everything below. A key that names
    an asset without a version, or by a label, stands for every version of it, and a reference without a version is what any key with
    its name says.

    Raises:
        Invalid: the rest of the text leaves the stand-in's folder.
    """
    if text in stand_ins:
        return StandIn(text, Path(stand_ins[text]))
    asset = _asset(text)
    keys = sorted(stand_ins, key=len, reverse=True)
    for key in keys:
        if asset is not None and _same(_asset(key), asset):
            return StandIn(key, Path(stand_ins[key]))
    for key in keys:
        prefix = key.rstrip("/") + "/"
        if text.startswith(prefix):
            return StandIn(key, inside(Path(stand_ins[key]), text.removeprefix(prefix)))
    return None


def mapped_below(stand_ins: Mapping[str, str], prefix: str) -> bool:
    """Whether any setting is about something at or below an address."""
    return any(key == prefix or key.startswith(prefix + "/") for key in stand_ins)


def _asset(text: str) -> tuple[str, str, str] | None:
    """Registry with section, name and version (empty without one, or with a label) of a text that names an asset.

    A curated environment has one name, whichever way it is written.
    """
    if found := _ASSET.fullmatch(text):
        return "", found["name"], found["version"] or ""
    if found := _REGISTRY.fullmatch(text):
        if (found["registry"], found["section"]) == (OWN_REGISTRY, record_kinds.ENVIRONMENTS):
            return "", PREFIX + found["name"].removeprefix(PREFIX), found["version"] or ""
        return f"{found['registry']}/{found['section']}", found["name"], found["version"] or ""
    return None


def _same(key: tuple[str, str, str] | None, asset: tuple[str, str, str]) -> bool:
    if key is None or key[:2] != asset[:2]:
        return False
    return not key[2] or not asset[2] or key[2] == asset[2]
