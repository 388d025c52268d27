"""Bodies on their way to the client's loaders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.backends.azure.loader_body import for_loader
from orchestrator.backends.azure.marks import marked
from orchestrator.backends.azure.sendable import with_code_ids
from orchestrator.core.errors import Invalid
from orchestrator.core.kind import Identity, Kind
from orchestrator.core.ports import Request
from orchestrator.core.value import LocalFiles, Reference, Secret, Template, Unknown, leaves, mapped


def loader_body(request: Request, kind: Kind, workspace_id: str = "") -> dict[str, Any]:
    """The body of a request as plain data for the client's loader: secrets in the open, files as absolute paths, marked as ours.

    Args:
        workspace_id: of the workspace that it is sent to, where the kind may name code that is registered there.

    Raises:
        Invalid: a reference has no value yet; the client has no words for something.
    """
    body: dict[str, Any] = mapped(request.properties, _revealed)
    body["name"] = request.revision if kind.identity is Identity.RUN else request.address.leaf
    if kind.identity is Identity.VERSIONED:
        body["version"] = request.revision
    if kind.taggable:
        body["tags"] = marked(body.get("tags"), request)
    if request.address.parent is not None:
        body["endpoint_name"] = request.address.name
    return for_loader(kind, with_code_ids(kind, body, workspace_id) if workspace_id else body)


def local_files(value: Any) -> Iterator[LocalFiles]:
    """Every local file or folder that a body mentions."""
    return (leaf for leaf in leaves(value) if isinstance(leaf, LocalFiles))


def _revealed(value: Any) -> Any:
    """What the loader takes in the place of a value of ours."""
    if isinstance(value, LocalFiles):
        return str(value.path)
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Template):
        return "".join(str(mapped(part, _revealed)) for part in value.parts)
    if isinstance(value, Reference | Unknown):
        reference = value.reference if isinstance(value, Unknown) else value
        raise Invalid(f"'{reference}' has no value yet.", code="unresolved-reference")
    return value
