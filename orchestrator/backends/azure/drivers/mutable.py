"""What drivers of objects have in common that are changed in place and never archived."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from orchestrator.backends.azure import facts
from orchestrator.backends.azure.client import Client
from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.health import Health
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed, Removal


class MutableDriver(ABC):
    """One object of a name. The service takes its whole body at each write, so that a change is another create.

    Args:
        client: of the workspace.
        kind: tells collection, loader and methods.
    """

    def __init__(self, client: Client, kind: Kind) -> None:
        self._client = client
        self._kind = kind

    def create(self, request: Request) -> Any:
        """See `Driver.create`."""
        return self._put(request, "create")

    def update(self, request: Request, before: Observed) -> Any:
        """See `Driver.update`."""
        return self._put(request, "update")

    def restore(self, request: Request) -> None:
        """See `Driver.restore`.

        Raises:
            Invalid: always; nobody asks, since nothing of these kinds is archived.
        """
        raise self._never_archived(request.address)

    def remove(self, address: Address, revision: str, removal: Removal) -> Any:
        """See `Driver.remove`."""
        if removal is Removal.ARCHIVE:
            raise self._never_archived(address)
        return self._client.write(f"delete {address}", lambda ml: self._delete(ml, address))

    @abstractmethod
    def _put(self, request: Request, verb: str) -> Any:
        """Write the whole body. Returns the client's poller, or None."""

    @abstractmethod
    def _delete(self, ml: Any, address: Address) -> Any:
        """Delete it. Returns the client's poller, or None."""

    def _never_archived(self, address: Address) -> Invalid:
        return Invalid(
            f"{address}: Azure ML does not archive a resource of the kind '{self._kind.title}'.",
            fix="Use on_removal: delete or keep.",
        )

    def _collection(self, ml: Any) -> Any:
        return getattr(ml, self._kind.azure.collection)

    def _observed(self, entity: Any) -> Observed:
        body = self._client.body(self._kind, entity)
        return facts.observed(Address(self._kind.section, entity.name), "", body, entity)

    def _listed(self, call: Callable[[Any], Iterable[Any]]) -> list[Observed]:
        """What a list has. What cannot be read is told by its name only: it may be of others, or half made."""
        from orchestrator.backends.azure import sdk

        def read(ml: Any) -> list[Any]:
            with sdk.listing():
                return [entity for entity in call(ml) if entity is not None]

        return [self._known(entity) for entity in self._client.read(f"list {self._kind.key}", read)]

    def _one(self, address: Address, call: Callable[[Any], Any]) -> Observed | None:
        """What a single read has; None if it is not there. As `_listed` for what cannot be read."""
        from orchestrator.backends.azure import sdk

        def read(ml: Any) -> Any:
            with sdk.listing():
                return call(ml)

        try:
            return self._known(self._client.read(f"read {address}", read))
        except NotFound:
            return None

    def _known(self, entity: Any) -> Observed:
        from orchestrator.backends.azure import sdk

        if isinstance(entity, sdk.Unreadable):
            return self._unreadable(entity, entity.reason)
        try:
            return self._observed(entity)
        except Invalid as error:
            return self._unreadable(entity, error.detail)

    def _unreadable(self, entity: Any, reason: str) -> Observed:
        address, tags = Address(self._kind.section, entity.name), getattr(entity, "tags", None)
        bare = {"tags": dict(tags)} if tags else {}
        failed = Health.DEGRADED, reason
        return replace(facts.observed(address, "", bare, entity, health=failed), unreadable=reason)
