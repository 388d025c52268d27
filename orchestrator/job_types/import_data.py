"""Import jobs: data of a database or a bucket are copied to a datastore. A legacy form, superseded by data imports.

Source: azure-ai-ml, ``_schema/job/import_job.py``.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, JobRecord, Output
from orchestrator.core.field_mark import Ref
from orchestrator.core.import_sources import Bucket, Query
from orchestrator.core.job_type import JobType, as_it_is, no_place, nothing, on_azure_only

_CONNECTION: Final = Ref("reads from there", kind="connections", cascades=False, bare=True)


class QuerySource(Query):
    """A query of a database."""

    connection: Annotated[str, _CONNECTION] = Field(description="azureml:NAME of the connection to the system.")


class FileSource(Bucket):
    """Files in a bucket."""

    connection: Annotated[str, _CONNECTION] = Field(description="azureml:NAME of the connection to the system.")


class ImportJob(JobRecord):
    """Copies the rows of a query, or the files of a bucket, to a datastore."""

    type: Annotated[Literal["import"], ANY_CASE] = Field(description="import: an import job.")
    source: QuerySource | FileSource = Field(description="Where the data come from.")
    output: Output = Field(description="Where the data are stored.")


TYPE: Final = JobType(
    key="import",
    variants={"import": f"{__name__}:ImportJob"},
    variant_field="",
    tells=(),
    schemas=("importJob",),
    readers={"import": "job.import_job:ImportJobSchema"},
    programs=no_place,
    sources=no_place,
    unnamed_outputs=(),
    problems=nothing,
    refusals=on_azure_only("data are imported by the service's own Data Factory, which is not included"),
    for_loader=as_it_is,
)
