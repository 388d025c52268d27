"""What the service finds out about a model that is kept: its flavors, and the run that it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from orchestrator.core.errors import BackendError
from orchestrator.workspace.environments.declared import read_model_file
from orchestrator.workspace.files.content import SCHEME, ContentStore
from orchestrator.workspace.files.intake import object_path
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import JOB_PROPERTY, KEPT, REGISTERED, Record
from orchestrator.workspace.tracking.mlflow_files import MODEL_FILE

_OF_RUN: Final = re.compile(
    r"(?:azureml://jobs/(?P<job>[^/]+)/outputs/(?:artifacts/paths/)?|runs:/+(?P<run>[^/]+)/)(?P<path>.*)"
)


def with_facts(properties: Mapping[str, Any], record: Record, paths: WorkspacePaths) -> dict[str, Any]:
    """The ``properties`` of a model version with what the service adds. What was given stays.

    Source: answers of Azure to ``az ml model create`` of an mlflow_model: ``flavors``, ``flavors.NAME``, ``model_json``,
    ``azureml.artifactPrefix``, ``mlflow.modelSourceUri``, and ``jobName``.
    """
    kept = str(record.attributes.get(KEPT) or record.body.get("path") or "")
    model = _model_file(paths, kept) if record.body.get("type") == "mlflow_model" else None
    flavors = (model or {}).get("flavors")
    found: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    if model and isinstance(flavors, Mapping):
        shown["flavors"] = {str(name): {"data": _texts(flavor)} for name, flavor in flavors.items()}
        found |= {f"flavors.{name}": json.dumps(flavor, default=str) for name, flavor in flavors.items()}
        found |= {"flavors": ",".join(map(str, flavors)), "model_json": json.dumps(model, default=str)}
    given = record.attributes.get(REGISTERED) or {}
    source = _OF_RUN.match(str(record.body.get("path") or ""))
    if source is not None:
        found["azureml.artifactPrefix"] = source["path"].rstrip("/")
    if given.get("source"):
        found["mlflow.modelSourceUri"] = str(given["source"])
    own = {**(record.body.get("properties") or {}), **(properties.get("properties") or {})}
    job = own.get(JOB_PROPERTY) or given.get("run_id") or (source and (source["job"] or source["run"]))
    if job and not properties.get("jobName"):
        shown["jobName"] = str(job)
    if properties.get("flavors"):
        shown.pop("flavors", None)
    return {**properties, **shown, "properties": {**found, **own}}


def _texts(flavor: Any) -> dict[str, str]:
    """The wire knows texts only."""
    if not isinstance(flavor, Mapping):
        return {}
    return {
        str(name): value if isinstance(value, str) else json.dumps(value, default=str) for name, value in flavor.items()
    }


def _model_file(paths: WorkspacePaths, kept: str) -> Mapping[str, Any] | None:
    """A model's own description: in its folder, or in one right inside it."""
    if not kept.startswith(SCHEME):
        return None
    try:
        files = ContentStore(paths).manifest(kept.removeprefix(SCHEME)).files
        found = [PurePosixPath(name) for name in files if PurePosixPath(name).name == MODEL_FILE]
        nearest = min((path for path in found if len(path.parts) <= 2), key=lambda path: len(path.parts), default=None)
        return _read(object_path(paths.content, files[str(nearest)].digest)) if nearest is not None else None
    except BackendError:
        return None  # lost or damaged content is told of where it is used


@lru_cache(maxsize=512)
def _read(place: Path) -> Mapping[str, Any]:
    """Content never changes, so it is read once."""
    return read_model_file(place)
