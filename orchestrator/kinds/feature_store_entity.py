"""Feature store entities: the index columns that feature sets are joined on, with versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_ASSET, WRITTEN
from orchestrator.core.bodies import Properties, Resource, Version
from orchestrator.core.features import Stage
from orchestrator.core.kind import AzureBinding, Identity, Kind, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.rules import asset_name
from orchestrator.core.wire import AssetWire


class IndexColumn(Spec):
    """A column by which rows are found."""

    name: str = Field(description="The column.")
    type: Literal["string", "integer", "long", "float", "double", "binary", "datetime", "boolean"] = Field(
        description="What it holds."
    )


class EntityBody(Resource):
    """What features are about: an account, a customer."""

    version: Version | None = Field(None, description="Pins the version (default: the digest of the content).")
    index_columns: list[IndexColumn] = Field(description="The columns that tell one entity from another.")
    stage: Stage = Field(None, description="Development if left out.")
    properties: Properties | None = Field(None, description="Labels that programs read.")


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    columns = [
        {"columnName": column.get("name"), "dataType": _pascal(column.get("type"))}
        for column in body.get("index_columns") or ()
    ]
    return {"indexColumns": columns, "stage": body.get("stage")}


def _body(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Without the stage, which archiving changes."""
    columns = [
        {"name": column.get("columnName"), "type": str(column.get("dataType")).lower()}
        for column in properties.get("indexColumns") or ()
    ]
    return {"index_columns": columns}


def _pascal(text: Any) -> str:
    return str(text).capitalize()


KIND: Final = Kind(
    key="feature_store_entities",
    order=62,
    title="feature store entity",
    identity=Identity.VERSIONED,
    variants={"": EntityBody},
    name=asset_name("featurestoreEntities"),
    azure=AzureBinding(
        "feature_store_entities",
        loader="load_feature_store_entity",
        create="begin_create_or_update",
        remove="archive",
        driver="assets",
        versions=("_operation", "FeatureStoreEntity"),
        readers={"": "_feature_store_entity.feature_store_entity_schema:FeatureStoreEntitySchema"},
    ),
    behaviour=WRITTEN,
    local=LOCAL_ASSET,
    wire=AssetWire(collection="featurestoreEntities", properties=_properties, body=_body),
    source="Azure ML CLI v2 YAML reference: feature entity",
    schemas=("featureStoreEntity",),
    shape=("index_columns",),
    removal=Removal.ARCHIVE,
    attributes=("id", "name", "version"),
)
