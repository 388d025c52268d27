"""What stands in, on one machine, for things that the spec mentions and the workspace does not have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.kind import Kind
from orchestrator.core.resource import Observed
from orchestrator.workspace.service import hosted, hosted_component, stand_in_for

STAND_IN: Final = "stand_in"
"""Attribute of an object that is not what it is called: what is used in its place."""

_HERE: Final = "this machine"


def stand_in(
    kind: Kind, address: Address, revision: str | None, stand_ins: Mapping[str, str], texts: Collection[str] = ()
) -> Observed | None:
    """What takes the place of a missing resource; None if nothing does. Its kind says what may (`core.behaviour.LocalBehaviour`).

    Args:
        kind: of what is missing.
        address, revision: what is missing.
        stand_ins: reference or URL to local path.
        texts: how the spec mentions it; without a spec its name is all that is known.

    Returns:
        An object that nobody owns, with the attribute ``stand_in``. Its message is a warning for people, if one is due.
    """
    name, local = address.name, kind.local
    written = [*texts, _written(kind, name, revision)]
    mapped = next((found for text in written if (found := stand_in_for(stand_ins, text))), None)
    if mapped is not None and local.replaceable:
        return _object(address, revision, str(mapped.path), f"{mapped.path} is used in place of {mapped.key}.")
    if local.unknown_is:
        warning = f"The {kind.title} '{name}' is not in the spec: {local.unknown_is} is used."
        return _object(address, revision, local.unknown_is, warning)
    if local.ready_made and any(_provided(text) for text in written):
        return _object(address, revision, _HERE, "")  # the plan tells at each job what is otherwise
    return _inborn(kind, name) if name in kind.inborn and local.inborn_is else None


def _provided(text: str) -> bool:
    """Whether the service has it ready made, and something of it is had here."""
    return hosted(text) is not None or hosted_component(text) is not None


def inborn(kind: Kind, found: Iterable[Observed]) -> list[Observed]:
    """What every workspace has from birth and nobody has declared: the default datastores."""
    if not kind.local.inborn_is:
        return []
    declared = {observed.address.name for observed in found}
    return [_inborn(kind, name) for name in kind.inborn if name not in declared]


def _inborn(kind: Kind, name: str) -> Observed:
    return Observed(Address(kind.key, name), "", properties={"name": name}, attributes={STAND_IN: kind.local.inborn_is})


def _written(kind: Kind, name: str, revision: str | None) -> str:
    """A mention of a resource, in its shortest form."""
    text = kind.local.reference.format(name=name)
    return f"{text}:{revision}" if revision else text


def _object(address: Address, revision: str | None, what: str, warning: str) -> Observed:
    return Observed(
        address, revision or "", properties={"name": address.name}, message=warning, attributes={STAND_IN: what}
    )
