"""What goes into pipelines and their steps, what comes out, and what all steps have."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic import ConfigDict, Field

from orchestrator.core.bodies import (
    AS_TEXT,
    ASSET,
    DATA_FILES,
    ComputeName,
    DataInput,
    JobIdentity,
    JobService,
    LiteralInput,
    Output,
    Scalar,
    Text,
    Words,
)
from orchestrator.core.field_mark import RunSetting
from orchestrator.core.kind import Spec

LABEL: Final = RunSetting("a label of a step, which a run keeps")


class PipelineInput(DataInput):
    """Data or a model as an input of a pipeline or step. Without a path it is only declared."""

    path: Annotated[str | None, DATA_FILES, ASSET] = Field(  # type: ignore[assignment]
        None, description="A local path, a URL, an asset, a job's output; in a step ${{parent.…}} too."
    )


PipelineInputs: TypeAlias = dict[str, Annotated[Scalar, AS_TEXT] | PipelineInput | LiteralInput]
StepOutputs: TypeAlias = dict[str, str | Output | None]

_INPUTS: Final = "Name to value, data, ${{parent.inputs.X}} or ${{parent.jobs.STEP.outputs.Y}}."
_OUTPUTS: Final = "Name to output, or ${{parent.outputs.X}}."


class Labelled(Spec):
    """What people and programs read of a step."""

    name: Annotated[str | None, LABEL] = Field(
        None, description="Name of the step. Usually omitted: the key is the name."
    )
    display_name: Annotated[Words | None, LABEL] = Field(None, description="Display name.")
    description: Annotated[Words | None, LABEL] = Field(None, description="Description of the step.")
    tags: Annotated[dict[str, Text | None] | None, LABEL] = Field(None, description="Tags: key-value pairs.")
    properties: Annotated[dict[str, Text | None] | None, LABEL] = Field(
        None, description="Properties: key-value pairs for programs."
    )
    experiment_name: Annotated[str | None, LABEL] = Field(
        None, description="Experiment under which the step is listed."
    )


class InlineStep(Labelled):
    """What steps have that say themselves what they do: the job of their type, without a component."""

    schema_: Annotated[str | None, LABEL] = Field(
        None, alias="$schema", description="Address of the JSON schema, for editors."
    )
    compute: ComputeName = Field(None, description="azureml:NAME of a compute target. Default: the pipeline's.")
    identity: Annotated[JobIdentity | None, RunSetting("affects who runs it only")] = Field(
        None, description="Identity under which the step accesses data."
    )
    services: Annotated[dict[str, JobService] | None, RunSetting("affects interactive access only")] = Field(
        None, description="Interactive services of the running step, by name."
    )
    inputs: PipelineInputs | None = Field(None, description=_INPUTS)
    outputs: StepOutputs | None = Field(None, description=_OUTPUTS)


class ComponentStep(Labelled):
    """What steps have that run a component. The client takes further fields, and so do we."""

    model_config = ConfigDict(extra="allow")

    comment: Annotated[str | None, LABEL] = Field(None, description="Comment shown in the studio.")
    inputs: PipelineInputs | None = Field(None, description=_INPUTS)
    outputs: StepOutputs | None = Field(None, description=_OUTPUTS)
