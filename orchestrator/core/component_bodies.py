"""The bodies of components, one for each type."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, CAMEL, CODE_FILES, EXACT, JobResources, Whole
from orchestrator.core.component_ports import AnyOutput, Component, InputPort, OutputPort, Ported
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.kind import Spec
from orchestrator.core.programs import Distribution
from orchestrator.core.spark import SparkEntry, SparkFiles

Includes = Annotated[list[Annotated[str, CODE_FILES]] | None, Field(description="Files that join the code.")]


class CommandComponent(Ported):
    """A command component."""

    type: Annotated[Literal["command"] | None, ANY_CASE] = Field(
        None, description="command: a command component (default)."
    )
    command: str = Field(
        description="Shell command. ${{inputs.X}} and ${{outputs.Y}} are replaced by values and paths."
    )
    code: Annotated[str | None, CODE_FILES] = Field(
        None, description="Folder or file with the source code; it is the command's working directory."
    )
    environment: EnvironmentRef = Field(
        description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    outputs: dict[str, AnyOutput] | None = Field(
        None, description="Outputs of the component, by name: data, or values for other steps of a pipeline."
    )  # type: ignore[assignment]
    resources: JobResources | None = Field(
        None, description="Number and size of the machines that the component runs on."
    )
    distribution: Distribution | None = Field(
        None, description="Distributed training: the launcher and the number of processes. Default: one process."
    )
    properties: dict[str, Any] | None = Field(None, description="Properties: key-value pairs for programs.")
    additional_includes: Includes = None


class ParallelTask(Spec):
    """The script of a parallel component."""

    type: Annotated[Literal["run_function", "function", "model"], ANY_CASE, CAMEL] = Field(
        description="run_function (or function): calls run() of the entry script; model: scores with the model."
    )
    code: Annotated[str | None, CODE_FILES] = Field(None, description="Folder with the source code.")
    entry_script: str | None = Field(None, description="Path of the script in the folder. It defines init() and run().")
    program_arguments: str | None = Field(None, description="Arguments of the entry script.")
    model: str | None = Field(None, description="azureml:NAME:VERSION of the model. For type model only.")
    append_row_to: str | None = Field(
        None, description="Output that the results of run() are appended to: ${{outputs.X}}."
    )
    environment: EnvironmentRef = Field(
        description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )


_Bound = Annotated[str, Field(pattern=r"^\$\{\{.+\}\}$", description="An expression: ${{inputs.X}}.")]


class Retries(Spec):
    """Retries of a mini-batch."""

    timeout: Whole | _Bound | None = Field(
        None, description="Maximum time to process a mini-batch, in seconds. Default: 60."
    )
    max_retries: Whole | _Bound | None = Field(
        None, description="Number of retries of a mini-batch that failed or timed out. Default: 3."
    )


class ParallelComponent(Ported):
    """A parallel component: a script that processes mini-batches on several nodes."""

    type: Annotated[Literal["parallel"], ANY_CASE] = Field(description="parallel: a parallel component.")
    task: ParallelTask | None = Field(None, description="The script and what it needs.")
    resources: JobResources | None = Field(
        None, description="Number and size of the machines that the component runs on."
    )
    logging_level: Annotated[Literal["DEBUG", "INFO", "WARNING"] | None, EXACT] = Field(
        None, description="Log level. Default: INFO."
    )
    mini_batch_size: str | None = Field(
        None, description="Size of a mini-batch: a number of files, or bytes such as 10kb. Default: 1 file or 1MB."
    )
    partition_keys: list[str] | None = Field(
        None, description="Columns that partition a table into mini-batches. Replaces mini_batch_size."
    )
    input_data: str | None = Field(None, description="Input that is split into mini-batches: ${{inputs.X}}.")
    retry_settings: Retries | None = Field(None, description="Retries and time-out of a mini-batch.")
    max_concurrency_per_instance: Whole | None = Field(
        None, description="Number of processes on each node. Default: the number of GPUs, or of cores without GPUs."
    )
    error_threshold: Whole | None = Field(
        None, description="Number of failed items after which the job fails; -1 ignores all failures. Default: -1."
    )
    mini_batch_error_threshold: Whole | None = Field(
        None,
        description="Number of failed mini-batches after which the job fails; -1 ignores all failures. Default: -1.",
    )


class SparkComponent(Ported, SparkFiles):
    """A Spark application."""

    type: Annotated[Literal["spark"] | None, ANY_CASE] = Field(None, description="spark: a Spark component.")
    code: Annotated[str | None, CODE_FILES] = Field(None, description="Folder with the source code.")
    entry: SparkEntry = Field(description="Entry point: a file or a class.")
    properties: dict[str, Any] | None = Field(None, description="Properties: key-value pairs for programs.")
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    args: str | None = Field(
        None,
        description="Arguments of the entry point. ${{inputs.X}} and ${{outputs.Y}} are replaced by values and paths.",
    )
    additional_includes: Includes = None


class AutoMlComponent(Ported):
    """An automated ML component. Only its task is defined."""

    type: Annotated[Literal["automl"], ANY_CASE] = Field(description="automl: an automated ML component.")
    task: Annotated[
        Literal[
            "classification", "regression", "forecasting", "image_classification", "image_classification_multilabel",
            "image_object_detection", "image_instance_segmentation", "text_classification",
            "text_classification_multilabel", "text_ner",
        ],
        ANY_CASE, CAMEL,
    ] = Field(description="Task of the automated ML job.")  # fmt: skip


class CopyComponent(Ported):
    """Copies data."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(
        description="data_transfer: a data transfer component."
    )
    task: Annotated[Literal["copy_data"], ANY_CASE, CAMEL] = Field(
        description="copy_data: copies inputs to the output."
    )
    data_copy_mode: Annotated[Literal["merge_with_overwrite", "fail_if_conflict"] | None, ANY_CASE, CAMEL] = Field(
        None,
        description="merge_with_overwrite: existing files are overwritten; fail_if_conflict: they are an error. Default: fail_if_conflict.",
    )
    inputs: dict[str, InputPort] | None = Field(None, description="Inputs that are copied, by name.")  # type: ignore[assignment]
    outputs: Annotated[dict[str, OutputPort] | None, Field(min_length=1, max_length=1)] = Field(
        None, description="Output that the inputs are copied to. Exactly one."
    )


class Outside(Spec):
    """An external system."""

    type: Annotated[Literal["file_system", "database"], ANY_CASE] = Field(
        description="file_system, such as S3, or database."
    )


class Imported(Spec):
    """The output of an import."""

    type: Annotated[Literal["mltable", "uri_folder"], ANY_CASE, CAMEL] = Field(description="Type of the imported data.")


class Exported(Spec):
    """The input of an export."""

    type: Annotated[Literal["uri_folder", "uri_file"], ANY_CASE, CAMEL] = Field(
        description="Type of the exported data."
    )


class ImportComponent(Component):
    """Copies external data to the workspace."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(
        description="data_transfer: a data transfer component."
    )
    task: Annotated[Literal["import_data"], ANY_CASE, CAMEL] = Field(
        description="import_data: copies external data to the workspace."
    )
    source: Outside = Field(description="External system that the data come from.")
    outputs: dict[Literal["sink"], Imported] | None = Field(
        None, description="The output sink, which the imported data are written to."
    )


class ExportComponent(Component):
    """Copies data of the workspace to an external system."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL] = Field(
        description="data_transfer: a data transfer component."
    )
    task: Annotated[Literal["export_data"], ANY_CASE, CAMEL] = Field(
        description="export_data: copies data of the workspace to an external system."
    )
    sink: Outside = Field(description="External system that the data go to.")
    inputs: dict[Literal["source"], Exported] | None = Field(None, description="The input source, which is exported.")
