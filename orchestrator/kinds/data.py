"""Data assets: files, folders and tables, with versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_ASSET, WRITTEN
from orchestrator.core.bodies import ASSET, CAMEL, DATA_FILES, FileAsset, Version
from orchestrator.core.field_mark import Metadata
from orchestrator.core.kind import AzureBinding, Identity, Kind, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.rules import asset_name, variant_by_type


class AutoDelete(Spec):
    """When the service deletes the asset automatically."""

    condition: Annotated[Literal["created_greater_than", "last_accessed_greater_than"] | None, CAMEL] = Field(
        None, description="Time that the retention period starts from."
    )
    value: str | None = Field(None, description="Retention period, such as 30d.")


class DataBody(FileAsset):
    """A data asset."""

    type: Literal["uri_file", "uri_folder", "mltable"] | None = Field(
        None, description="Type of the data. Default: uri_folder."
    )
    path: Annotated[str, replace(DATA_FILES, asset="uri_folder"), ASSET] = Field(
        description="A local path, a URL, a datastore path or a job's output."
    )
    version: Version | None = Field(None, description="Version. Default: the digest of the content.")
    auto_delete_setting: Annotated[AutoDelete | None, Metadata("affects retention only")] = Field(
        None, description="When the service deletes the asset automatically."
    )


class UriFile(DataBody):
    """A file."""

    type: Literal["uri_file"] = Field(description="uri_file: a file.")


class UriFolder(DataBody):
    """A folder. Default if the body has no type."""

    type: Literal["uri_folder"] | None = Field(None, description="uri_folder: a folder (default).")


class MlTable(DataBody):
    """A folder with an ``MLTable`` file that says how to read it as a table."""

    type: Literal["mltable"] = Field(description="mltable: a folder with an MLTable file.")


_FORMS: Final[dict[str, type[Spec]]] = {"uri_file": UriFile, "uri_folder": UriFolder, "mltable": MlTable}

KIND: Final = Kind(
    key="data",
    order=30,
    title="data asset",
    identity=Identity.VERSIONED,
    variants=_FORMS,
    variant=variant_by_type("uri_folder"),
    name=asset_name("data"),
    azure=AzureBinding(
        "data",
        loader="load_data",
        create="create_or_update",
        remove="archive",
        driver="assets",
        versions=("_operation", "Data"),
        readers=dict.fromkeys(_FORMS, "assets.data:DataSchema"),
    ),
    behaviour=WRITTEN,
    local=LOCAL_ASSET,
    source="Azure ML CLI v2 YAML reference: data",
    schemas=("data.schema", "asset/data", "/data."),
    shape=(),
    exact_variants=True,
    removal=Removal.ARCHIVE,
    attributes=("id", "name", "version", "path"),
)
