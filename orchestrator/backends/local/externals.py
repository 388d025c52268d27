"""What stands in, on one machine, for things that the spec mentions and the workspace does not have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.core.resource import Observed
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.references.curated import hosted
from orchestrator.workspace.references.stand_ins import stand_in_for

THIS_MACHINE: Final = "this machine"

STAND_IN: Final = "stand_in"
"""Attribute of an object that is not what it is called: what is used in its place."""

_ASSETS = frozenset({record_kinds.DATA, record_kinds.MODELS, record_kinds.ENVIRONMENTS, "components"})


def stand_in(
    address: Address, revision: str | None, stand_ins: Mapping[str, str], texts: Collection[str] = ()
) -> Observed | None:
    """What takes the place of a missing resource; None if nothing does.

    An undeclared compute is this machine, a curated or registry environment is had here as far as it goes, the datastores that
    every workspace is born with are folders of it, and the settings may name a local path for anything else.

    Args:
        address, revision: what is missing.
        stand_ins: reference or URL to local path.
        texts: how the spec mentions it; without a spec its name is all that is known.

    Returns:
        An object that nobody owns, with the attribute ``stand_in``. Its message is a warning for people, if one is due.
    """
    name = address.name
    written = [*texts, _written(address, revision)]
    mapped = next((found for text in written if (found := stand_in_for(stand_ins, text))), None)
    if mapped is not None and address.section in (*_ASSETS, record_kinds.DATASTORES):
        return _object(address, revision, str(mapped.path), f"{mapped.key} is taken from {mapped.path}.")
    if address.section == record_kinds.COMPUTE:
        return _object(
            address, revision, THIS_MACHINE, f"The compute '{name}' is not in the spec: {THIS_MACHINE} is used."
        )
    if address.section == record_kinds.ENVIRONMENTS and any(hosted(text) is not None for text in written):
        return _object(address, revision, THIS_MACHINE, "")  # the plan tells at each job what is otherwise
    if address.section == record_kinds.DATASTORES and name in DEFAULT_DATASTORES:
        return _inborn_datastore(name)
    return None


def inborn(kind: str, found: Iterable[Observed]) -> list[Observed]:
    """What every workspace has from birth and nobody has declared: the default datastores."""
    if kind != record_kinds.DATASTORES:
        return []
    declared = {observed.address.name for observed in found}
    return [_inborn_datastore(name) for name in DEFAULT_DATASTORES if name not in declared]


def _inborn_datastore(name: str) -> Observed:
    return Observed(
        Address(record_kinds.DATASTORES, name), "", {"name": name}, attributes={STAND_IN: "a folder of the workspace"}
    )


def _written(address: Address, revision: str | None) -> str:
    """A mention of a resource, in its shortest form."""
    if address.section == record_kinds.DATASTORES:
        return f"azureml://datastores/{address.name}"
    return f"azureml:{address.name}:{revision}" if revision else f"azureml:{address.name}"


def _object(address: Address, revision: str | None, what: str, warning: str) -> Observed:
    return Observed(address, revision or "", {"name": address.name}, message=warning, attributes={STAND_IN: what})
