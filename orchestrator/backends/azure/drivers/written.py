"""Kinds that azure-ai-ml writes and the service's REST interface tells: what their wire says is the whole body.

A kind may be part of another, as deployments of endpoints are, and may have members that are kinds of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from orchestrator.backends.azure import facts, rest
from orchestrator.backends.azure.bodies import loader_body, local_files
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.inline import InlineAssets, named_inside, note_named
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.backends.azure.normalise import normalised
from orchestrator.backends.azure.prepared import prepared
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed
from orchestrator.core.wire import FieldWire, RecordWire


class WrittenDriver(MutableDriver):
    """One such kind.

    Args:
        context: of the workspace.
        kind: which; it says how it looks on the wire.
    """

    def __init__(self, client: Client, kind: Kind, context: DriverContext) -> None:
        super().__init__(client, kind)
        self._context = context
        self._inline = InlineAssets(client)
        if not isinstance(kind.wire, RecordWire):
            raise TypeError(f"{kind.key} does not say how it looks on the wire.")
        self._wire = kind.wire
        others = (context.kinds[child.kind].wire for child in kind.children)
        self._kept = [name for wire in others if isinstance(wire, FieldWire) for name in wire.fields]

    def list(self) -> Sequence[Observed]:
        """See `Driver.list`. One call, or one for each whole that matters."""
        if not self._wire.part:
            return [self._observed(found) for found in self._pages(self._path())]
        wholes = [whole for whole in self._wholes() if self._matters(whole)]
        return list(chain.from_iterable(self._client.each(self._inside, wholes)))

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        try:
            found = self._client.read(f"read {address}", lambda ml: rest.resource(ml, self._path(address)))
        except NotFound:
            return None
        return self._observed(found, address.name)

    def _put(self, request: Request, verb: str) -> Any:
        from orchestrator.backends.azure import sdk

        binding = self._kind.azure
        loader = binding.loaders.get(request.variant, binding.loader)

        def put(ml: Any) -> Any:
            with prepared(request) as ready:
                entity = sdk.load_entity(
                    loader,
                    note_named(self._kind, loader_body(ready, self._kind, self._client.connection.resource_id)),
                    typed=binding.typed,
                )
                if self._kept and verb == "update":
                    self._keep(ml, request, entity)
                return getattr(self._collection(ml), binding.create)(entity)

        return self._client.write(f"{verb} {request.address}", put, local_files(request.properties))

    def _keep(self, ml: Any, request: Request, entity: Any) -> None:
        """Leave the members that are kinds of their own as they are: the service takes whole bodies only."""
        current = self._collection(ml).get(request.address.name)
        for name in self._kept:
            setattr(entity, name, getattr(current, name))

    def _delete(self, ml: Any, address: Address) -> Any:
        names = {"name": address.leaf} | ({"endpoint_name": address.name} if address.part else {})
        answer = getattr(self._collection(ml), self._kind.azure.remove)(**names)
        return answer if self._kind.azure.remove.startswith("begin_") else None

    def _path(self, address: Address | None = None, whole: str = "") -> str:
        """Of one resource, or of the collection."""
        parts = [self._wire.collection]
        if self._wire.part:
            parts += [whole or (address.name if address else ""), self._wire.part]
        return "/".join((self._client.connection.arm_id, *parts, *([address.leaf] if address else ())))

    def _pages(self, path: str) -> Sequence[dict[str, Any]]:
        return self._client.read(f"list {self._kind.key}", lambda ml: list(rest.pages(ml, path)))

    def _wholes(self) -> Iterator[str]:
        path = f"{self._client.connection.arm_id}/{self._wire.collection}"
        return (str(found["name"]) for found in self._pages(path))

    def _matters(self, whole: str) -> bool:
        names = self._context.names(self._kind)
        return names is None or whole.casefold() in {name.casefold() for name in names}

    def _inside(self, whole: str) -> Sequence[Observed]:
        try:
            return [self._observed(found, whole) for found in self._pages(self._path(whole=whole))]
        except NotFound:
            return ()

    def _observed(self, found: Mapping[str, Any], whole: str = "") -> Observed:
        properties = found.get("properties") or {}
        body = {**self._wire.body(properties), "id": found.get("id")}
        if found.get("tags"):
            body["tags"] = dict(found["tags"])
        body = normalised(self._kind, body)
        named = named_inside(body)
        for name, kind in self._kind.nests.items():
            if name in body:
                body[name] = self._inline.content(self._context.kinds[kind], body[name], named=name in named)
        name = str(found["name"])
        address = Address(self._kind.section, name)
        if self._wire.part:
            address = Address(self._kind.section, whole, f"{self._kind.part}.{name}")
        return facts.observed(address, "", body, rest.entity_of(found))


def driver(kind: Kind, context: DriverContext) -> WrittenDriver:
    """See `context.driver_of`."""
    return WrittenDriver(context.client, kind, context)
