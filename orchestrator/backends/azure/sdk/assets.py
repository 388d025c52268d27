"""Assets and their versions, archived ones too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import Data, Environment, Model

from orchestrator.backends.azure.sdk.scope import scope_of

ALL: Final = ListViewType.ALL

_VERSIONED: Final[Mapping[str, tuple[str, Any]]] = {
    "data": ("_operation", Data),
    "environments": ("_version_operations", Environment),
    "models": ("_model_versions_operation", Model),
}


def names_of(client: Any, collection: str) -> list[str]:
    """The names of a kind of asset. Archived ones too: their versions stay taken."""
    return [entity.name for entity in getattr(client, collection).list(list_view_type=ALL)]


def versions(client: Any, collection: str, name: str) -> Iterator[tuple[Any, bool]]:
    """Every version of an asset, and whether it is archived, which the client's own entities do not tell."""
    operations, entity_of = _versioned(client, collection)
    for rest in operations.list(name=name, list_view_type=ALL, **scope_of(client)):
        yield entity_of(rest), bool(rest.properties.is_archived)


def version(client: Any, collection: str, name: str, number: str) -> tuple[Any, bool]:
    """One version of an asset, and whether it is archived."""
    operations, entity_of = _versioned(client, collection)
    rest = operations.get(name=name, version=number, **scope_of(client))
    return entity_of(rest), bool(rest.properties.is_archived)


def _versioned(client: Any, collection: str) -> tuple[Any, Callable[[Any], Any]]:
    attribute, entity = _VERSIONED[collection]
    return getattr(getattr(client, collection), attribute), entity._from_rest_object
