"""Online endpoints without what they contain: deployments and traffic are resources of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.backends.azure import facts
from orchestrator.backends.azure.bodies import loader_body
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.endpoint_reads import EndpointReads
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.core.address import Address
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed

_PARTS = ("traffic", "mirror_traffic")


class EndpointDriver(MutableDriver):
    """Endpoints."""

    def __init__(self, client: Client, kind: Kind, reads: EndpointReads) -> None:
        super().__init__(client, kind)
        self._reads = reads

    def list(self) -> Sequence[Observed]:
        """See `Driver.list`."""
        return [self._observed(entity) for entity in self._reads.endpoints()]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        entity = self._reads.endpoint(address.name)
        return None if entity is None else self._observed(entity)

    def _put(self, request: Request, verb: str) -> Any:
        """A body that is silent on traffic would empty it, so what is there is sent along.

        Source: measured with azure-ai-ml 1.35.
        """
        from orchestrator.backends.azure import sdk

        current = None if verb == "create" else self._reads.endpoint(request.address.name)

        def put(ml: Any) -> Any:
            entity = sdk.load_entity(self._kind.azure.loader, loader_body(request, self._kind))
            if current is not None:
                entity.traffic = current.traffic
                entity.mirror_traffic = current.mirror_traffic
            return ml.online_endpoints.begin_create_or_update(entity)

        return self._client.write(f"{verb} {request.address}", put)

    def _delete(self, ml: Any, address: Address) -> Any:
        return ml.online_endpoints.begin_delete(name=address.name)

    def _observed(self, entity: Any) -> Observed:
        body = self._client.body(self._kind, entity)
        own = {name: value for name, value in body.items() if name not in _PARTS}
        return facts.observed(Address(self._kind.section, entity.name), "", own, entity)


def driver(kind: Kind, context: DriverContext) -> EndpointDriver:
    """See `context.driver_of`."""
    return EndpointDriver(context.client, kind, context.reads)
