"""Steps that run components, and components that stand in a step or in a file that it names.

Source: azure-ai-ml, ``_schema/pipeline/component_job.py``.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field

from orchestrator.core.bodies import (
    ANY_CASE,
    CAMEL,
    PLACE,
    ComputeName,
    Environ,
    JobIdentity,
    JobResources,
    JobService,
    QueueSettings,
)
from orchestrator.core.component_bodies import (
    CommandComponent,
    CopyComponent,
    ParallelComponent,
    ParallelTask,
    SparkComponent,
)
from orchestrator.core.component_ports import Component, OutputPort, Parameter
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.field_mark import BodyFile, Ref, RunSetting
from orchestrator.core.programs import Distribution
from orchestrator.core.search_space import Space
from orchestrator.core.searching import EarlyTermination, Objective, Sampling, SweepLimits
from orchestrator.core.spark import SparkEntry, SparkFiles
from orchestrator.job_types.pipeline.ports import ComponentStep
from orchestrator.job_types.pipeline.steps import MiniBatches, Outside, StepLimits, StepSparkResources

COMPONENT: Final = Ref("runs it", kind="components")
FILE: Final = BodyFile("a component's file")
ComponentName: TypeAlias = Annotated[str, COMPONENT, FILE]
_SAID: Final = "azureml:NAME:VERSION, a registry's component, the path of a component's file, or a body."


class InlineCommand(CommandComponent):
    """A command component inside a step."""

    model_config = ConfigDict(extra="allow")


class InlineParallel(ParallelComponent):
    """A parallel component inside a step."""

    model_config = ConfigDict(extra="allow")


class InlineSpark(SparkComponent):
    """A Spark component inside a step."""

    model_config = ConfigDict(extra="allow")


class InlineCopy(CopyComponent):
    """A component that copies data, inside a step."""

    model_config = ConfigDict(extra="allow")


class InlineImport(Component):
    """A legacy component that imports data."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[Literal["import"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    source: dict[Literal["type", "connection", "query", "path"], Parameter] = Field(
        description="External system that the data come from."
    )
    output: OutputPort = Field(description="Where the data are stored.")


class Placed(ComponentStep):
    """Steps that run on a compute."""

    compute: ComputeName = Field(None, description="azureml:NAME of a compute target. Default: the pipeline's.")


class CommandStep(Placed):
    """Runs a command component. Fields of the step override it."""

    type: Annotated[Literal["command"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    component: ComponentName | InlineCommand = Field(description=_SAID)
    command: str | None = Field(None, description="Shell command.")
    code: str | None = Field(None, description="Folder or file with the source code.")
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    environment_variables: Environ | None = Field(None, description="Environment variables of the step: name to value.")
    resources: Annotated[JobResources | None, PLACE] = Field(
        None, description="Number and size of the machines that the step runs on."
    )
    distribution: Distribution | None = Field(
        None, description="Distributed training: the launcher and the number of processes. Default: one process."
    )
    queue_settings: Annotated[QueueSettings | None, RunSetting("affects how long it waits only")] = Field(
        None, description="Tier and priority of the step in the queue of serverless compute."
    )
    limits: StepLimits | None = Field(None, description="Limits of the step.")
    services: Annotated[dict[str, JobService] | None, RunSetting("affects interactive access only")] = Field(
        None, description="Interactive services of the running step, by name."
    )
    identity: Annotated[JobIdentity | None, RunSetting("affects who runs it only")] = Field(
        None, description="Identity under which the step accesses data."
    )


class SweepStep(Placed):
    """Runs a command component for many values of its inputs, to find the best."""

    type: Annotated[Literal["sweep"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    trial: ComponentName | InlineCommand = Field(description=_SAID)
    search_space: dict[str, Space] | None = Field(None, description="Inputs and the values to try for each.")
    objective: Objective = Field(description="Metric to optimize.")
    limits: SweepLimits = Field(description="Limits of the step.")
    sampling_algorithm: Sampling | None = Field(
        None, description="How values are chosen: random, grid or bayesian. Default: random."
    )
    early_termination: EarlyTermination | None = Field(
        None, description="Policy that ends trials with poor results early. Default: none."
    )
    resources: Annotated[JobResources | None, PLACE] = Field(
        None, description="Number and size of the machines that the step runs on."
    )
    queue_settings: Annotated[QueueSettings | None, RunSetting("affects how long it waits only")] = Field(
        None, description="Tier and priority of the step in the queue of serverless compute."
    )
    identity: Annotated[JobIdentity | None, RunSetting("affects who runs it only")] = Field(
        None, description="Identity under which the step accesses data."
    )


class ParallelStep(MiniBatches, Placed):
    """Runs a parallel component. Fields of the step override it."""

    type: Annotated[Literal["parallel"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    component: ComponentName | InlineParallel = Field(description=_SAID)
    task: ParallelTask | None = Field(None, description="Task of the step.")
    logging_level: Literal["DEBUG", "INFO", "WARNING"] | None = Field(
        None, description="Log level of the script: DEBUG, INFO or WARNING."
    )
    identity: Annotated[JobIdentity | None, RunSetting("affects who runs it only")] = Field(
        None, description="Identity under which the step accesses data."
    )


class SparkStep(Placed, SparkFiles):
    """Runs a Spark component. Fields of the step override it."""

    type: Annotated[Literal["spark"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    component: ComponentName | InlineSpark = Field(description=_SAID)
    code: str | None = Field(None, description="Folder or file with the source code.")
    entry: SparkEntry | None = Field(None, description="Entry point: a file or a class.")
    args: str | None = Field(None, description="Arguments of the program.")
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    resources: Annotated[StepSparkResources | None, PLACE] = Field(
        None, description="Number and size of the machines that the step runs on."
    )
    identity: Annotated[JobIdentity | None, RunSetting("affects who runs it only")] = Field(
        None, description="Identity under which the step accesses data."
    )


class CopyStep(Placed):
    """Copies data with a component."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(description="Type of the step.")
    task: Annotated[Literal["copy_data"], ANY_CASE, CAMEL] = Field(description="Task of the step.")
    component: ComponentName | InlineCopy = Field(description=_SAID)


class BringStep(Placed):
    """Imports data with a component of the service."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(description="Type of the step.")
    task: Annotated[Literal["import_data"], ANY_CASE, CAMEL] = Field(description="Task of the step.")
    component: Annotated[str, COMPONENT] = Field(description="azureml:NAME:VERSION, or a component of a registry.")
    source: Outside = Field(description="External system that the data come from.")


class TakeStep(Placed):
    """Exports data with a component of the service."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(description="Type of the step.")
    task: Annotated[Literal["export_data"], ANY_CASE, CAMEL] = Field(description="Task of the step.")
    component: Annotated[str, COMPONENT] = Field(description="azureml:NAME:VERSION, or a component of a registry.")
    sink: Outside = Field(description="External system that the data go to.")


class ImportStep(Placed):
    """Imports data with a legacy component."""

    type: Annotated[Literal["import"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    component: ComponentName | InlineImport = Field(description=_SAID)
