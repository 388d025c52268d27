"""Why a resource will, or will not, change."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.core.address import Address
from orchestrator.core.change import Change


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain from a decision to its root.

    Attributes:
        change: the decision of this link.
        root: nothing further upstream is behind it.
        earlier: changed by an earlier apply, and does not change now.
    """

    change: Change
    root: bool
    earlier: bool = False

    @property
    def address(self) -> Address:
        """Whose decision this is."""
        return self.change.address


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and what is behind it.

    Attributes:
        change: the decision.
        chain: from the resource itself up to each root cause, nearest first; each address once.
        consequences: addresses that change because of this one, directly or further on, in order of address.
    """

    change: Change
    chain: tuple[Link, ...]
    consequences: tuple[Address, ...] = ()
