"""What clients ask the data plane for: versions of data as ``mltable`` reads them."""

from __future__ import annotations

from typing import Final

from orchestrator.workspace.arm.assets import DATA as KIND
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import Scope, lengthen
from orchestrator.workspace.arm.shelf import Shelf, all_tags
from orchestrator.workspace.records.record import Record, RecordKey

_TABLE: Final = "mltable"
_TYPES: Final = {"uri_file": "UriFile", "uri_folder": "UriFolder", _TABLE: "MLTable"}


class DataPlane:
    """Answers for versions of data.

    Args:
        shelf: the records.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def register(self, data: Routes) -> None:
        """Answer for them: below ``data/v1.0/…/workspaces/W``."""
        data.add("GET", "dataversion/{name}/versions/{version}", self._get, "A version of data, for mltable.load.")

    def _get(self, call: Call) -> Answer:
        """Source: the models of azure-ai-ml, ``DataVersionEntity``, and what ``mltable.load`` reads of it."""
        name, version = call.names["name"], call.names["version"]
        record = self._shelf.get(RecordKey(KIND, f"{KIND}.{name}", version))
        kind = str(record.body.get("type") or "uri_folder")
        entity = {
            "dataVersion": {
                "assetId": call.scope.resource(KIND, name, "versions", version),
                "dataContainerName": name,
                "dataType": _TYPES.get(kind, kind),
                "dataUri": self._place(record, call.scope),
                "versionId": version,
                "mutableProps": {
                    "description": record.body.get("description"),
                    "tags": all_tags(record),
                    "isArchived": record.archived,
                },
                "properties": dict(record.body.get("properties") or {}),
            },
            "isV2": True,
        }
        return Answer.of(entity)

    def _place(self, record: Record, scope: Scope) -> str:
        """Where it is. A table is read by a program that asks the public Azure for every datastore, so it gets the folder."""
        if record.body.get("type") == _TABLE:
            return str(self._shelf.workspace.resolve(f"azureml:{record.name}:{record.revision}", (KIND,)))
        path = str(record.body.get("path") or "")
        return lengthen(path, scope) if path.startswith("azureml://datastores/") else path
