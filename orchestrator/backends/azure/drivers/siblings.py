"""Workspaces beside the one of the target, in its resource group."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from orchestrator.backends.azure.bodies import loader_body
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed


class SiblingDriver(MutableDriver):
    """Other workspaces.

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
        wanted = self._names()
        own = self._client.connection.workspace_name.lower()
        names = wanted if wanted is not None else self._all()
        found = (self._get(name) for name in sorted(names) if name.lower() != own)
        return [observed for observed in found if observed is not None]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        return self._get(address.name)

    def _all(self) -> set[str]:
        return self._client.read("list workspaces", lambda ml: {str(found.name) for found in ml.workspaces.list()})

    def _get(self, name: str) -> Observed | None:
        try:
            entity = self._client.read(f"read {self._kind.key}.{name}", lambda ml: ml.workspaces.get(name))
        except NotFound:
            return None
        # A server with one workspace answers for it by any name.
        return self._observed(entity) if str(entity.name).lower() == name.lower() else None

    def _put(self, request: Request, verb: str) -> Any:
        from orchestrator.backends.azure import sdk

        connection = self._client.connection
        identity = f"{connection.arm_id.rpartition('/')[0]}/{request.address.name}"

        def put(ml: Any) -> Any:
            entity = sdk.load_entity(self._kind.azure.loader, loader_body(request, self._kind), typed=True)
            if verb == "update":
                return ml.workspaces.begin_update(entity, update_dependent_resources=True)
            return sdk.make_workspace(ml, entity, identity, new=True)

        return self._client.write(f"{verb} {request.address}", put)

    def _delete(self, ml: Any, address: Address) -> Any:
        """What the service made beside it stays: it may hold what others need."""
        return ml.workspaces.begin_delete(name=address.name, delete_dependent_resources=False)


def driver(kind: Kind, context: DriverContext) -> SiblingDriver:
    """See `context.driver_of`."""
    return SiblingDriver(context.client, kind, lambda: context.names(kind))
