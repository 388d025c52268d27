"""Attached computes that azure-ai-ml has no class for. Source: Azure REST specification, workspaces/computes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.core.field_mark import Immutable, Sensitive
from orchestrator.kinds.compute.common import FIXED, ComputeBody, MachineSsh


class Databricks(ComputeBody):
    """An attached Azure Databricks workspace."""

    type: Literal["databricks"] = Field(description="databricks: an attached Azure Databricks workspace.")
    resource_id: Annotated[str, Immutable(FIXED)] = Field(description="Resource ID of the Databricks workspace.")
    workspace_url: Annotated[str | None, Immutable(FIXED)] = Field(
        None, description="URL of the Databricks workspace, such as https://adb-1.2.azuredatabricks.net."
    )
    databricks_access_token: Annotated[str | None, Sensitive("an access token")] = Field(
        None, description="Personal access token of Databricks, as ${secret.NAME}."
    )


class DataFactory(ComputeBody):
    """An attached Azure Data Factory."""

    type: Literal["datafactory"] = Field(description="datafactory: an attached Azure Data Factory.")
    resource_id: Annotated[str, Immutable(FIXED)] = Field(description="Resource ID of the data factory.")


class DataLakeAnalytics(ComputeBody):
    """An attached account of Data Lake Analytics."""

    type: Literal["datalakeanalytics"] = Field(description="datalakeanalytics: an account of Data Lake Analytics.")
    resource_id: Annotated[str, Immutable(FIXED)] = Field(description="Resource ID of the account.")
    data_lake_store_account_name: Annotated[str | None, Immutable(FIXED)] = Field(
        None, description="Name of the Data Lake Store account."
    )


class HdInsight(ComputeBody):
    """An attached HDInsight cluster."""

    type: Literal["hdinsight"] = Field(description="hdinsight: an attached HDInsight cluster.")
    resource_id: Annotated[str, Immutable(FIXED)] = Field(description="Resource ID of the cluster.")
    address: Annotated[str | None, Immutable(FIXED)] = Field(
        None, description="Address of the head node, such as a host name."
    )
    ssh_settings: MachineSsh | None = Field(None, description="SSH access to the head node.")
