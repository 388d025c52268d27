"""Spark jobs: a Python file, or a class, that Spark runs on a pool or on serverless machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import AS_TEXT, CODE_FILES, AnyJob, Inputs, Number
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.field_mark import RunSetting
from orchestrator.core.job_type import Body, JobType, as_it_is, itself, named_inputs, on_azure_only
from orchestrator.core.kind import BodyProblem, Spec
from orchestrator.core.spark import SparkEntry, SparkFiles, spark_problems
from orchestrator.job_types.spark.rules import spark_job_problems

_Numbers: TypeAlias = Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]


class SparkResources(Spec):
    """Serverless Spark compute."""

    instance_type: str | None = Field(None, description="Size of the machines, such as standard_e4s_v3.")
    runtime_version: Annotated[_Numbers | Number | None, AS_TEXT] = Field(
        None, description="Version of Spark, such as 3.4."
    )


class SparkJob(AnyJob, SparkFiles):
    """A Spark job. It runs once for each content."""

    type: Literal["spark"] = Field(description="spark: a Spark job.")
    code: Annotated[str | None, CODE_FILES] = Field(None, description="Folder with the source code.")
    entry: SparkEntry = Field(description="Entry point: a file or a class.")
    args: str | None = Field(
        None,
        description="Arguments of the entry point. ${{inputs.X}} and ${{outputs.Y}} are replaced by values and paths.",
    )
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    inputs: Inputs | None = Field(None, description="Name to value or data; data have mode direct.")
    resources: Annotated[SparkResources | None, RunSetting("affects where it runs only")] = Field(
        None, description="Serverless machines, where no compute is named."
    )


def _problems(variant: str, body: Body) -> Iterator[BodyProblem]:
    yield from spark_problems(body)
    yield from spark_job_problems(body)


TYPE: Final = JobType(
    key="spark",
    variants={"spark": f"{__name__}:SparkJob"},
    variant_field="",
    tells=("entry",),
    schemas=("sparkJob",),
    readers={"spark": "job.spark_job:SparkJobSchema"},
    programs=itself,
    sources=named_inputs,
    unnamed_outputs=("default", "artifacts"),
    problems=_problems,
    refusals=on_azure_only("Spark is not included; it runs command, sweep, pipeline and tabular AutoML jobs"),
    for_loader=as_it_is,
)
