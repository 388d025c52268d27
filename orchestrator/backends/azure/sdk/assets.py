"""Assets and their versions, archived ones too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import azure.ai.ml.entities as entities
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import SystemData

from orchestrator.backends.azure.sdk.scope import scope_of
from orchestrator.core.kind import AzureBinding

ALL: Final = ListViewType.ALL


def names_of(client: Any, collection: str) -> list[str]:
    """The names of a kind of asset. Archived ones too: their versions stay taken."""
    return [entity.name for entity in getattr(client, collection).list(list_view_type=ALL)]


def versions(client: Any, binding: AzureBinding, name: str) -> Iterator[tuple[Any, bool]]:
    """Every version of an asset, and whether it is archived, which the client's own entities do not tell."""
    operations, entity_of = _versioned(client, binding)
    for rest in operations.list(name=name, list_view_type=ALL, **scope_of(client)):
        yield entity_of(rest), bool(rest.properties.is_archived)


def version(client: Any, binding: AzureBinding, name: str, number: str) -> tuple[Any, bool]:
    """One version of an asset, and whether it is archived."""
    operations, entity_of = _versioned(client, binding)
    rest = operations.get(name=name, version=number, **scope_of(client))
    return entity_of(rest), bool(rest.properties.is_archived)


def _versioned(client: Any, binding: AzureBinding) -> tuple[Any, Callable[[Any], Any]]:
    operations, name = binding.versions
    read = getattr(entities, name)._from_rest_object

    def entity_of(rest: Any) -> Any:
        """Parts of feature stores are read without the time at which they were made. Source: azure-ai-ml 1.35, ``FeatureSet``."""
        entity = read(rest)
        if getattr(entity, "creation_context", None) is None and rest.system_data is not None:
            entity._creation_context = SystemData._from_rest_object(rest.system_data)
        return entity

    return getattr(getattr(client, binding.collection), operations), entity_of
