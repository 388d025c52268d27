"""Resources that a target adds: on purpose, or because a name under it is misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from orchestrator.core.diagnostic import Diagnostic, nearest
from orchestrator.core.tree import LocatedDict

Added = Mapping[str, tuple[str, ...]]
"""Text of the address of each resource that only the target has, to the names beside which the spec itself has none of that name."""

_INCOMPLETE = "missing-field"
_DEPLOYMENTS = "deployments"


def added_by(body: LocatedDict, sections: Mapping[str, LocatedDict]) -> Added:
    """What a target adds to the spec.

    Args:
        body: the target's.
        sections: the spec's own, without the target.
    """
    found: dict[str, tuple[str, ...]] = {}
    for section, base in {**dict.fromkeys(body, LocatedDict()), **sections}.items():
        over = body.get(section)
        if isinstance(over, LocatedDict):
            found.update(_added(section, over, base))
    return found


def _added(place: str, over: LocatedDict, base: LocatedDict) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, value in over.items():
        if name not in base and value is not None:
            yield f"{place}.{name}", tuple(base)
        inside, beneath = _deployments(value), _deployments(base.get(name))
        if inside is not None and beneath is not None:
            yield from _added(f"{place}.{name}.{_DEPLOYMENTS}", inside, beneath)


def _deployments(body: object) -> LocatedDict | None:
    found = body.get(_DEPLOYMENTS) if isinstance(body, LocatedDict) else None
    return found if isinstance(found, LocatedDict) else None


def explained(problem: Diagnostic, added: Added, target: str) -> Diagnostic:
    """A body that is incomplete because there is nothing beneath it says so; any other problem as it is."""
    address = str(problem.address)
    if problem.code != _INCOMPLETE or address not in added:
        return problem
    near = nearest(address.rpartition(".")[2], added[address])
    return replace(
        problem,
        detail=f"{address} exists in the target '{target}' only, so it overrides nothing. {problem.detail}",
        fix=f"Did you mean '{near}'? Otherwise: {problem.fix}" if near else problem.fix,
    )
