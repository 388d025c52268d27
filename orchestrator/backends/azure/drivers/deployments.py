"""Deployments of online endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from orchestrator.backends.azure import facts
from orchestrator.backends.azure.bodies import loader_body, local_files
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.endpoint_reads import EndpointReads
from orchestrator.backends.azure.drivers.inline import InlineAssets, named_inside, note_named
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.backends.azure.prepared import prepared
from orchestrator.backends.azure.servable import unservable
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.ports import Request
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Observed

LOG_LINES = 1_000
"""Lines that are asked for at once."""


class DeploymentDriver(MutableDriver):
    """Deployments."""

    def __init__(self, client: Client, kind: Kind, kinds: Kinds, reads: EndpointReads) -> None:
        super().__init__(client, kind)
        self._kinds = kinds
        self._reads = reads
        self._inline = InlineAssets(client)

    def list(self) -> Sequence[Observed]:
        """See `Driver.list`. One call for each endpoint that matters."""
        return list(chain.from_iterable(self._client.each(self._of_endpoint, self._reads.names())))

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        from orchestrator.backends.azure import sdk

        try:
            entity, rest = self._client.read(
                f"read {address}", lambda ml: sdk.deployment(ml, address.name, address.leaf)
            )
        except NotFound:
            return None
        return self._deployment(address.name, entity, rest)

    def log(self, address: Address) -> Sequence[str]:
        """The newest lines of a deployment's log."""
        text = self._client.read(
            f"read the log of {address}",
            lambda ml: ml.online_deployments.get_logs(name=address.leaf, endpoint_name=address.name, lines=LOG_LINES),
        )
        return str(text).splitlines()

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[Refusal]:
        """See `Refusing.refusals`: what its scoring script lacks, or it has too little to be served."""
        return unservable(desired, resources)

    def _put(self, request: Request, verb: str) -> Any:
        from orchestrator.backends.azure import sdk

        def put(ml: Any) -> Any:
            with prepared(request) as ready:
                entity = sdk.load_entity(
                    self._kind.azure.loader,
                    note_named(self._kind, loader_body(ready, self._kind, self._client.connection.resource_id)),
                )
                return ml.online_deployments.begin_create_or_update(entity)

        return self._client.write(f"{verb} {request.address}", put, local_files(request.properties))

    def _delete(self, ml: Any, address: Address) -> Any:
        return ml.online_deployments.begin_delete(name=address.leaf, endpoint_name=address.name)

    def _of_endpoint(self, endpoint: str) -> Sequence[Observed]:
        return [self._deployment(endpoint, entity, rest) for entity, rest in self._reads.deployments(endpoint)]

    def _deployment(self, endpoint: str, entity: Any, rest: Any) -> Observed:
        from orchestrator.backends.azure import sdk

        body = sdk.completed(self._client.body(self._kind, entity), rest)
        named = named_inside(body)
        for name, kind in self._kind.nests.items():
            if name in body:
                body[name] = self._inline.content(self._kinds[kind], body[name], named=name in named)
        address = Address(self._kind.section, endpoint, f"deployments.{entity.name}")
        return facts.observed(address, "", body, entity)


def driver(kind: Kind, context: DriverContext) -> DeploymentDriver:
    """See `context.driver_of`."""
    return DeploymentDriver(context.client, kind, context.kinds, context.reads)
