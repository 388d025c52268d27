"""How a kind looks in the service's REST interface, for the embedded workspace's own server: pure data and pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

CONNECTION_PROPERTY: Final = "azureml.connection_information"
"""Property of a job in which a client keeps a whole connection as JSON, with its key. Source: azure-ai-ml, ``DistillationJob``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWire:
    """A kind of which only a record is kept: it is put, read, listed and deleted, at once.

    Attributes:
        collection: part of its addresses below the workspace: ``connections``.
        properties: a CLI v2 body as ``properties``; secrets in it are digests or missing.
        body: the way back, with secrets in the open.
        part: what the addresses of a kind that is part of another go on with: ``deployments``.
        marks: member of ``properties`` in which marks of ownership stand beside texts of the user; empty if they stand among
            the resource's own tags.
        hidden: members of ``properties`` that the service never returns.
        secrets: last part of the address that returns ``properties`` with what is hidden; empty if there is none.
        keys: last part of the address that returns a pair of keys; empty if it has none.
        given: what the service puts where ``properties`` are silent.
        ids: members of ``properties`` that are ids, with dots, each with the collection of what it names.
        deleted: status of the answer to a deletion that is done at once: 200, or 204 where clients know nothing else.
    """

    collection: str
    properties: Callable[[Mapping[str, Any]], dict[str, Any]]
    body: Callable[[Mapping[str, Any]], dict[str, Any]]
    part: str = ""
    marks: str = ""
    hidden: tuple[str, ...] = ()
    secrets: str = ""
    keys: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    deleted: int = 200


def _as_sent(properties: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    return properties


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWire:
    """A kind of resource of the resource group, as the workspace itself is; the server keeps a record of what was sent.

    Attributes:
        collection: part of its addresses below the provider: ``registries``.
        body: a CLI v2 body of the whole resource, with ``location``, ``kind`` and ``properties``.
        given: what the service puts where ``properties`` are silent.
        seen: ``properties`` with what the service adds to them, from what was sent and the ID of the resource group.
        missing: the service's code for one that is not there.
        only: the ``kind`` of those in the collection that belong here, in lower case; empty if all do that belong to no other kind.
    """

    collection: str
    body: Callable[[Mapping[str, Any]], dict[str, Any]]
    only: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    seen: Callable[[Mapping[str, Any], str], Mapping[str, Any]] = _as_sent
    missing: str = "ResourceNotFound"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetWire:
    """A kind of versions that never change in what they do: they are put, read, listed and archived.

    Attributes:
        collection, properties, body, ids: as of `RecordWire`; a body is without its labels.
        document: the member of ``properties`` that is the asset's own document, into which the service writes name and version; empty
            if there is none.
    """

    collection: str
    properties: Callable[[Mapping[str, Any]], dict[str, Any]]
    body: Callable[[Mapping[str, Any]], dict[str, Any]]
    ids: Mapping[str, str] = field(default_factory=dict)
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWire:
    """A kind that is some members of another one's ``properties``: the default of an endpoint.

    Attributes:
        fields: the kind's fields, which the members are named after.
        properties, body: as of `RecordWire`.
    """

    fields: tuple[str, ...]
    properties: Callable[[Mapping[str, Any]], dict[str, Any]]
    body: Callable[[Mapping[str, Any]], dict[str, Any]]


def pascal(text: str) -> str:
    """``read_only`` as ``ReadOnly``."""
    return "".join(part.capitalize() for part in text.split("_"))


def camel(text: str) -> str:
    """``read_only`` as ``readOnly``."""
    first, *rest = text.split("_")
    return first + "".join(part.capitalize() for part in rest)


_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(text: str) -> str:
    """``readOnly`` and ``ReadOnly`` as ``read_only``."""
    return _HUMP.sub("_", text).lower()


def folded(text: Any) -> str:
    """A word in which neither case nor underscores count: clients spell categories in several ways."""
    return str(text).replace("_", "").lower()


def without_nothing(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The members that have a value."""
    return {name: value for name, value in tree.items() if value is not None}
