"""What a deployment collects, and where it lies. Source: Azure ML documentation, data collection from models in production."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.address import Address
from orchestrator.core.errors import Conflict, Invalid
from orchestrator.workspace.folder.paths import WorkspacePaths, inside
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.record_kinds import DATA
from orchestrator.workspace.records.store import RecordStore

COLLECTOR: Final = "data_collector"
FOLDER: Final = "modelDataCollector"

_DATASTORE: Final = "azureml://datastores/"
_DEFAULT: Final = f"{_DATASTORE}workspaceblobstore/paths/{FOLDER}"
_CONFIG: Final = "collections.json"


@dataclass(frozen=True, slots=True)
class Collection:
    """One set of collected data.

    Attributes:
        name: ``model_inputs``, ``model_outputs``, ``request``, ``response``, or a custom name; in lower case.
        rate: the fraction of requests that is collected, 0 to 1.
        path: of the folder, on a datastore: ``azureml://datastores/…``.
        asset, version: the data asset that it is registered as.
    """

    name: str
    rate: float
    path: str
    asset: str
    version: str


def collections_of(deployment: Record) -> Sequence[Collection]:
    """What a deployment collects; empty if nothing is."""
    said = deployment.body.get(COLLECTOR) or {}
    address = Address.parse(deployment.address)
    endpoint = address.parent.name if address.parent is not None else ""
    return [
        _collection(name, body, said.get("sampling_rate"), endpoint, deployment.name)
        for name, body in (said.get("collections") or {}).items()
        if str(body.get("enabled")).lower() == "true"
    ]


def _collection(name: str, body: Mapping[str, Any], rate: Any, endpoint: str, deployment: str) -> Collection:
    data = body.get("data")
    if isinstance(data, str):
        asset, _, version = data.removeprefix("azureml:").partition(":")
        data = {"name": asset, "version": version}
    data = data or {}
    own = body.get("sampling_rate")
    return Collection(
        name.lower(),
        float(own if own is not None else rate if rate is not None else 1),
        str(data.get("path") or f"{_DEFAULT}/{endpoint}/{deployment}/{name.lower()}"),
        str(data.get("name") or f"{endpoint}-{deployment}-{name.lower()}"),
        str(data.get("version") or "1"),
    )


def place_of(paths: WorkspacePaths, collection: Collection) -> Path:
    """The folder of a collection.

    Raises:
        Invalid: it is not on a datastore of the workspace.
    """
    store, found, path = collection.path.removeprefix(_DATASTORE).partition("/paths/")
    if not found or not collection.path.startswith(_DATASTORE):
        raise Invalid(
            f"Collected data go to '{collection.path}', which is not a location in this workspace.",
            fix=f"Leave 'path' out, or use {_DATASTORE}workspaceblobstore/paths/….",
        )
    return inside(paths.datastore(store), path)


def prepare(
    paths: WorkspacePaths, store: RecordStore, deployment: Record, collections: Sequence[Collection], release: Path
) -> Mapping[str, Any]:
    """Make the folders and the data assets. Doing it again changes nothing.

    Returns:
        What scoring servers are told; see `scoring.collecting.Collector`.

    Raises:
        Invalid: see `place_of`.
    """
    said = deployment.body[COLLECTOR]
    by_name = {}
    for collection in collections:
        place = place_of(paths, collection)
        place.mkdir(parents=True, exist_ok=True)
        _register(store, collection)
        by_name[collection.name] = {"folder": str(place), "rate": collection.rate}
    config = {one.name: {"enabled": True, "sampleRatePercentage": one.rate * 100} for one in collections}
    private_files.replace(release / _CONFIG, json.dumps({"runMode": "cloud", "collections": config}))
    address = Address.parse(deployment.address)
    endpoint = address.parent.name if address.parent is not None else ""
    return {
        "source": f"/onlineEndpoints/{endpoint}/deployments/{deployment.name}",
        "rolling_rate": said.get("rolling_rate") or "hour",
        "headers": list((said.get("request_logging") or {}).get("capture_headers") or ()),
        "collections": by_name,
    }


def config_variables(release: Path, collections: Sequence[Collection]) -> Mapping[str, str]:
    """Where azureml-ai-monitoring reads what is collected."""
    return {"AZUREML_MDC_CONFIG_PATH": str(release / _CONFIG)} if collections else {}


def _register(store: RecordStore, collection: Collection) -> None:
    address = f"{DATA}.{collection.asset}"
    if store.get(DATA, address, collection.version) is None:
        body = {"type": "uri_folder", "path": collection.path, "description": "Collected by an online deployment."}
        with contextlib.suppress(Conflict):
            store.insert(Record(DATA, address, collection.version, body=body, variant="uri_folder"))
