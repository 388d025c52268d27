"""Traffic of online endpoints: a field of the endpoint on the wire, a resource of its own in a spec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.backends.azure import facts
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.marks import marks_of
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed, Removal


class TrafficDriver:
    """Who answers how much."""

    def __init__(self, client: Client, kind: Kind, context: DriverContext) -> None:
        self._client = client
        self._kind = kind
        self._reads = context.reads
        self._parts = context.parts

    def list(self) -> Sequence[Observed]:
        """See `Driver.list`."""
        names = set(self._reads.names())
        endpoints = [endpoint for endpoint in self._reads.endpoints() if endpoint.name in names]
        found = self._client.each(self._observed, endpoints)
        return [observed for observed in found if observed is not None]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`. An endpoint that answers nobody has no traffic."""
        endpoint = self._reads.endpoint(address.name)
        return None if endpoint is None else self._observed(endpoint)

    def create(self, request: Request) -> Any:
        """See `Driver.create`."""
        return self._set(request.address, request.properties)

    def update(self, request: Request, before: Observed) -> Any:
        """See `Driver.update`."""
        return self._set(request.address, request.properties)

    def restore(self, request: Request) -> None:
        """Never needed: traffic is not archived."""

    def remove(self, address: Address, revision: str, removal: Removal) -> Any:
        """Take the traffic from every deployment. An endpoint that is gone has none."""
        try:
            return self._set(address, {})
        except NotFound:
            return None

    def _set(self, address: Address, shares: Any) -> Any:
        """Everything else of the endpoint is sent back as it is: the service takes whole bodies only."""
        endpoint = self._reads.endpoint(address.name)
        if endpoint is None:
            raise NotFound(f"{address.parent} is not in the workspace.", fix="Apply it first.")
        endpoint.traffic = dict(shares.get("traffic") or {})
        endpoint.mirror_traffic = dict(shares.get("mirror_traffic") or {})
        return self._client.write(f"set {address}", lambda ml: ml.online_endpoints.begin_create_or_update(endpoint))

    def _observed(self, endpoint: Any) -> Observed | None:
        traffic, mirror = dict(endpoint.traffic or {}), dict(endpoint.mirror_traffic or {})
        if not traffic and not mirror:
            return None
        # The service leaves out those who answer nothing; a spec may say so in as many words.
        known = {deployment.name for deployment, _ in self._reads.deployments(endpoint.name)}
        for name in known | self._parts(Address(self._kind.section, endpoint.name)):  # lists lag behind writes
            traffic.setdefault(name, 0)
        body = {"traffic": traffic} | ({"mirror_traffic": mirror} if mirror else {})
        state = facts.state_of({}, endpoint)
        marks = marks_of(endpoint.tags)
        message = "" if state in ("", "succeeded") else state
        return Observed(
            Address(self._kind.section, endpoint.name, self._kind.part),
            "",
            properties=body,
            owner=marks.owner,
            health=facts.health_of(state),
            message=message,
            attributes={"name": self._kind.part},
            adopted=marks.adopted,
        )


def driver(kind: Kind, context: DriverContext) -> TrafficDriver:
    """See `context.driver_of`."""
    return TrafficDriver(context.client, kind, context)
