"""What drivers need of one workspace, and which driver a kind has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from importlib import import_module

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.driver import Driver
from orchestrator.backends.azure.drivers.endpoint_reads import EndpointReads
from orchestrator.backends.azure.drivers.site import Site
from orchestrator.core.address import Address
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.resource import Observed

Interest = Callable[[], Mapping[Address, str] | None]
"""The addresses that a plan may be about, each with the revision on record; None means everything in the workspace."""

_PACKAGE = __package__


class DriverContext:
    """One workspace, as drivers see it.

    Args:
        client: of the workspace.
        kinds: all that are driven.
        interest: see `Interest`.
    """

    def __init__(self, client: Client, kinds: Kinds, interest: Interest) -> None:
        self.client = client
        self.kinds = kinds
        self._interest = interest
        self._spelt = {address.folded: address for address in interest() or ()}

    @cached_property
    def site(self) -> Site:
        """Whether the workspace is there."""
        return Site(self.client)

    @cached_property
    def reads(self) -> EndpointReads:
        """Endpoints and what they contain."""
        return EndpointReads(self.client, self._endpoints)

    def names(self, kind: Kind) -> frozenset[str] | None:
        """The names of a kind that matter; None means all."""
        requested = self._interest()
        return (
            None if requested is None else frozenset(address.name for address in requested if address.kind == kind.key)
        )

    def recorded(self, kind: Kind) -> Mapping[Address, str]:
        """The addresses of a kind that matter, each with the revision on record."""
        requested = self._interest() or {}
        return {address: revision for address, revision in requested.items() if address.kind == kind.key}

    def parts(self, whole: Address) -> frozenset[str]:
        """Names of the parts of a resource that matter, apart from those that are fields of it: deployments of an endpoint."""
        inside = (address for address in self._interest() or () if address.parent == whole)
        return frozenset(address.leaf for address in inside if address.leaf != self.kinds[address.kind].part)

    def spelt(self, objects: Iterable[Observed]) -> list[Observed]:
        """Objects under the addresses that the spec or the record has for them: names that differ in case are one.

        Source: Azure Resource Manager, names of resources are compared without case, and come back in any.
        """
        known = self._spelt | {address.folded: address for address in self._interest() or ()}
        return [under(known.get(found.address.folded, found.address), found) for found in objects]

    def _endpoints(self) -> frozenset[str] | None:
        requested = self._interest()
        if requested is None:
            return None
        sections = {kind.section for kind in self.kinds.values() if kind.azure.driver == _ENDPOINTS}
        return frozenset(address.name for address in requested if address.section in sections)


_ENDPOINTS = "endpoints"
"""The driver of what `EndpointReads` reads."""


def under(address: Address, found: Observed) -> Observed:
    """What was found, at the address by which it was asked for."""
    return found if found.address == address else replace(found, address=address)


def driver_of(kind: Kind, context: DriverContext) -> Driver:
    """The driver that a kind's binding names: that module's ``driver`` makes it."""
    made: Driver = import_module(f"{_PACKAGE}.{kind.azure.driver}").driver(kind, context)
    return made
