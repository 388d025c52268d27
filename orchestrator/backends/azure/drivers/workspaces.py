"""The workspace itself, made and labelled."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from orchestrator.backends.azure.bodies import loader_body
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.backends.azure.drivers.site import Site
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound, Transient
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed

_ACTIVE: Final = "DeploymentActive"
_ENDED: Final = frozenset({"succeeded", "failed", "canceled"})
"""Source: Azure Resource Manager REST reference, deployments: provisioningState."""

LONGEST_S: Final = 1_800.0
"""How long to wait for a deployment of somebody else where the request has no bound. It takes minutes; the service names no bound."""


class WorkspaceDriver(MutableDriver):
    """The one workspace that the settings name.

    Args:
        client: of the workspace.
        kind: tells the loader.
        site: whether it is there.
    """

    def __init__(self, client: Client, kind: Kind, site: Site) -> None:
        super().__init__(client, kind)
        self._site = site

    def list(self) -> Sequence[Observed]:
        """See `Driver.list`."""
        entity = self._site.entity()
        return [] if entity is None else [self._observed(entity)]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        entity = self._site.entity() if address.name == self._client.connection.workspace_name else None
        return None if entity is None else self._observed(entity)

    def _put(self, request: Request, verb: str) -> Any:
        """Make it, or change its labels.

        Raises:
            Transient: another apply was making it. What has come of that is for whoever tries again to see.
        """
        from orchestrator.backends.azure import sdk

        entity = sdk.load_entity(self._kind.azure.loader, loader_body(request, self._kind))
        if verb == "update":
            return self._client.write(f"update {request.address}", lambda ml: ml.workspaces.begin_update(entity))
        identity = self._client.connection.arm_id
        try:
            return self._client.write(
                f"create {request.address}", lambda ml: sdk.make_workspace(ml.workspaces, entity, identity)
            )
        except Transient as error:
            if error.code == _ACTIVE:
                self._await_the_other(identity, request.timeout_s or LONGEST_S)
            raise

    def _await_the_other(self, identity: str, longest_s: float) -> None:
        """Wait until the deployment under way has ended, well or not; no longer than the bound."""
        from orchestrator.backends.azure import sdk

        ends = time.monotonic() + longest_s
        while time.monotonic() < ends:
            try:
                state = self._client.read("read the deployment", lambda ml: sdk.deployment_state(ml, identity))
            except NotFound:
                return
            if state.lower() in _ENDED or self._client.patience.pause(float(self._client.connection.polling_s)):
                return

    def _delete(self, ml: Any, address: Address) -> Any:
        """What the service made beside it stays: it may hold what others need."""
        return ml.workspaces.begin_delete(address.name, delete_dependent_resources=False)


def driver(kind: Kind, context: DriverContext) -> WorkspaceDriver:
    """See `context.driver_of`."""
    return WorkspaceDriver(context.client, kind, context.site)
