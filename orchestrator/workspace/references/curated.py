"""The curated environments of Azure ML by name, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.workspace.references.hosted import entries, shared

PREFIX: Final = "AzureML-"
"""How the names of curated environments begin inside a workspace; the registry ``azureml`` has them without."""

OWN_REGISTRY: Final = "azureml"

VERSION: Final = "1"
"""The one version that each has here: what another one holds is not known."""

_REGISTRY: Final = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/environments/(?P<name>[^/]+)(?:/versions/[^/]+|/labels/[^/]+)?/?"
)
_NAMED: Final = re.compile(r"(?:azureml:(?!//))?AzureML-(?P<name>[^:@/]+)(?::[^@/]+|@\w+)?")
_IMAGE: Final = re.compile(r"mcr\.microsoft\.com/azureml/curated/(?P<name>[^:@/]+)(?:[:@].*)?")
_OTHER_IMAGE: Final = re.compile(r"mcr\.microsoft\.com/azureml/(?P<name>[^:@/]+)(?:[:@].*)?")
_PYTHON_PART: Final = re.compile(r"(?:^|[-_/.])py(?:thon)?[-:]?3\.?(\d{1,2})(?![\d])")
_FAMILY: Final = re.compile(r"(?:acpt-)?(?P<family>[a-z]+)-(?P<version>\d+(?:\.\d+){0,2})(?:-.*)?")


@dataclass(frozen=True, slots=True)
class Curated:
    """A curated environment.

    Attributes:
        name: without ``AzureML-``.
        python: its minor version, such as ``3.10``; empty if nothing tells.
        packages: lines for pip.
    """

    name: str
    python: str
    packages: tuple[str, ...]

    @property
    def image(self) -> str:
        """The image that the service has for it."""
        return f"mcr.microsoft.com/azureml/curated/{self.name.lower()}:{VERSION}"


def catalogue() -> tuple[Curated, ...]:
    """All that are described here, by name."""
    return tuple(_entry(name, entry) for name, entry in _known().items())


def hosted(text: str) -> str | None:
    """The name of a curated environment that a reference or an image means; None if it means none.

    Of another registry's environment it is the registry's name, a slash and the name.

    ``azureml:AzureML-N@latest``, ``azureml:AzureML-N:3``, ``azureml://registries/azureml/environments/N/labels/latest`` and
    ``mcr.microsoft.com/azureml/curated/N:12`` are the same environment.
    """
    image = _OTHER_IMAGE.fullmatch(text)
    if image is not None and image["name"] in _known():
        return image["name"]
    for pattern in (_NAMED, _REGISTRY, _IMAGE):
        if found := pattern.fullmatch(text):
            registry = found.groupdict().get("registry") or OWN_REGISTRY
            return found["name"].removeprefix(PREFIX) if registry == OWN_REGISTRY else f"{registry}/{found['name']}"
    return None


def curated(name: str) -> Curated | None:
    """What a curated environment stands for; None if nothing is known of it.

    Args:
        name: with or without ``AzureML-``. Names that are not in the catalogue are read: ``sklearn-1.3-…-py39-cpu``.
    """
    bare = name.removeprefix(PREFIX)
    known = _known()
    same = next((other for other in known if other.lower() == bare.lower()), None)
    if same is not None:
        return _entry(bare, known[same])
    found = _FAMILY.fullmatch(bare.lower())
    family = shared(OWN_REGISTRY, "families").get(found["family"]) if found else None
    if found is None or family is None:
        return None
    sibling = _sibling(bare.lower())
    python = python_of(bare) or (sibling.python if sibling is not None else "")
    version = found["version"]
    pinned = f"{family['package']}~={version}.0" if version.count(".") < 2 else f"{family['package']}~={version}"
    beside = sibling.packages[1:] if sibling is not None else tuple(family["beside"])
    return Curated(bare, python, (pinned, *beside))


def python_of(name: str) -> str:
    """The minor version of Python that the name of an environment or an image tells: ``py38``, ``python:3.9``; empty if none."""
    found = _PYTHON_PART.search(name.lower())
    return f"3.{found[1]}" if found else ""


def _sibling(name: str) -> Curated | None:
    """The entry of the same framework and version, such as ``sklearn-1.5`` of ``sklearn-1.5-ubuntu22.04-cpu``."""
    found = _FAMILY.fullmatch(name)
    if found is None:
        return None
    for entry in catalogue():
        other = _FAMILY.fullmatch(entry.name)
        if other is not None and _release(other) == _release(found):
            return entry
    return None


def _release(found: re.Match[str]) -> tuple[str, ...]:
    """Framework, major and minor version."""
    return (found["family"], *found["version"].split(".")[:2])


def _entry(name: str, entry: Mapping[str, Any]) -> Curated:
    return Curated(name, str(entry["python"]), tuple(entry["packages"]))


def _known() -> Mapping[str, Mapping[str, Any]]:
    return entries(OWN_REGISTRY, "environments")
