"""Steps that say themselves what they do.

Source: azure-ai-ml, ``_schema/pipeline/pipeline_*_job.py``: each is the job of that type, whose outputs may be bound to the pipeline's.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field

from orchestrator.core.bodies import (
    ANY_CASE,
    AS_TEXT,
    CAMEL,
    CODE_FILES,
    EXACT,
    PLACE,
    Environ,
    JobResources,
    Number,
    Output,
    QueueSettings,
    Whole,
)
from orchestrator.core.component_bodies import ParallelTask, Retries
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.field_mark import Ref, RunSetting
from orchestrator.core.import_sources import Bucket, Query
from orchestrator.core.kind import Spec
from orchestrator.core.programs import Distribution
from orchestrator.core.searching import TIME
from orchestrator.core.spark import SparkEntry, SparkFiles
from orchestrator.job_types.pipeline.ports import InlineStep


class StepLimits(Spec):
    """Limits of a command."""

    timeout: Annotated[Whole | None, TIME] = Field(None, gt=0, description="Seconds.")


class InlineCommandStep(InlineStep):
    """A command."""

    type: Annotated[Literal["command"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    command: str = Field(
        description="Shell command. ${{inputs.X}} and ${{outputs.Y}} are replaced by values and paths."
    )
    code: Annotated[str | None, CODE_FILES] = Field(None, description="Folder or file with the source code.")
    environment: EnvironmentRef = Field(
        description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
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


class MiniBatches(Spec):
    """How a parallel step divides its input and what it runs on, with or without a component."""

    environment_variables: Environ | None = Field(None, description="Environment variables of the step: name to value.")
    resources: Annotated[JobResources | None, PLACE] = Field(
        None, description="Number and size of the machines that the step runs on."
    )
    mini_batch_size: str | None = Field(
        None, description="Size of a mini-batch: a number of files, or bytes such as 10kb."
    )
    partition_keys: list[str] | None = Field(
        None, description="Columns that partition a table into mini-batches. Replaces mini_batch_size."
    )
    input_data: str | None = Field(None, description="Input that is split into mini-batches: ${{inputs.X}}.")
    retry_settings: Retries | None = Field(None, description="Retries and time-out of a mini-batch.")
    max_concurrency_per_instance: Whole | None = Field(None, description="Number of processes on each node.")
    error_threshold: Whole | None = Field(
        None, description="Number of failed items after which the step fails; -1 ignores all failures. Default: -1."
    )
    mini_batch_error_threshold: Whole | None = Field(
        None,
        description="Number of failed mini-batches after which the step fails; -1 ignores all failures. Default: -1.",
    )


class InlineParallelStep(MiniBatches, InlineStep):
    """A script that processes mini-batches on several nodes."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[Literal["parallel"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    task: ParallelTask = Field(description="The script and what it needs.")
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    logging_level: Annotated[Literal["DEBUG", "INFO", "WARNING"] | None, EXACT] = Field(
        None, description="Log level of the script: DEBUG, INFO or WARNING."
    )


_Numbers: TypeAlias = Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]


class StepSparkResources(Spec):
    """Serverless Spark compute."""

    instance_type: str | None = Field(None, description="VM size of a node, such as standard_e4s_v3.")
    runtime_version: Annotated[_Numbers | Number | None, AS_TEXT] = Field(None, description="Version of Spark: 3.4.")


class InlineSparkStep(InlineStep, SparkFiles):
    """A Spark application."""

    type: Annotated[Literal["spark"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    code: Annotated[str | None, CODE_FILES] = Field(None, description="Folder or file with the source code.")
    entry: SparkEntry = Field(description="Entry point: a file or a class.")
    args: str | None = Field(None, description="Arguments of the program.")
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    resources: Annotated[StepSparkResources | None, PLACE] = Field(
        None, description="Number and size of the machines that the step runs on."
    )


CONNECTION = Ref("reads or writes there", kind="connections", cascades=False, bare=True)
Connection: TypeAlias = Annotated[str, CONNECTION]


class StoredParameter(Spec):
    """A parameter of a stored procedure."""

    name: str | None = Field(None, description="Name of the step. Usually omitted: the key is the name.")
    value: str | None = Field(None, description="Value of the parameter.")
    type: str | None = Field(None, description="Type of the step.")


class Database(Spec):
    """An external database."""

    type: Annotated[Literal["database"], ANY_CASE] = Field(description="Type of the step.")
    connection: Connection = Field(description="azureml:NAME of the connection to the system.")
    table_name: str | None = Field(None, description="Table in the database.")
    query: str | None = Field(None, description="SQL query.")
    stored_procedure: str | None = Field(None, description="Stored procedure to call.")
    stored_procedure_params: list[StoredParameter] | None = Field(
        None, description="Parameters of the stored procedure."
    )


class FileSystem(Spec):
    """An external file system."""

    type: Annotated[Literal["file_system"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    connection: Connection = Field(description="azureml:NAME of the connection to the system.")
    path: str | None = Field(None, description="Path in the store.")


Outside: TypeAlias = Database | FileSystem


class InlineCopyStep(InlineStep):
    """Copies data."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(description="Type of the step.")
    task: Annotated[Literal["copy_data"], ANY_CASE, CAMEL] = Field(description="Task of the step.")
    data_copy_mode: Annotated[Literal["merge_with_overwrite", "fail_if_conflict"] | None, ANY_CASE, CAMEL] = Field(
        None, description="merge_with_overwrite: existing files are overwritten; fail_if_conflict: they are an error."
    )


class InlineBringStep(InlineStep):
    """Imports data."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(description="Type of the step.")
    task: Annotated[Literal["import_data"], ANY_CASE, CAMEL] = Field(description="Task of the step.")
    source: Outside = Field(description="External system that the data come from.")


class InlineTakeStep(InlineStep):
    """Exports data."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(description="Type of the step.")
    task: Annotated[Literal["export_data"], ANY_CASE, CAMEL] = Field(description="Task of the step.")
    sink: Outside = Field(description="External system that the data go to.")


class QuerySource(Query):
    """A query of a database."""

    connection: Connection = Field(description="azureml:NAME of the connection to the system.")


class FileSource(Bucket):
    """Files in a bucket."""

    connection: Connection = Field(description="azureml:NAME of the connection to the system.")


class InlineImportStep(InlineStep):
    """Imports data, in the legacy form."""

    type: Annotated[Literal["import"] | None, ANY_CASE] = Field(None, description="Type of the step.")
    source: QuerySource | FileSource = Field(description="External system that the data come from.")
    output: Output = Field(description="Where the data are stored.")


class Control(Spec):
    """Control flow: which steps run, and how often. Source: azure-ai-ml, ``_schema/pipeline/control_flow_job.py``."""

    model_config = ConfigDict(extra="allow")


class IfElse(Control):
    """Runs one of two steps."""

    type: Annotated[Literal["if_else"], ANY_CASE] = Field(description="Type of the step.")
    condition: str | bool | None = Field(None, description="${{parent.jobs.STEP.outputs.X}}, or true or false.")
    true_block: str | list[str] | None = Field(
        None, description="Step that runs if the condition is true: ${{parent.jobs.STEP}}."
    )
    false_block: str | list[str] | None = Field(
        None, description="Step that runs if the condition is false: ${{parent.jobs.STEP}}."
    )


class LoopLimits(Spec):
    """Limits of a loop."""

    max_iteration_count: Whole = Field(ge=1, le=1000, description="Maximum number of iterations, 1 to 1000.")


class DoWhile(Control):
    """Repeats a step while a condition is true."""

    type: Annotated[Literal["do_while"], ANY_CASE] = Field(description="Type of the step.")
    body: str | None = Field(None, description="Step that is repeated: ${{parent.jobs.STEP}}.")
    condition: str | None = Field(
        None, description="Boolean output of the step that decides whether the loop continues."
    )
    mapping: dict[str, str | list[str]] = Field(
        description="Outputs and the inputs of the next iteration that receive them."
    )
    limits: LoopLimits = Field(description="Limits of the step.")


class ParallelFor(Control):
    """Runs a step for each item."""

    type: Annotated[Literal["parallel_for"], ANY_CASE] = Field(description="Type of the step.")
    body: str | None = Field(None, description="Step that runs for each item: ${{parent.jobs.STEP}}.")
    items: str | list[Any] | dict[str, Any] = Field(description="Inputs of each run: a list, a mapping or JSON.")
    max_concurrency: Annotated[Whole | None, RunSetting("affects concurrency only")] = Field(
        None, description="Maximum number of runs at the same time."
    )
    outputs: dict[str, str | Output | None] | None = Field(None, description="Outputs, by name.")
