"""AutoML jobs on images and text."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import CAMEL, Number, Whole
from orchestrator.core.field_mark import Passive
from orchestrator.core.kind import Spec
from orchestrator.core.search_space import Choice, NumberSpace, TextSpace, WholeSpace
from orchestrator.core.searching import Sweep
from orchestrator.job_types.automl.common import COLUMN, SPEED, TIME, AutoMlJob, ClassificationMetric, TableInput
from orchestrator.job_types.automl.images import BoxParameters, BoxSpace, ClassParameters, ClassSpace


class ImageLimits(Spec):
    """Bounds on a search over images."""

    max_trials: Whole | None = Field(None, ge=1)
    max_concurrent_trials: Annotated[Whole | None, Passive(SPEED)] = Field(None, ge=1)
    timeout_minutes: Annotated[Whole | None, Passive(TIME)] = Field(None, ge=1)


class TextLimits(ImageLimits):
    """Bounds on a search over text."""

    max_nodes: Annotated[Whole | None, Passive(SPEED)] = Field(None, ge=1)
    trial_timeout_minutes: Annotated[Whole | None, Passive(TIME)] = Field(None, ge=1)


class ImageJob(AutoMlJob):
    """What AutoML jobs on images have."""

    test_data: TableInput | None = None
    validation_data_size: Number | None = Field(None, gt=0, lt=1)
    test_data_size: Number | None = Field(None, gt=0, lt=1)
    limits: ImageLimits | None = None
    sweep: Sweep | None = None


class ImageClassJob(ImageJob):
    """Tell what is on an image."""

    task: Literal["image_classification"]
    primary_metric: Annotated[ClassificationMetric | None, CAMEL] = None
    training_parameters: ClassParameters | None = None
    search_space: list[ClassSpace] | None = None


class ImageLabelsJob(ImageJob):
    """Tell everything that is on an image."""

    task: Literal["image_classification_multilabel"]
    primary_metric: Annotated[ClassificationMetric | Literal["iou"] | None, CAMEL] = None
    training_parameters: ClassParameters | None = None
    search_space: list[ClassSpace] | None = None


class ImageBoxJob(ImageJob):
    """Tell where something is on an image."""

    task: Literal["image_object_detection", "image_instance_segmentation"]
    primary_metric: Annotated[Literal["mean_average_precision"] | None, CAMEL] = None
    training_parameters: BoxParameters | None = None
    search_space: list[BoxSpace] | None = None


TextScheduler: TypeAlias = Annotated[
    Literal["none", "linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup"], CAMEL
]


class TextSchedulerChoice(Choice):
    """One of some ways to lower the learning rate."""

    values: list[TextScheduler] | None = None


class TextParameters(Spec):
    """Settings of a training on text."""

    gradient_accumulation_steps: Whole | None = None
    learning_rate: Number | None = None
    learning_rate_scheduler: TextScheduler | None = None
    model_name: str | None = None
    number_of_epochs: Whole | None = None
    training_batch_size: Whole | None = None
    validation_batch_size: Whole | None = None
    warmup_ratio: Number | None = None
    weight_decay: Number | None = None


class TextSpaces(Spec):
    """What a search on text may try."""

    gradient_accumulation_steps: WholeSpace | None = None
    learning_rate: NumberSpace | None = None
    learning_rate_scheduler: TextScheduler | TextSchedulerChoice | None = None
    model_name: TextSpace | None = None
    number_of_epochs: WholeSpace | None = None
    training_batch_size: WholeSpace | None = None
    validation_batch_size: WholeSpace | None = None
    warmup_ratio: NumberSpace | None = None
    weight_decay: NumberSpace | None = None


class TextFeaturization(Spec):
    """The language of the text."""

    dataset_language: str | None = None


class TextJob(AutoMlJob):
    """What AutoML jobs on text have."""

    featurization: TextFeaturization | None = None
    limits: TextLimits | None = None
    sweep: Sweep | None = None
    training_parameters: TextParameters | None = None
    search_space: list[TextSpaces] | None = None


class TextClassJob(TextJob):
    """Tell what a text is about."""

    task: Literal["text_classification"]
    primary_metric: Annotated[ClassificationMetric | None, CAMEL] = None


class TextLabelsJob(TextJob):
    """Tell everything that a text is about."""

    task: Literal["text_classification_multilabel"]
    primary_metric: Annotated[Literal["accuracy"] | None, CAMEL] = None


class TextEntitiesJob(TextJob):
    """Find the names in a text."""

    task: Literal["text_ner"]
    target_column_name: Annotated[str | None, COLUMN] = None  # type: ignore[assignment]  # named entities carry their labels inside
    primary_metric: Annotated[Literal["accuracy"] | None, CAMEL] = None
