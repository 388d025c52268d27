"""What clients ask the data plane for: versions of data as ``mltable`` reads them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from orchestrator.core.errors import Invalid
from orchestrator.workspace.arm.assets import DATA as KIND
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import Scope, lengthen
from orchestrator.workspace.arm.wire_store import WireStore, all_tags
from orchestrator.workspace.records.record import Record, RecordKey

_TABLE: Final = "mltable"
_TYPES: Final = {"uri_file": "UriFile", "uri_folder": "UriFolder", _TABLE: "MLTable"}


class DataPlane:
    """Answers for versions of data.

    Args:
        wire_store: the records.
    """

    def __init__(self, wire_store: WireStore) -> None:
        self._wire_store = wire_store

    def register(self, data: Routes) -> None:
        """Answer for them: below ``data/v1.0/…/workspaces/W``."""
        data.add("GET", "dataversion/{name}/versions/{version}", self._get, "A version of data, for mltable.load.")

    def _get(self, call: Call) -> Answer:
        """Source: the models of azure-ai-ml, ``DataVersionEntity``, and what ``mltable.load`` reads of it."""
        name, version = call.names["name"], call.names["version"]
        record = self._wire_store.get(RecordKey(KIND, f"{KIND}.{name}", version))
        kind = str(record.body.get("type") or "uri_folder")
        entity = {
            "dataVersion": {
                "assetId": call.scope.resource(KIND, name, "versions", version),
                "dataContainerName": name,
                "dataType": _TYPES.get(kind, kind),
                "dataUri": _place(record, call.scope),
                "versionId": version,
                "mutableProps": {
                    "description": record.body.get("description"),
                    "tags": all_tags(record),
                    "isArchived": record.archived,
                },
                "properties": dict(record.body.get("properties") or {}),
            },
            "isV2": kind != _TABLE,
            "legacyDataflow": self._read_here(record) if kind == _TABLE else None,
        }
        return Answer.of(entity)

    def _read_here(self, record: Record) -> str:
        """The file of a table, with the places of its files on this machine.

        ``mltable`` asks the public Azure for every address of a datastore. Of an older table it takes the file from this answer.
        """
        folder = self._wire_store.workspace.resolve(f"azureml:{record.name}:{record.revision}", (KIND,))
        try:
            table = yaml.safe_load((folder / "MLTable").read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise Invalid(f"The file MLTable of '{record.name}' cannot be read: {error}.") from None
        if isinstance(table, dict) and isinstance(table.get("paths"), list):
            table["paths"] = [_absolute(folder, entry) for entry in table["paths"]]
        return str(yaml.safe_dump(table, sort_keys=False))


def _absolute(folder: Path, entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    return {way: text if "://" in str(text) else f"file://{folder}/{_plain(str(text))}" for way, text in entry.items()}


def _plain(text: str) -> str:
    return posixpath.normpath(text.removeprefix("file:"))


def _place(record: Record, scope: Scope) -> str:
    path = str(record.body.get("path") or "")
    return lengthen(path, scope) if path.startswith("azureml://datastores/") else path
