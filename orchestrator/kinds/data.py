"""Data assets: files, folders and tables, with versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.bodies import ASSET, DATA_FILES, Properties, Resource, Version
from orchestrator.core.field_mark import Metadata, Passive
from orchestrator.core.kind import AzureBinding, Behaviour, Identity, Kind, LocalBinding, NameRule, Spec
from orchestrator.core.resource import Removal


class AutoDelete(Spec):
    """When the service deletes the asset by itself."""

    condition: Literal["created_greater_than", "last_accessed_greater_than"] | None = None
    value: str | None = None


class DataBody(Resource):
    """A data asset."""

    type: Literal["uri_file", "uri_folder", "mltable"] | None = None
    path: Annotated[str, DATA_FILES, ASSET] = Field(description="A local path, a URL or a datastore's path.")
    version: Version | None = Field(
        None, description="Pins the version; without it the content's digest is the version."
    )
    datastore: Annotated[str | None, Passive("where local files are uploaded to")] = None
    properties: Properties | None = None
    auto_delete_setting: Annotated[AutoDelete | None, Metadata("how long it is kept, not what it is")] = None


class UriFile(DataBody):
    """One file."""

    type: Literal["uri_file"]


class UriFolder(DataBody):
    """A folder; also what a body without a type is."""

    type: Literal["uri_folder"] | None = None


class MlTable(DataBody):
    """A folder with an ``MLTable`` file that says how to read it as a table."""

    type: Literal["mltable"]


def _variant(body: Mapping[str, Any]) -> str:
    return str(body.get("type") or "uri_folder")


KIND: Final = Kind(
    key="data",
    title="data asset",
    identity=Identity.VERSIONED,
    variants={"uri_file": UriFile, "uri_folder": UriFolder, "mltable": MlTable},
    variant=_variant,
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}",
        "1 to 255 letters, digits, '-', '_' and '.'; starts with a letter or digit",
        "Azure REST specification, workspaces/data",
    ),
    azure=AzureBinding("data", "load_data", "create_or_update", "archive"),
    local=LocalBinding(Behaviour.ASSET),
    source="Azure ML CLI v2 YAML reference: data",
    schemas=("data.schema", "asset/data", "/data."),
    shape=(),
    removal=Removal.ARCHIVE,
    attributes=("id", "name", "version", "path"),
)
