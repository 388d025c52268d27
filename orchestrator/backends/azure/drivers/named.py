"""Computes and datastores: one object of a name, of which one listing tells everything."""

from __future__ import annotations

from typing import Any

from orchestrator.backends.azure.bodies import loader_body
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.core.address import Address
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed


class NamedDriver(MutableDriver):
    """A kind without versions and parts."""

    def list(self) -> list[Observed]:
        """See `Driver.list`."""
        return self._listed(lambda ml: self._collection(ml).list(**self._kind.azure.listing))

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        return self._one(address, lambda ml: self._collection(ml).get(address.name))

    def _entity(self, body: dict[str, Any]) -> Any:
        from orchestrator.backends.azure import sdk

        binding = self._kind.azure
        return sdk.load_entity(binding.loader, body, typed=binding.typed)

    def _put(self, request: Request, verb: str) -> Any:
        binding = self._kind.azure

        def put(ml: Any) -> Any:
            body = loader_body(request, self._kind)
            # Tags go past the loader: that of the oldest datastore takes mappings for them only. Source: azure-ai-ml 1.35.
            tags = body.pop("tags", None)
            entity = self._entity(body)
            if tags:
                entity.tags = tags
            if verb == "update" and binding.opening and ("credentials",) not in request.removed:
                self._keep_credentials(ml, request, entity)
            return getattr(self._collection(ml), binding.create)(entity)

        answer = self._client.write(f"{verb} {request.address}", put)
        return answer if binding.create.startswith("begin_") else None

    def _keep_credentials(self, ml: Any, request: Request, entity: Any) -> None:
        """Leave what opens a datastore where the spec has never named anything: of those that the service made, and of others'.

        A write without credentials takes them away, and with them the way to everything that jobs have stored.
        """
        if not request.properties.get("credentials"):
            entity.credentials = self._collection(ml).get(request.address.name, **self._kind.azure.opening).credentials

    def _delete(self, ml: Any, address: Address) -> Any:
        remove = self._kind.azure.remove
        answer = getattr(self._collection(ml), remove)(name=address.name)
        return answer if remove.startswith("begin_") else None


def driver(kind: Kind, context: DriverContext) -> NamedDriver:
    """See `context.driver_of`."""
    return NamedDriver(context.client, kind)
