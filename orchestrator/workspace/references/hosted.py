"""What registries hold, on this machine: one file for each asset below ``catalogue/REGISTRY/SECTION/``. No list of them is kept."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import yaml

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.workspace.records.record_kinds import COMPONENTS

_PLACE: Final = Path(__file__).with_name("catalogue")
_COMPONENT: Final = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/components/(?P<name>[^/]+)"
    r"(?:/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?/?"
)


@dataclass(frozen=True, slots=True)
class HostedComponent:
    """A component of a registry.

    Attributes:
        name: as it was asked for: a component may have several.
        version: as it was asked for, otherwise the newest. What another one holds is not known: each is the newest.
        body: in CLI v2, as the service has it; its command is this machine's.
        requires: modules that its command imports and amlctl alone does not have.
        extra: of amlctl, that installs them; empty if there are none.
    """

    registry: str
    name: str
    version: str
    body: Mapping[str, Any] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    extra: str = ""

    @property
    def run_here(self) -> Mapping[str, Any]:
        """The body with which a step runs: in amlctl's own Python, where its command is at home."""
        return {name: value for name, value in self.body.items() if name != "environment"}

    @property
    def missing(self) -> tuple[str, ...]:
        """Those of `requires` that are not installed."""
        return tuple(module for module in self.requires if find_spec(module) is None)


def registries() -> tuple[str, ...]:
    """The registries of which something is known."""
    return tuple(sorted(place.name for place in _PLACE.iterdir() if place.is_dir()))


def is_hosted_component(text: str) -> bool:
    """Whether a text names a component of any registry."""
    return _COMPONENT.fullmatch(text) is not None


def component(text: str) -> HostedComponent | None:
    """The component that a text names; None if the text names none, or one that is not known here.

    Args:
        text: ``azureml://registries/REGISTRY/components/NAME``, with ``/versions/VERSION`` or ``/labels/LABEL`` or without.
    """
    found = _COMPONENT.fullmatch(text)
    return None if found is None else component_named(found["registry"], found["name"], found["version"] or "")


def component_named(registry: str, name: str, version: str = "") -> HostedComponent | None:
    """A component by its names; None if it is not known here. See `HostedComponent.version` of versions."""
    entry = _named(registry).get(name)
    if entry is None:
        return None
    body = {key: value for key, value in entry["component"].items() if key != "version"}
    newest = str(entry["component"]["version"])
    requires = tuple(entry.get("requires") or ())
    return HostedComponent(registry, name, version or newest, body, requires, str(entry.get("extra") or ""))


def component_names(registry: str) -> tuple[str, ...]:
    """The names of all components of a registry, with their other names."""
    return tuple(sorted(_named(registry)))


def component_file(text: str, place: Path) -> Mapping[str, Any]:
    """The component of a file in CLI v2 that stands in for one that is elsewhere; its code lies beside the file.

    Args:
        text: what it stands in for.
        place: the file, or a folder with one.

    Raises:
        Invalid: there is no such file, or it is none.
    """
    files = sorted((*place.glob("*.yaml"), *place.glob("*.yml"))) if place.is_dir() else [place]
    try:
        tree = yaml.safe_load(files[0].read_text(encoding="utf-8")) if len(files) == 1 else None
    except (OSError, ValueError, yaml.YAMLError):
        tree = None
    if not isinstance(tree, Mapping):
        raise Invalid(
            f"'{text}' is taken from {place}, which is not the YAML file of a component.",
            fix="Name the component's file, or a folder with that file alone, under workspace.local.stand_ins.",
        )
    code = tree.get("code")
    beside = isinstance(code, str) and "://" not in code and not code.startswith("azureml:")
    return {**tree, "code": str((files[0].parent / str(code)).resolve())} if beside else tree


def unknown_component(text: str) -> NotFound:
    """What is said of a component of a registry that is not known here."""
    found = _COMPONENT.fullmatch(text)
    registry, name = (found["registry"], found["name"]) if found is not None else ("", text)
    close = difflib.get_close_matches(name, component_names(registry), n=1)
    known = ", ".join(component_names(registry))
    near = f"Nearest: {close[0]}." if close else f"It has: {known}." if known else "Use a component of this workspace."
    return NotFound(f"The local catalogue of the registry '{registry}' has no component '{name}'.", fix=near)


@cache
def entries(registry: str, section: str) -> Mapping[str, Mapping[str, Any]]:
    """What the files of a section say, by their names, sorted. Empty if there are none."""
    files = sorted((_PLACE / registry / section).glob("*.yaml")) if registry in registries() else []
    return {file.stem: _read(file) for file in files}


@cache
def shared(registry: str, name: str) -> Mapping[str, Any]:
    """A file of a registry that is about several assets."""
    return _read(_PLACE / registry / f"{name}.yaml")


@cache
def _named(registry: str) -> Mapping[str, Mapping[str, Any]]:
    found = entries(registry, COMPONENTS)
    return {name: entry for key, entry in found.items() for name in _all_names(key, entry.get("aliases") or ())}


def _all_names(key: str, aliases: Iterable[str]) -> tuple[str, ...]:
    return (key, *aliases)


def _read(file: Path) -> Mapping[str, Any]:
    tree: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return tree
