"""Names that follow the target, and the keys they are written under: which of the two a text means, and what stays the same over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from orchestrator.core.address import Address


@dataclass(frozen=True, slots=True)
class FollowingNames:
    """Where a resource's name is not simply the key it is written under.

    Attributes:
        written: address to the text that stands in the spec for its last part: ``raw`` with a ``name:`` of its own,
            ``taxi-${var.environment}``, ``deployments.blue-${target}``.
        meant: address by the key to the address by the name, where a body says its name. Parts stand under their endpoint's name.
    """

    written: Mapping[Address, str] = field(default_factory=dict)
    meant: Mapping[Address, Address] = field(default_factory=dict)

    def address(self, address: Address) -> Address:
        """The address that is meant by one which names keys."""
        if address.part:
            whole = self.meant.get(Address(address.section, address.name))
            address = Address(address.section, whole.name, address.part) if whole is not None else address
        return self.meant.get(address, address)

    def key(self, address: Address) -> str:
        """The address with keys in place of names: the same in every target, and the same after a rename. Empty if that is the address."""
        whole = Address(address.section, address.name)
        text = f"{address.section}.{self.written.get(whole, address.name)}"
        if address.part:
            text += f".{self.written.get(address, address.part)}"
        return "" if text == str(address) else text


AS_WRITTEN: Final = FollowingNames()
