"""Where data are imported from: a query of a database, or files in a bucket. The connection to it is said by who imports.

Source: azure-ai-ml, ``_schema/job/import_job.py``; a step of a pipeline and a job of its own say it alike.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE
from orchestrator.core.kind import Spec


class Query(Spec):
    """A query of a database."""

    type: Annotated[Literal["azuresqldb", "azuresynapseanalytics", "snowflake"], ANY_CASE] = Field(
        description="Type of the database."
    )
    query: str = Field(description="SQL query.")


class Bucket(Spec):
    """Files in a bucket."""

    type: Annotated[Literal["s3"], ANY_CASE] = Field(description="Type of the external system.")
    path: str = Field(description="Path in the store.")
