"""Where data are imported from: a query of a database, or files in a bucket.

Source: azure-ai-ml, ``_schema/job/import_job.py``; a step of a pipeline and a job of its own say it alike.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE
from orchestrator.core.field_mark import Ref
from orchestrator.core.kind import Spec

CONNECTION: Final = Ref("reads or writes there", kind="connections", cascades=False, bare=True)
Connection: TypeAlias = Annotated[str, CONNECTION]


class QuerySource(Spec):
    """A query of a database."""

    type: Annotated[Literal["azuresqldb", "azuresynapseanalytics", "snowflake"], ANY_CASE] = Field(
        description="Type of the database."
    )
    connection: Connection = Field(description="azureml:NAME of the connection to the system.")
    query: str = Field(description="SQL query.")


class FileSource(Spec):
    """Files in a bucket."""

    type: Annotated[Literal["s3"], ANY_CASE] = Field(description="Type of the external system.")
    connection: Connection = Field(description="azureml:NAME of the connection to the system.")
    path: str = Field(description="Path in the store.")
