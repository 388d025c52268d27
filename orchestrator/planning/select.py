"""``--select``: which resources a plan may touch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, Severity, did_you_mean
from orchestrator.core.graph import closure, reverse

Edges = Mapping[Address, Iterable[Address]]
NO_KEYS: Final[Mapping[Address, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Selection:
    """The resources that a plan may touch.

    Attributes:
        chosen: None means all.
        exact: those that were named without a wildcard.
        problems: patterns that match nothing.
    """

    chosen: frozenset[Address] | None = None
    exact: frozenset[Address] = frozenset()
    problems: tuple[Diagnostic, ...] = ()

    def __contains__(self, address: Address) -> bool:
        return self.chosen is None or address in self.chosen


def select(patterns: Iterable[str], edges: Edges, keys: Mapping[Address, str] = NO_KEYS) -> Selection:
    """Resolve selection patterns.

    A pattern that names an endpoint means its deployments and traffic as well.

    Args:
        patterns: ``jobs.train``, ``+jobs.train``, ``jobs.train+``, ``data.*``; several add up.
        edges: every known address to what it depends on.
        keys: what else addresses are called: by the keys that names stand under.
    """
    requested = tuple(patterns)
    if not requested:
        return Selection()
    chosen: set[Address] = set()
    exact: set[Address] = set()
    problems: list[Diagnostic] = []
    downstream = reverse(edges) if any(pattern.endswith("+") for pattern in requested) else {}
    for pattern in requested:
        name = pattern.removeprefix("+").removesuffix("+")
        found = _matching(name, edges.keys(), keys)
        if not found:
            problems.append(_nothing(pattern, name, edges.keys()))
        chosen |= found
        exact |= {address for address in found if name in (str(address), keys.get(address))}
        if pattern.startswith("+"):
            chosen |= closure(found, edges)
        if pattern.endswith("+"):
            chosen |= closure(found, downstream)
    return Selection(frozenset(chosen), frozenset(exact), tuple(problems))


def _matching(name: str, known: Collection[Address], keys: Mapping[Address, str]) -> set[Address]:
    return {
        address
        for address in known
        if fnmatchcase(str(address), name)
        or keys.get(address) == name
        or (address.parent is not None and (fnmatchcase(str(address.parent), name) or keys.get(address.parent) == name))
    }


def _fix(name: str, known: Collection[Address]) -> str:
    if any(name in (address.section, address.kind) for address in known):
        return f"Use '{name}.*' for all of them."
    return did_you_mean(name, map(str, known), "Run `amlctl plan -v` for a list of addresses.")


def _nothing(pattern: str, name: str, known: Collection[Address]) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "select-nothing",
        summary="Empty selection",
        detail=f"--select '{pattern}' matches no resource of this project.",
        fix=_fix(name, known),
    )
