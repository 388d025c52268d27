"""Pipelines: jobs and components made of steps, which may be pipelines themselves."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag, create_model

from orchestrator import job_types
from orchestrator.core.bodies import ANY_CASE, AnyJob, ComputeName, Flag
from orchestrator.core.component_ports import AnyOutput, Component, InputPort, Parameter
from orchestrator.core.field_mark import LabelsKept, Ref, RunSetting
from orchestrator.core.kind import Spec
from orchestrator.core.placeholders import STEP
from orchestrator.job_types.pipeline import components as by_component
from orchestrator.job_types.pipeline import steps as inline
from orchestrator.job_types.pipeline.ports import ComponentStep, PipelineInput, PipelineInputs, StepOutputs
from orchestrator.job_types.pipeline.shape import WITH_COMPONENT, shape_of


class PipelineStep(ComponentStep):
    """Runs a pipeline component, as a step."""

    type: Annotated[Literal["pipeline"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    component: by_component.ComponentName | InlinePipeline = Field(
        description="azureml:NAME:VERSION, a registry's component, or the path of a pipeline component's file."
    )
    compute: ComputeName = Field(None, description="azureml:NAME of a compute target. Default: the pipeline's.")


_WHERE: Final = "affects where outputs are stored only"
_SEARCH: Final = "automl"
_DATA: Final = ("training_data", "validation_data", "test_data")


def _search_steps() -> dict[str, type[Spec]]:
    """AutoML in a pipeline: the job, whose data and outputs may be bound. Source: azure-ai-ml, ``automl_node.py``."""
    jobs = job_types.models(_SEARCH)
    return {variant: _search_step(jobs[variant]) for variant in jobs}


def _search_step(job: type[Spec]) -> type[Spec]:
    bound: dict[str, Any] = {
        "inputs": (PipelineInputs | None, Field(None, description="Inputs of the step, by name.")),
        "outputs": (StepOutputs | None, Field(None, description="Outputs of the step, by name.")),
    }
    for name in _DATA:
        if name in job.model_fields:
            field = job.model_fields[name]
            default = ... if field.is_required() else None
            kind = str | PipelineInput if field.is_required() else str | PipelineInput | None
            bound[name] = (kind, Field(default, description=field.description))
    made: Any = create_model(f"{job.__name__}Step", __base__=job, __doc__=job.__doc__, __module__=__name__, **bound)
    step: type[Spec] = made
    return step


_STEPS: Final[dict[str, type[Spec]]] = {
    "command": inline.InlineCommandStep,
    "parallel": inline.InlineParallelStep,
    "spark": inline.InlineSparkStep,
    "import": inline.InlineImportStep,
    "data_transfer.copy_data": inline.InlineCopyStep,
    "data_transfer.import_data": inline.InlineBringStep,
    "data_transfer.export_data": inline.InlineTakeStep,
    "if_else": inline.IfElse,
    "do_while": inline.DoWhile,
    "parallel_for": inline.ParallelFor,
    f"command{WITH_COMPONENT}": by_component.CommandStep,
    "sweep": by_component.SweepStep,
    f"parallel{WITH_COMPONENT}": by_component.ParallelStep,
    f"spark{WITH_COMPONENT}": by_component.SparkStep,
    f"import{WITH_COMPONENT}": by_component.ImportStep,
    f"data_transfer.copy_data{WITH_COMPONENT}": by_component.CopyStep,
    f"data_transfer.import_data{WITH_COMPONENT}": by_component.BringStep,
    f"data_transfer.export_data{WITH_COMPONENT}": by_component.TakeStep,
    "pipeline": PipelineStep,
    **_search_steps(),
}

if TYPE_CHECKING:
    Step: TypeAlias = Spec
else:
    _Any = reduce(or_, (Annotated[model, Tag(f"{STEP}{shape}")] for shape, model in _STEPS.items()))
    Step = Annotated[_Any, Discriminator(lambda step: f"{STEP}{shape_of(step)}")]

Steps: TypeAlias = dict[str, Step]
"""Name to step; which model a step has is told by its type and by what it says."""


KEPT: Final = LabelsKept("a run keeps the labels of its steps")


class PipelineComponent(Component):
    """A pipeline as a component: its inputs and outputs are declared, and bound inside."""

    type: Annotated[Literal["pipeline"], ANY_CASE] = Field(description="Type of the step.")
    inputs: dict[str, Parameter | InputPort] | None = Field(None, description="Inputs, by name.")
    outputs: dict[str, AnyOutput] | None = Field(None, description="Outputs, by name.")
    jobs: Annotated[Steps | None, KEPT] = Field(None, description="Steps of the pipeline, by name.")


class InlinePipeline(PipelineComponent):
    """A pipeline component in a file that a step names."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[Literal["pipeline"] | None, ANY_CASE] = Field(None, description="Type of the step.")  # type: ignore[assignment]


_RUNS: Final = RunSetting("affects how the steps run, not what they do")


class Settings(Spec):
    """Settings of all steps. The client takes further settings, and so do we."""

    model_config = ConfigDict(extra="allow")

    default_compute: ComputeName = Field(
        None, description="azureml:NAME of the compute target of steps without their own."
    )
    default_datastore: Annotated[
        str | None, Ref("affects where outputs are stored only", kind="datastores", cascades=False), RunSetting(_WHERE)
    ] = Field(None, description="azureml:NAME of the datastore for outputs without a path.")
    continue_on_step_failure: Annotated[Flag | None, _RUNS] = Field(
        None, description="Whether other steps continue after one has failed. Default: false."
    )
    continue_run_on_failed_optional_input: Annotated[bool | str | None, _RUNS] = Field(
        None,
        description="Whether a step runs if the source of an optional input has failed. The client sends it as written.",
    )
    force_rerun: Annotated[Flag | None, _RUNS] = Field(
        None, description="Whether all steps run again, without reuse of earlier results. Default: false."
    )
    on_init: str | None = Field(None, description="The step that runs before all others.")
    on_finalize: str | None = Field(None, description="The step that runs after all others.")


class PipelineJob(AnyJob):
    """A pipeline job: steps that pass data to each other. It runs once for each content."""

    type: Literal["pipeline"] | None = Field(None, description="Type of the step.")
    inputs: PipelineInputs | None = Field(
        None,
        description="Inputs of the pipeline, by name: values or data. Steps refer to them as ${{parent.inputs.X}}.",
    )
    jobs: Annotated[Steps | None, KEPT] = Field(None, description="Steps of the pipeline, by name.")
    component: Annotated[by_component.ComponentName | InlinePipeline | None, KEPT] = Field(
        None, description="A pipeline component in place of 'jobs': its file, or azureml:NAME:VERSION."
    )
    settings: Settings | None = Field(None, description="Settings of all steps.")
