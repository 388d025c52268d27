"""Computes: of some types, the client has no class."""

from __future__ import annotations

from typing import Any

from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.named import NamedDriver
from orchestrator.core.address import Address
from orchestrator.core.kind import Kind
from orchestrator.core.resource import Observed


class ComputeDriver(NamedDriver):
    """Computes of every type."""

    def list(self) -> list[Observed]:
        """See `Driver.list`."""
        from orchestrator.backends.azure import sdk

        return self._listed(sdk.all_computes)

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        from orchestrator.backends.azure import sdk

        return self._one(address, lambda ml: sdk.one_compute(ml, address.name))

    def _entity(self, body: dict[str, Any]) -> Any:
        from orchestrator.backends.azure import sdk

        return sdk.load_attached(body) or super()._entity(body)


def driver(kind: Kind, context: DriverContext) -> ComputeDriver:
    """See `context.driver_of`."""
    return ComputeDriver(context.client, kind)
