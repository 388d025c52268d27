"""Fine-tuning jobs: a model of the catalog is trained further on examples, by Azure OpenAI or on serverless machines."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import CAMEL, EXACT, AnyJob, Environ, Number, QueueSettings, Whole
from orchestrator.core.field_mark import RunSetting
from orchestrator.core.job_type import JobType, no_place, nothing, on_azure_only, trained_on, with_texts
from orchestrator.core.kind import Spec
from orchestrator.core.tuning import EXAMPLES, Examples, TunedModel

Task: TypeAlias = Literal[
    "chat_completion", "text_completion", "text_classification", "question_answering", "text_summarization",
    "token_classification", "text_translation", "image_classification", "image_instance_segmentation",
    "image_object_detection", "video_multi_object_tracking",
]  # fmt: skip


class TuningMachines(Spec):
    """Serverless machines."""

    instance_types: list[str] = Field(description="VM sizes that the job may run on, such as Standard_NC24ads_A100_v4.")


class FineTuningJob(AnyJob):
    """What all fine-tuning jobs have."""

    type: Literal["finetuning"] = Field(description="finetuning: a fine-tuning job.")
    task: Annotated[Task, CAMEL] = Field(description="What the model learns, such as chat_completion.")
    model: TunedModel = Field(description="Model of the catalog or of the workspace that is trained further.")
    training_data: Examples | None = Field(None, description=EXAMPLES)
    validation_data: Examples | None = Field(
        None, description="Examples that measure the training, written as training_data."
    )
    resources: Annotated[TuningMachines | None, RunSetting("affects where it runs only")] = Field(
        None, description="Sizes of the machines that the job may run on."
    )
    queue_settings: Annotated[QueueSettings | None, RunSetting("affects how long it waits only")] = Field(
        None, description="Tier and priority of the job in the queue of serverless compute."
    )


class OpenAiParameters(Spec):
    """How Azure OpenAI trains."""

    n_epochs: Whole | None = Field(None, description="Number of training epochs. Default: chosen by the service.")
    learning_rate_multiplier: Number | None = Field(
        None, description="Factor of the learning rate. Default: chosen by the service."
    )
    batch_size: Whole | None = Field(None, description="Batch size of training. Default: chosen by the service.")


class OpenAiFineTuningJob(FineTuningJob):
    """A model of Azure OpenAI is trained further."""

    model_provider: Annotated[Literal["azure_open_ai"], EXACT] = Field(
        description="azure_open_ai: Azure OpenAI trains the model."
    )
    hyperparameters: OpenAiParameters | None = Field(None, description="How the model is trained.")


class CustomFineTuningJob(FineTuningJob):
    """An open model is trained further."""

    model_provider: Annotated[Literal["custom"], EXACT] = Field(
        description="custom: an open model is trained on machines of the workspace."
    )
    hyperparameters: Environ | None = Field(
        None, description="How the model is trained: name to value, as the model's card lists them."
    )


_DATA: Final = ("training_data", "validation_data")


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """Hyperparameters of an open model are texts; data are bodies, since the client sends a text as it is.

    Source: azure-ai-ml, ``CustomModelFineTuningSchema``; measured with 1.35.
    """
    data = {name: {"type": "uri_file", "path": body[name]} for name in _DATA if isinstance(body.get(name), str)}
    body = {**body, **data}
    return with_texts(body) if body.get("model_provider") == "custom" else body


TYPE: Final = JobType(
    key="finetuning",
    variants={
        "finetuning.azure_open_ai": f"{__name__}:OpenAiFineTuningJob",
        "finetuning.custom": f"{__name__}:CustomFineTuningJob",
    },
    variant_field="model_provider",
    tells=("model_provider",),
    schemas=("finetuningJob", "finetuning", "fineTuning"),
    readers={
        "finetuning.azure_open_ai": "_finetuning.azure_openai_finetuning:AzureOpenAIFineTuningSchema",
        "finetuning.custom": "_finetuning.custom_model_finetuning:CustomModelFineTuningSchema",
    },
    programs=no_place,
    sources=trained_on,
    unnamed_outputs=("default", "artifacts"),
    problems=nothing,
    refusals=on_azure_only("models of the catalog are trained further by the service only"),
    for_loader=_for_loader,
)
