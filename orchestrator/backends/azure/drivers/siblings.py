"""Workspaces and feature stores in the resource group of the target's workspace."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from orchestrator.backends.azure.bodies import loader_body
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed

_STORE: Final = "featurestore"
"""What the service calls a feature store, which is a workspace to it."""


class SiblingDriver(MutableDriver):
    """Other workspaces, or feature stores.

    Args:
        client: of the workspace.
        kind: tells the loader.
        names: those that matter; None means all.
    """

    def __init__(self, client: Client, kind: Kind, names: Callable[[], Collection[str] | None]) -> None:
        super().__init__(client, kind)
        self._names = names

    def list(self) -> list[Observed]:
        """See `Driver.list`. One by one: a list does not tell what kind of workspace each is."""
        requested = self._names()
        own = self._client.connection.workspace_name.lower()
        names = requested if requested is not None else self._all()
        found = (self._get(name) for name in sorted(names) if name.lower() != own)
        return [observed for observed in found if observed is not None]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        return self._get(address.name)

    def _all(self) -> set[str]:
        return self._client.read(
            f"list {self._kind.key}", lambda ml: {str(each.name) for each in self._collection(ml).list()}
        )

    def _get(self, name: str) -> Observed | None:
        try:
            entity = self._client.read(f"read {self._kind.key}.{name}", lambda ml: self._collection(ml).get(name))
        except NotFound:
            return None
        # A server with one workspace answers for it by any name.
        if entity is None or str(entity.name).lower() != name.lower():
            return None
        if (entity._kind == _STORE) is not (getattr(self._kind.wire, "only", "") == _STORE):
            return None
        return self._observed(entity)

    def _put(self, request: Request, verb: str) -> Any:
        from orchestrator.backends.azure import sdk

        connection = self._client.connection
        identity = f"{connection.arm_id.rpartition('/')[0]}/{request.address.name}"

        def put(ml: Any) -> Any:
            binding = self._kind.azure
            entity = sdk.load_entity(binding.loader, loader_body(request, self._kind), typed=binding.typed)
            if verb == "update":
                return self._collection(ml).begin_update(entity, update_dependent_resources=True)
            return sdk.make_workspace(self._collection(ml), entity, identity, new=True)

        return self._client.write(f"{verb} {request.address}", put)

    def _delete(self, ml: Any, address: Address) -> Any:
        """What the service made beside it stays: it may hold what others need."""
        return self._collection(ml).begin_delete(name=address.name, delete_dependent_resources=False)


def driver(kind: Kind, context: DriverContext) -> SiblingDriver:
    """See `context.driver_of`."""
    return SiblingDriver(context.client, kind, lambda: context.names(kind))
