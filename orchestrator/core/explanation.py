"""Why a resource will, or will not, change."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.core.address import Address
from orchestrator.core.change import Change


@dataclass(frozen=True, slots=True)
class Cause:
    """One link of the chain from a decision to its root.

    Attributes:
        address: whose decision this is.
        reason: as in its change.
        root: nothing further upstream is behind it.
    """

    address: Address
    reason: str
    root: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and what is behind it.

    Attributes:
        change: the decision.
        sentences: the decision in full sentences, most important first.
        chain: from the resource itself up to each root cause, nearest first; each address once.
        consequences: addresses that change because of this one, directly or further on, in order of address.
    """

    change: Change
    sentences: tuple[str, ...]
    chain: tuple[Cause, ...]
    consequences: tuple[Address, ...] = ()
