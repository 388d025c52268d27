"""The bodies of components, one for each type."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, CAMEL, CODE_FILES, EXACT, EnvironmentRef, JobResources, Whole
from orchestrator.core.kind import Spec
from orchestrator.core.programs import Distribution
from orchestrator.core.spark import SparkEntry
from orchestrator.kinds.component.ports import AnyOutput, Component, InputPort, OutputPort, Ported

Includes = Annotated[list[Annotated[str, CODE_FILES]] | None, Field(description="Files that join the code.")]


class CommandComponent(Ported):
    """A command."""

    type: Annotated[Literal["command"] | None, ANY_CASE] = None
    command: str = Field(description="A shell command; ${{inputs.X}} and ${{outputs.Y}} stand for paths and values.")
    code: Annotated[str | None, CODE_FILES] = Field(None, description="Folder or file that is copied to the job.")
    environment: EnvironmentRef = Field(description="azureml:NAME:VERSION, azureml:NAME@latest or a body.")
    outputs: dict[str, AnyOutput] | None = None  # type: ignore[assignment]
    resources: JobResources | None = None
    distribution: Distribution | None = None
    properties: dict[str, Any] | None = None
    additional_includes: Includes = None


class ParallelTask(Spec):
    """The script that goes through mini batches."""

    type: Annotated[Literal["run_function", "function", "model"], ANY_CASE, CAMEL]
    code: Annotated[str | None, CODE_FILES] = None
    entry_script: str | None = Field(None, description="File inside the code with init() and run().")
    program_arguments: str | None = None
    model: str | None = None
    append_row_to: str | None = Field(None, description="The output that what run() returns is appended to.")
    environment: EnvironmentRef


_Bound = Annotated[str, Field(pattern=r"^\$\{\{.+\}\}$", description="An expression: ${{inputs.X}}.")]


class Retries(Spec):
    """How often a mini batch is tried."""

    timeout: Whole | _Bound | None = Field(None, description="Seconds for one mini batch.")
    max_retries: Whole | _Bound | None = None


class ParallelComponent(Ported):
    """A script over mini batches, on several nodes."""

    type: Annotated[Literal["parallel"], ANY_CASE]
    task: ParallelTask | None = None
    resources: JobResources | None = None
    logging_level: Annotated[Literal["DEBUG", "INFO", "WARNING"] | None, EXACT] = None
    mini_batch_size: str | None = Field(None, description="Files, or bytes as in 10kb, of one call of run().")
    partition_keys: list[str] | None = None
    input_data: str | None = Field(None, description="The input that is cut: ${{inputs.X}}.")
    retry_settings: Retries | None = None
    max_concurrency_per_instance: Whole | None = None
    error_threshold: Whole | None = None
    mini_batch_error_threshold: Whole | None = None


class SparkComponent(Ported):
    """A Spark application."""

    type: Annotated[Literal["spark"] | None, ANY_CASE] = None
    code: Annotated[str | None, CODE_FILES] = None
    entry: SparkEntry
    py_files: list[str] | None = None
    jars: list[str] | None = None
    files: list[str] | None = None
    archives: list[str] | None = None
    conf: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    environment: EnvironmentRef | None = None
    args: str | None = None
    additional_includes: Includes = None


class AutoMlComponent(Ported):
    """A search of AutoML, of which a component knows the task only."""

    type: Annotated[Literal["automl"], ANY_CASE]
    task: Annotated[
        Literal[
            "classification", "regression", "forecasting", "image_classification", "image_classification_multilabel",
            "image_object_detection", "image_instance_segmentation", "text_classification",
            "text_classification_multilabel", "text_ner",
        ],
        ANY_CASE, CAMEL,
    ]  # fmt: skip


class CopyComponent(Ported):
    """Copies data."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL]
    task: Annotated[Literal["copy_data"], ANY_CASE, CAMEL]
    data_copy_mode: Annotated[Literal["merge_with_overwrite", "fail_if_conflict"] | None, ANY_CASE, CAMEL] = None
    inputs: dict[str, InputPort] | None = None  # type: ignore[assignment]
    outputs: Annotated[dict[str, OutputPort] | None, Field(min_length=1, max_length=1)] = None


class Outside(Spec):
    """A system outside of the workspace."""

    type: Annotated[Literal["file_system", "database"], ANY_CASE]


class Imported(Spec):
    """What an import makes."""

    type: Annotated[Literal["mltable", "uri_folder"], ANY_CASE, CAMEL]


class Exported(Spec):
    """What an export takes."""

    type: Annotated[Literal["uri_folder", "uri_file"], ANY_CASE, CAMEL]


class ImportComponent(Component):
    """Brings data in."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL]
    task: Annotated[Literal["import_data"], ANY_CASE, CAMEL]
    source: Outside
    outputs: dict[Literal["sink"], Imported] | None = None


class ExportComponent(Component):
    """Takes data out."""

    type: Annotated[Literal["data_transfer"], ANY_CASE, CAMEL]
    task: Annotated[Literal["export_data"], ANY_CASE, CAMEL]
    sink: Outside
    inputs: dict[Literal["source"], Exported] | None = None
