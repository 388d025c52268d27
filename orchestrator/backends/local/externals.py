"""What stands in, on one machine, for things that the spec mentions and the workspace does not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.resource import Observed
from orchestrator.workspace.assets import DEFAULT_DATASTORES

THIS_MACHINE: Final = "this machine"
THIS_INTERPRETER: Final = "this Python interpreter"

STAND_IN: Final = "stand_in"
"""Attribute of an object that is not what it is called: what is used in its place."""

_ASSET = re.compile(r"azureml:(?!//)(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@latest)?")
_REGISTRY_ASSET = re.compile(
    r"azureml://registries/[^/]+/(?P<section>[a-z]+)/(?P<name>[^/]+)(?:/versions/(?P<version>[^/]+)|/labels/latest)?"
)
_ASSETS = frozenset({"data", "models", "environments", "components"})


def stand_in(address: Address, revision: str | None, stand_ins: Mapping[str, str]) -> Observed | None:
    """What takes the place of a missing resource; None if nothing does.

    An undeclared compute is this machine, a curated or registry environment is the Python interpreter that runs the
    workspace, the datastores that every workspace is born with are folders of it, and the settings may name a local path
    for anything else.

    Returns:
        An object that nobody owns, with the attribute ``stand_in``. Its message is a warning for people, if one is due.
    """
    name = address.name
    mapped = _mapped(address, revision, stand_ins) if address.section in _ASSETS else None
    if mapped is not None:
        text, path = mapped
        return _object(address, revision, path, f"{text} is taken from {path}.")
    if address.section == "compute":
        return _object(
            address, revision, THIS_MACHINE, f"The compute '{name}' is not in the spec: {THIS_MACHINE} is used."
        )
    if address.section == "environments" and is_hosted_environment(name):
        return _object(address, revision, THIS_INTERPRETER, f"{name} is not built here: {THIS_INTERPRETER} is used.")
    if address.section == "datastores" and name in DEFAULT_DATASTORES:
        return _inborn_datastore(name)
    return None


def inborn(kind: str, found: Iterable[Observed]) -> list[Observed]:
    """What every workspace has from birth and nobody has declared: the default datastores."""
    if kind != "datastores":
        return []
    declared = {observed.address.name for observed in found}
    return [_inborn_datastore(name) for name in DEFAULT_DATASTORES if name not in declared]


def is_hosted_environment(name: str) -> bool:
    """Whether an environment is one that Azure provides: curated, or from a registry."""
    return name.startswith(("AzureML-", "registries/"))


def _inborn_datastore(name: str) -> Observed:
    return Observed(Address("datastores", name), "", {"name": name}, attributes={STAND_IN: "a folder of the workspace"})


def _mapped(address: Address, revision: str | None, stand_ins: Mapping[str, str]) -> tuple[str, str] | None:
    """The reference that settings map to a local path, and the path."""
    for text, path in stand_ins.items():
        found = _ASSET.fullmatch(text) or _REGISTRY_ASSET.fullmatch(text)
        if found is None or found["name"] != address.name:
            continue
        section = found.groupdict().get("section")
        version = found["version"]
        if section in (None, address.section) and (revision is None or version in (None, revision)):
            return text, path
    return None


def _object(address: Address, revision: str | None, what: str, warning: str) -> Observed:
    return Observed(address, revision or "", {"name": address.name}, message=warning, attributes={STAND_IN: what})
