"""Distillation jobs: a large model writes examples, and a small one of the catalog is trained on them.

Source: azure-ai-ml, ``_schema/_distillation/distillation_job.py`` and ``entities/_job/distillation/distillation_job.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, CAMEL, AnyJob, Environ, Flag, Number, Text, Whole
from orchestrator.core.field_mark import Ref, RunSetting, Sensitive
from orchestrator.core.job_type import Body, JobType, no_place, on_azure_only, trained_on, with_texts
from orchestrator.core.kind import BodyProblem, Spec
from orchestrator.core.tuning import EXAMPLES, Examples, TunedModel

_LABELS: Final = "label_generation"


class Teacher(Spec):
    """The serverless endpoint of the teacher: a connection that stands in the job."""

    type: Annotated[Literal["serverless"], ANY_CASE, CAMEL] = Field(description="serverless: a serverless endpoint.")
    name: str = Field(description="Name of the endpoint.")
    endpoint: str = Field(description="URL of the endpoint.")
    api_key: Annotated[str, Sensitive("opens the endpoint")] = Field(description="API key, as ${secret.NAME}.")
    description: str | None = Field(None, description="Description of the connection.")
    tags: dict[str, Text | None] | None = Field(None, description="Tags: key-value pairs.")
    metadata: dict[str, Text | None] | None = Field(None, description="Metadata of the connection: key-value pairs.")
    is_shared: Flag | None = Field(
        None, description="Whether other projects of the same hub can use it. Default: true."
    )


class RequestSettings(Spec):
    """How the teacher is asked."""

    request_batch_size: Whole | None = Field(None, description="Number of requests at the same time.")
    min_endpoint_success_ratio: Number | None = Field(
        None, description="Share of requests that have to succeed, 0 to 1."
    )


class TeacherSettings(Spec):
    """What the teacher is asked with."""

    inference_parameters: dict[str, Any] | None = Field(
        None, description="Parameters of each request, such as temperature and max_tokens."
    )
    endpoint_request_settings: RequestSettings | None = Field(None, description="How the teacher is asked.")


class PromptSettings(Spec):
    """What is asked."""

    enable_chain_of_thought: Flag | None = Field(
        None, description="Whether the teacher gives its reasons. Default: false."
    )
    enable_chain_of_density: Flag | None = Field(
        None, description="Whether summaries are condensed step by step. Default: false."
    )
    max_len_summary: Whole | None = Field(None, description="Maximum length of a summary, in words.")


class Machines(Spec):
    """The machines of the data generation."""

    instance_type: str | None = Field(None, description="VM size, such as Standard_D2_v2.")
    instance_count: Whole | None = Field(None, description="Number of machines.")
    properties: dict[str, Any] | None = Field(None, description="Additional settings of the compute.")


class DistillationJob(AnyJob):
    """A small model is trained on what a large one writes."""

    type: Literal["distillation"] = Field(description="distillation: a distillation job.")
    data_generation_type: Annotated[Literal["label_generation", "data_generation"], ANY_CASE] = Field(
        description="label_generation: the teacher labels your examples; data_generation: it writes them too."
    )
    data_generation_task_type: Annotated[
        Literal["NLI", "NLU_QA", "CONVERSATION", "MATH", "SUMMARIZATION"], ANY_CASE
    ] = Field(description="What the examples are about.")
    teacher_model_endpoint_connection: Teacher = Field(description="The serverless endpoint of the teacher.")
    student_model: Annotated[str, Ref("trains it further", kind="models")] | TunedModel = Field(
        description="The small model: azureml:NAME:VERSION, a model of a registry, or a body with type and path."
    )
    training_data: Examples | None = Field(None, description=f"{EXAMPLES} Required for label_generation.")
    validation_data: Examples | None = Field(
        None, description="Examples that measure the training. Required for label_generation."
    )
    teacher_model_settings: TeacherSettings | None = Field(None, description="What the teacher is asked with.")
    prompt_settings: PromptSettings | None = Field(None, description="What the teacher is asked.")
    hyperparameters: Environ | None = Field(None, description="How the student is trained: name to value.")
    resources: Annotated[Machines | None, RunSetting("affects where it runs only")] = Field(
        None, description="Machines of the data generation."
    )


def _problems(variant: str, body: Body) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, ``DistillationJob``, which cannot be made without them."""
    if str(body.get("data_generation_type")).lower() != _LABELS:
        return
    for name in ("training_data", "validation_data"):
        if body.get(name) is None:
            yield BodyProblem(
                (),
                "missing-field",
                f"A job that generates labels needs '{name}'.",
                f"Add '{name}: {{type: uri_file, path: …}}'.",
            )


TYPE: Final = JobType(
    key="distillation",
    variants={"distillation": f"{__name__}:DistillationJob"},
    variant_field="",
    tells=("teacher_model_endpoint_connection", "student_model", "data_generation_type"),
    schemas=("distillationJob", "distillation"),
    readers={"distillation": "_distillation.distillation_job:DistillationJobSchema"},
    programs=no_place,
    sources=trained_on,
    unnamed_outputs=("default", "artifacts"),
    problems=_problems,
    refusals=on_azure_only("models of the catalog are distilled by the service only"),
    for_loader=with_texts,  # source: azure-ai-ml, ``DistillationJobSchema``
)
