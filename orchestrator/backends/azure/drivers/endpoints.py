"""Online endpoints without what they contain: deployments and traffic are resources of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.backends.azure import facts
from orchestrator.backends.azure.bodies import loader_body
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.endpoint_reads import EndpointReads
from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed, Removal

_PARTS = ("traffic", "mirror_traffic")


class EndpointDriver:
    """Endpoints."""

    def __init__(self, client: Client, kind: Kind, reads: EndpointReads) -> None:
        self._client = client
        self._kind = kind
        self._reads = reads

    def list(self) -> Sequence[Observed]:
        """See `Driver.list`."""
        return [self._observed(entity) for entity in self._reads.endpoints()]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        entity = self._reads.endpoint(address.name)
        return None if entity is None else self._observed(entity)

    def create(self, request: Request) -> Any:
        """See `Driver.create`."""
        return self._put(request, "create", None)

    def update(self, request: Request, before: Observed) -> Any:
        """See `Driver.update`. A body that is silent on traffic would empty it, so what is there is sent along.

        Source: measured with azure-ai-ml 1.35.
        """
        return self._put(request, "update", self._reads.endpoint(request.address.name))

    def restore(self, request: Request) -> None:
        """Never needed: endpoints are not archived."""

    def remove(self, address: Address, revision: str, removal: Removal) -> Any:
        """See `Driver.remove`."""
        if removal is Removal.ARCHIVE:
            raise Invalid(f"{address}: an endpoint cannot be archived.", fix="Use on_removal: delete or keep.")
        return self._client.write(f"delete {address}", lambda ml: ml.online_endpoints.begin_delete(name=address.name))

    def _put(self, request: Request, verb: str, current: Any) -> Any:
        from orchestrator.backends.azure import sdk

        def put(ml: Any) -> Any:
            entity = sdk.load_entity(self._kind.azure.loader, loader_body(request, self._kind))
            if current is not None:
                entity.traffic = current.traffic
                entity.mirror_traffic = current.mirror_traffic
            return ml.online_endpoints.begin_create_or_update(entity)

        return self._client.write(f"{verb} {request.address}", put)

    def _observed(self, entity: Any) -> Observed:
        body = self._client.body(self._kind.key, entity)
        own = {name: value for name, value in body.items() if name not in _PARTS}
        return facts.observed(Address(self._kind.section, entity.name), "", own, entity)
