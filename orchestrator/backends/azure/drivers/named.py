"""Computes and datastores: one object of a name, of which one listing tells everything."""

from __future__ import annotations

from typing import Any

from orchestrator.backends.azure import facts
from orchestrator.backends.azure.bodies import loader_body
from orchestrator.backends.azure.client import Client
from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed, Removal


class NamedDriver:
    """A kind without versions and parts.

    Args:
        client: of the workspace.
        kind: tells collection, loader and methods.
    """

    def __init__(self, client: Client, kind: Kind) -> None:
        self._client = client
        self._kind = kind

    def list(self) -> list[Observed]:
        """See `Driver.list`."""
        entities = self._client.read(
            f"list {self._kind.key}",
            lambda ml: [entity for entity in self._collection(ml).list() if entity is not None],
        )
        return [self._observed(entity) for entity in entities]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        try:
            entity = self._client.read(f"read {address}", lambda ml: self._collection(ml).get(address.name))
        except NotFound:
            return None
        return self._observed(entity)

    def create(self, request: Request) -> Any:
        """See `Driver.create`."""
        return self._put(request, "create")

    def update(self, request: Request, before: Observed) -> Any:
        """See `Driver.update`: the service takes the whole body again."""
        return self._put(request, "update")

    def restore(self, request: Request) -> None:
        """Never needed: nothing of these kinds is archived."""

    def remove(self, address: Address, revision: str, removal: Removal) -> Any:
        """See `Driver.remove`."""
        if removal is Removal.ARCHIVE:
            raise Invalid(f"{address}: a {self._kind.title} cannot be archived.", fix="Use on_removal: delete or keep.")
        remove = self._kind.azure.remove
        answer = self._client.write(f"delete {address}", lambda ml: getattr(self._collection(ml), remove)(address.name))
        return answer if remove.startswith("begin_") else None

    def _put(self, request: Request, verb: str) -> Any:
        from orchestrator.backends.azure import sdk

        binding = self._kind.azure

        def put(ml: Any) -> Any:
            body = loader_body(request, self._kind)
            # Tags go past the loader: that of the oldest datastore takes mappings for them only. Source: azure-ai-ml 1.35.
            tags = body.pop("tags", None)
            entity = sdk.load_entity(binding.loader, body)
            if tags:
                entity.tags = tags
            return getattr(self._collection(ml), binding.create)(entity)

        answer = self._client.write(f"{verb} {request.address}", put)
        return answer if binding.create.startswith("begin_") else None

    def _collection(self, ml: Any) -> Any:
        return getattr(ml, self._kind.azure.collection)

    def _observed(self, entity: Any) -> Observed:
        body = self._client.body(self._kind.key, entity)
        return facts.observed(Address(self._kind.section, entity.name), "", body, entity)
