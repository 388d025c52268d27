"""The default of a batch endpoint: the deployment that scores what is sent without naming one."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, Behaviour
from orchestrator.core.field_mark import PartNames
from orchestrator.core.kind import AzureBinding, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.wire import FieldWire
from orchestrator.core.wire_shape import WireShape


class Defaults(Spec):
    """The default deployment of the endpoint."""

    deployment_name: Annotated[str | None, PartNames("scores what names no deployment", part="deployments")] = Field(
        None, description="Name of the default deployment."
    )


class BatchDefault(Spec):
    """The default deployment of a batch endpoint."""

    defaults: Defaults | None = Field(None, description="Deployment that scores requests that name none.")


_SHAPE: Final = WireShape(BatchDefault)

KIND: Final = Kind(
    key="batch_endpoints.defaults",
    title="default deployment",
    identity=Identity.NAMED,
    variants={"": BatchDefault},
    name=NameRule(".*", "is always 'defaults'", "amlctl"),
    azure=AzureBinding(
        "batch_endpoints",
        loader="load_batch_endpoint",
        create="begin_create_or_update",
        remove="begin_delete",
        driver="members",
    ),
    behaviour=Behaviour(timeout_s=1_800.0, rank=2, instant=True, tested_alone=False),
    local=LOCAL_RECORD,
    wire=FieldWire(fields=("defaults",), properties=_SHAPE.properties, body=_SHAPE.body),
    source="Azure ML CLI v2 YAML reference: batch endpoint",
    removal=Removal.DELETE,
    taggable=False,
    attributes=("id", "name"),
)
