"""What a schedule brings in: data from a database or a file system outside. Source: azure-ai-ml, ``DataImportSchema``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, CAMEL, Properties, Tags, Version, Words
from orchestrator.core.field_mark import Ref
from orchestrator.core.kind import Spec


class ProcedureParameter(Spec):
    """A parameter of a stored procedure."""

    name: str = Field(description="Name of the parameter.")
    value: str = Field(description="Value of the parameter.")
    type: str = Field(description="Type of the parameter.")


class Database(Spec):
    """A database: what a query or a stored procedure gives."""

    type: Annotated[Literal["database"], ANY_CASE] = Field(description="Kind of source.")
    connection: Annotated[str, Ref("where it comes from", kind="connections")] = Field(
        description="Connection to the source: azureml:NAME."
    )
    query: str | None = Field(None, description="SQL query.")
    table_name: str | None = Field(None, description="Table to read.")
    stored_procedure: str | None = Field(None, description="Stored procedure to call.")
    stored_procedure_params: list[ProcedureParameter] | None = Field(
        None, description="Parameters of the stored procedure."
    )


class FileSystem(Spec):
    """Files of another store, such as S3."""

    type: Annotated[Literal["file_system"], ANY_CASE, CAMEL] = Field(description="Kind of source.")
    connection: Annotated[str, Ref("where it comes from", kind="connections")] = Field(
        description="Connection to the source: azureml:NAME."
    )
    path: str | None = Field(None, description="Path in the source.")


class DataImport(Spec):
    """Data that is brought in, as an asset with a new version each time."""

    schema_: str | None = Field(None, alias="$schema", description="Address of the JSON Schema, for editors.")
    name: str = Field(description="Name of the data asset.")
    version: Version | None = Field(None, description="Version of the data asset.")
    type: Literal["uri_file", "uri_folder", "mltable"] | None = Field(None, description="mltable or uri_folder.")
    path: str = Field(description="Where it goes: azureml://datastores/NAME/paths/PATH.")
    source: Database | FileSystem = Field(description="Database or file system that the data comes from.")
    description: Words | None = Field(None, description="Description of the data asset.")
    tags: Tags | None = Field(None, description="Labels: name to value.")
    properties: Properties | None = Field(None, description="Labels that programs read.")
    datastore: str | None = Field(None, description="azureml:NAME of the datastore for a local path.")
    stage: str | None = Field(None, description="Stage of the data asset.")
    auto_delete_setting: dict[str, Any] | None = Field(
        None, description="When the service deletes the asset automatically."
    )
