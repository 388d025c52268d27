"""Kinds that are members of another resource on the wire and resources of their own in a spec: the default of an endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.backends.azure import facts, rest
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.backends.azure.marks import marks_of
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed, Removal
from orchestrator.core.wire import FieldWire, RecordWire


class MemberDriver(MutableDriver):
    """One such kind.

    Args:
        whole: the kind whose members they are.
    """

    def __init__(self, client: Client, kind: Kind, whole: Kind) -> None:
        super().__init__(client, kind)
        if not isinstance(kind.wire, FieldWire) or not isinstance(whole.wire, RecordWire):
            raise TypeError(f"{kind.key} does not say which members of {whole.key} it is.")
        self._wire = kind.wire
        self._path = f"{client.connection.arm_id}/{whole.wire.collection}"

    def list(self) -> Sequence[Observed]:
        """See `Driver.list`."""
        found = self._client.read(f"list {self._kind.section}", lambda ml: list(rest.pages(ml, self._path)))
        return [observed for whole in found if (observed := self._seen(whole)) is not None]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`. It is there as soon as something is said."""
        try:
            found = self._client.read(f"read {address}", lambda ml: rest.resource(ml, f"{self._path}/{address.name}"))
        except NotFound:
            return None
        return self._seen(found)

    def remove(self, address: Address, revision: str, removal: Removal) -> Any:
        """See `Driver.remove`. A whole that is gone says nothing."""
        try:
            return super().remove(address, revision, removal)
        except NotFound:
            return None

    def _put(self, request: Request, verb: str) -> Any:
        return self._client.write(
            f"{verb} {request.address}", lambda ml: self._said(ml, request.address, request.properties)
        )

    def _delete(self, ml: Any, address: Address) -> Any:
        return self._said(ml, address, {})

    def _said(self, ml: Any, address: Address, body: Mapping[str, Any]) -> Any:
        """Everything else of the whole is sent back as it is: the service takes whole bodies only."""
        collection = self._collection(ml)
        entity = collection.get(address.name)
        for name in self._wire.fields:
            setattr(entity, name, body.get(name))
        return getattr(collection, self._kind.azure.create)(entity)

    def _seen(self, found: Mapping[str, Any]) -> Observed | None:
        body = self._wire.body(found.get("properties") or {})
        if not body:
            return None
        marks = marks_of(found.get("tags"))
        state = facts.state_of({}, rest.entity_of(found))
        return Observed(
            Address(self._kind.section, str(found["name"]), self._kind.part),
            "",
            properties=body,
            owner=marks.owner,
            health=facts.health_of(state),
            message="" if state in ("", "succeeded") else state,
            attributes={"name": self._kind.part},
            adopted=marks.adopted,
        )


def driver(kind: Kind, context: DriverContext) -> MemberDriver:
    """See `context.driver_of`."""
    return MemberDriver(context.client, kind, context.kinds[kind.section])
