"""Records of models as MLflow's entities."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from mlflow.entities.model_registry.registered_model_alias import RegisteredModelAlias

from orchestrator.workspace.records.record import REGISTERED, WIRE, Record

ARCHIVED: Final = "Archived"
_RUN: Final = re.compile(r"(?:azureml://jobs/|runs:/+)(?P<run>[^/]+)/")


def version_entity(record: Record, aliases: Mapping[str, str]) -> Any:
    """A version, with the fields that MLflow gave it or that can be told from its record."""
    given = record.attributes.get(REGISTERED) or {}
    path = str(record.body.get("path") or "")
    run = _RUN.match(path)
    number = int(record.revision) if record.revision.isdecimal() else record.revision
    return ModelVersion(
        record.name,
        number,
        given.get("created") or _wire_time(record, "created"),
        given.get("modified") or _wire_time(record, "modified"),
        description=record.body.get("description"),
        user_id=record.owner,
        current_stage=ARCHIVED if record.archived else given.get("stage", "None"),
        source=given.get("source") or path,
        run_id=given.get("run_id") or (run["run"] if run is not None else None),
        run_link=given.get("run_link"),
        model_id=given.get("model_id"),
        tags=[ModelVersionTag(key, value) for key, value in tags_of(record).items()],
        aliases=[alias for alias, version in aliases.items() if version == record.revision],
    )


def name_entity(name: str, found: Record | None, latest: list[Any], aliases: Mapping[str, str]) -> Any:
    """A name with its latest versions.

    Args:
        found: what was said about the name.
        latest: the last version of each stage.
    """
    times = [version.creation_timestamp for version in latest]
    return RegisteredModel(
        name,
        creation_timestamp=min(times, default=0),
        last_updated_timestamp=max(times, default=0),
        description=found.body.get("description") if found is not None else None,
        latest_versions=latest,
        tags=[RegisteredModelTag(key, value) for key, value in (tags_of(found) if found is not None else {}).items()],
        aliases=[RegisteredModelAlias(alias, version) for alias, version in aliases.items()],
    )


def tags_of(record: Record) -> dict[str, str]:
    """A record's tags, as text."""
    return {str(name): str(value) for name, value in (record.body.get("tags") or {}).items() if value is not None}


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


def _wire_time(record: Record, name: str) -> int:
    import datetime

    text = (record.attributes.get(WIRE) or {}).get(name)
    return int(datetime.datetime.fromisoformat(text).timestamp() * 1000) if text else 0
