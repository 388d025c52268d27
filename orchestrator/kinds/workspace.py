"""The workspace itself, where a spec makes it too."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_PROCESSED, Behaviour
from orchestrator.core.bodies import Resource
from orchestrator.core.field_mark import Alias, Immutable, Metadata, ServiceValue
from orchestrator.core.kind import AzureBinding, Identity, Kind, NameRule
from orchestrator.core.resource import Removal


def _region(value: Any) -> Any:
    return value.replace(" ", "").lower() if isinstance(value, str) else value


_NAMED: Final = ServiceValue("the name of the workspace by default")


class Workspace(Resource):
    """A workspace with its storage account, key vault, container registry and Application Insights."""

    location: Annotated[
        str | None,
        Immutable("a workspace cannot be moved to another region"),
        ServiceValue("the region of the resource group by default"),
        Alias("'West Europe' and 'westeurope' are one region", fold=_region),
    ] = Field(None, description="Azure region. Default: the region of the resource group.")
    display_name: Annotated[str | None, Metadata("a display name"), _NAMED] = Field(
        None, description="Display name. Default: the name."
    )
    description: Annotated[str | None, Metadata("a description is a label only"), _NAMED] = Field(
        None, description="Description. Default: the name."
    )


KIND: Final = Kind(
    key="workspace",
    title="workspace",
    identity=Identity.NAMED,
    variants={"": Workspace},
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}",
        "3 to 33 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, Microsoft.MachineLearningServices/workspaces",
    ),
    azure=AzureBinding(
        "workspaces",
        loader="load_workspace",
        tracked=True,
        create="begin_create",
        remove="begin_delete",
        driver="workspaces",
    ),
    behaviour=Behaviour(timeout_s=3_600.0, rank=0, instant=False, tested_alone=False),
    local=LOCAL_PROCESSED,
    source="Azure ML CLI v2 YAML reference: workspace",
    removal=Removal.KEEP,
    is_workspace=True,
    attributes=("id", "name", "location"),
)
