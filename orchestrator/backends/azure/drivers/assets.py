"""Data, models and environments: versions under a name, archived but never deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import Any, Final

from orchestrator.backends.azure import facts
from orchestrator.backends.azure.best_model import with_best_model
from orchestrator.backends.azure.bodies import loader_body, local_files
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.marks import marked
from orchestrator.backends.azure.prepared import prepared
from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed, Removal

_LABELS: Final = ("stage", "auto_delete_setting", "display_name")
"""Further fields that may change while a version stays what it is."""

Names = Callable[[], Collection[str] | None]
"""The names whose versions matter; None means all in the workspace."""


class AssetDriver:
    """A kind whose lists tell names only: the versions of each name are one more list.

    Args:
        client: of the workspace.
        kind: tells collection and loader.
        names: see `Names`.
    """

    def __init__(self, client: Client, kind: Kind, names: Names) -> None:
        self._client = client
        self._kind = kind
        self._names = names

    def list(self) -> Iterable[Observed]:
        """See `Driver.list`. One call for each name that matters and, if all do, one for the names."""
        requested = self._names()
        names = self._all_names() if requested is None else sorted(requested)
        return chain.from_iterable(self._client.each(self._versions, names))

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        if revision is None:
            active = [version for version in self._versions(address.name) if not version.archived]
            return max(active, key=lambda version: version.order, default=None)
        from orchestrator.backends.azure import sdk

        try:
            entity, archived = self._client.read(
                f"read {address} {revision}", lambda ml: sdk.version(ml, self._kind.azure, address.name, revision)
            )
        except NotFound:
            return None
        return self._observed(entity, archived=archived)

    def create(self, request: Request) -> None:
        """See `Driver.create`."""
        from orchestrator.backends.azure import sdk

        def put(ml: Any) -> None:
            with prepared(request) as ready:
                body = with_best_model(ml, loader_body(ready, self._kind, self._client.connection.resource_id))
                entity = sdk.load_entity(self._kind.azure.loader, body, typed=self._kind.azure.typed)
                if properties := request.properties.get("properties"):
                    # the loader of data drops them. Source: measured, azure-ai-ml 1.35
                    entity.properties = dict(properties)
                self._write(ml, entity)

        files = local_files(request.properties)
        self._client.write(f"create {request.address} {request.revision}", put, files)

    def update(self, request: Request, before: Observed) -> None:
        """Change the labels of a version: nothing else of it can change."""
        self._relabel(request, request.revision or before.revision)

    def _write(self, ml: Any, entity: Any) -> None:
        """Write a version. What the client only begins is waited for: a version is there at once or not at all."""
        method = self._kind.azure.create
        answer = getattr(self._collection(ml), method)(entity)
        if method.startswith("begin_"):
            answer.result()

    def _relabel(self, request: Request, version: str) -> None:
        name = request.address.name
        from orchestrator.backends.azure import sdk

        def put(ml: Any) -> None:
            entity, _ = sdk.version(ml, self._kind.azure, name, version)
            entity.tags = marked(request.properties.get("tags"), request)
            entity.description = request.properties.get("description")
            if properties := request.properties.get("properties"):
                entity.properties = {**(entity.properties or {}), **properties}
            requested = sdk.load_entity(
                self._kind.azure.loader, loader_body(request, self._kind), typed=self._kind.azure.typed
            )
            for label in _LABELS:
                if label in request.properties:
                    setattr(entity, label, getattr(requested, label))
            self._write(ml, entity)

        self._client.write(f"update {request.address} {version}", put)

    def restore(self, request: Request) -> None:
        """See `Driver.restore`: one request, so that a lost answer leaves nothing half done.

        The client brings a model back in the stage Development; its labels sent again bring it back as it shall be.
        Source: measured, azure-ai-ml 1.35; its ``ModelVersionProperties`` are not archived unless said.
        """
        if any(label in request.properties for label in _LABELS):
            self._relabel(request, request.revision)
        else:
            self._hide(request.address, request.revision, "restore")

    def remove(self, address: Address, revision: str, removal: Removal) -> None:
        """Archive a version.

        Raises:
            Invalid: it shall be deleted, which the service does not do through its client.
        """
        if removal is Removal.DELETE:
            raise Invalid(
                f"{address}: Azure ML can archive a {self._kind.title} but not delete it.",
                fix="Use on_removal: archive or keep.",
            )
        self._hide(address, revision, "archive")

    def _hide(self, address: Address, revision: str, verb: str) -> None:
        self._client.write(
            f"{verb} {address} {revision}",
            lambda ml: getattr(self._collection(ml), verb)(name=address.name, version=revision),
        )

    def _all_names(self) -> Sequence[str]:
        from orchestrator.backends.azure import sdk

        return self._client.read(f"list {self._kind.key}", lambda ml: sdk.names_of(ml, self._kind.azure.collection))

    def _versions(self, name: str) -> Sequence[Observed]:
        from orchestrator.backends.azure import sdk

        try:
            found = self._client.read(
                f"list {self._kind.key}.{name}", lambda ml: list(sdk.versions(ml, self._kind.azure, name))
            )
        except NotFound:
            return []
        return [self._observed(entity, archived=archived) for entity, archived in found]

    def _collection(self, ml: Any) -> Any:
        return getattr(ml, self._kind.azure.collection)

    def _observed(self, entity: Any, *, archived: bool) -> Observed:
        body = self._client.body(self._kind, entity)
        address = Address(self._kind.section, entity.name)
        return facts.observed(address, str(entity.version), body, entity, archived=archived)


def driver(kind: Kind, context: DriverContext) -> AssetDriver:
    """See `context.driver_of`."""
    return AssetDriver(context.client, kind, lambda: context.names(kind))
