"""Feature sets: features computed from a source, with versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_ASSET, WRITTEN
from orchestrator.core.bodies import CODE_FILES, EXACT, Flag, Resource, Text, Version, Whole
from orchestrator.core.features import Stage
from orchestrator.core.field_mark import Ref, RunSetting
from orchestrator.core.kind import AzureBinding, Identity, Kind, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.rules import asset_name
from orchestrator.core.wire import AssetWire, camel, snake

_WHEN: Final = RunSetting("when and on what it is computed, not what")
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


_Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$")]


class Specification(Spec):
    """Where the features are defined."""

    path: Annotated[str, CODE_FILES] = Field(description="A folder with FeatureSetSpec.yaml.")


class RecurrencePattern(Spec):
    """At which times."""

    hours: Whole | list[Whole] = Field(description="Hours of the day.")
    minutes: Whole | list[Whole] = Field(description="Minutes of the hour.")
    week_days: WeekDay | list[WeekDay] | None = Field(None, description="Days of the week.")
    month_days: Whole | list[Whole] | None = Field(None, description="Days of the month.")


class Recurrence(Spec):
    """How often it is computed."""

    type: Literal["recurrence"] = Field(description="Always recurrence.")
    frequency: Literal["minute", "hour", "day", "week", "month"] = Field(description="The unit.")
    interval: Whole = Field(description="How many units lie between two computations.")
    schedule: RecurrencePattern | None = Field(None, description="At which times.")
    start_time: _Time | None = Field(None, description="When it begins, such as 2030-01-01T00:00:00.")
    end_time: _Time | None = Field(None, description="When it ends.")
    time_zone: str | None = Field(None, description="Of these times; UTC if left out.")


class Notification(Spec):
    """E-mail notifications."""

    email_on: list[Annotated[Literal["JobCompleted", "JobFailed", "JobCancelled"], EXACT]] = Field(
        description="The events."
    )
    emails: list[str] = Field(description="The addresses.")


class ComputeResource(Spec):
    """What it is computed on."""

    instance_type: str = Field(description="Size of the machines.")


class Materialization(Spec):
    """When and where the features are computed and kept."""

    schedule: Recurrence | None = Field(None, description="How often.")
    notification: Notification | None = Field(None, description="E-mail notifications.")
    resource: ComputeResource | None = Field(None, description="On what.")
    spark_configuration: dict[str, Text] | None = Field(None, description="Settings of Spark.")
    offline_enabled: Flag | None = Field(None, description="Whether they are kept in the offline store.")
    online_enabled: Flag | None = Field(None, description="Whether they are kept in the online store.")


class FeatureSetBody(Resource):
    """Features of some entities."""

    version: Version | None = Field(None, description="Pins the version (default: the digest of the content).")
    specification: Specification = Field(
        description="Source, features and transformation: a folder with FeatureSetSpec.yaml."
    )
    entities: list[Annotated[str, Ref("joined on it", kind="feature_store_entities")]] = Field(
        description="azureml:NAME:VERSION of each entity."
    )
    stage: Stage = Field(None, description="Development if left out.")
    materialization_settings: Annotated[Materialization | None, _WHEN] = Field(
        None, description="When and where the features are computed and kept."
    )


_STORES: Final = {(True, True): "OnlineAndOffline", (True, False): "Offline", (False, True): "Online"}


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    settings = body.get("materialization_settings")
    specification = body.get("specification") or {}
    return {
        "entities": list(body.get("entities") or ()),
        "specification": {"path": specification.get("path")},
        "stage": body.get("stage"),
        "materializationSettings": _settings(settings) if settings else None,
    }


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    stores = (bool(settings.get("offline_enabled")), bool(settings.get("online_enabled")))
    kept = {"resource", "notification"}
    return {
        "storeType": _STORES.get(stores, "None"),
        "sparkConfiguration": settings.get("spark_configuration"),
        **{name: {camel(key): value for key, value in (settings.get(name) or {}).items()} for name in kept},
    }


def _body(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Without the stage, which archiving changes."""
    settings = properties.get("materializationSettings")
    return {
        "entities": list(properties.get("entities") or ()),
        "specification": {"path": (properties.get("specification") or {}).get("path")},
        "materialization_settings": _settings_body(settings) if settings else None,
    }


def _settings_body(settings: Mapping[str, Any]) -> dict[str, Any]:
    store = settings.get("storeType")
    offline, online = next((flags for flags, name in _STORES.items() if name == store), (False, False))
    schedule = settings.get("schedule") or {}
    fields = {
        "offline_enabled": offline,
        "online_enabled": online,
        "spark_configuration": settings.get("sparkConfiguration"),
        "schedule": {"type": "recurrence", **{snake(key): value for key, value in schedule.items()}}
        if schedule
        else None,
        "resource": {snake(key): value for key, value in (settings.get("resource") or {}).items()} or None,
        "notification": {snake(key): value for key, value in (settings.get("notification") or {}).items()} or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


KIND: Final = Kind(
    key="feature_sets",
    order=64,
    title="feature set",
    identity=Identity.VERSIONED,
    variants={"": FeatureSetBody},
    name=asset_name("featuresets"),
    azure=AzureBinding(
        "feature_sets",
        loader="load_feature_set",
        create="begin_create_or_update",
        remove="archive",
        driver="assets",
        versions=("_operation", "FeatureSet"),
        readers={"": "_feature_set.feature_set_schema:FeatureSetSchema"},
    ),
    behaviour=WRITTEN,
    local=LOCAL_ASSET,
    wire=AssetWire(collection="featuresets", properties=_properties, body=_body),
    source="Azure ML CLI v2 YAML reference: feature set",
    schemas=("featureSet.schema", "featureSet."),
    shape=("specification", "materialization_settings"),
    removal=Removal.ARCHIVE,
    attributes=("id", "name", "version"),
)
