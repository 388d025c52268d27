"""AutoML jobs on images and text."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import CAMEL, Number, Whole
from orchestrator.core.field_mark import RunSetting
from orchestrator.core.kind import Spec
from orchestrator.core.search_space import Choice, NumberSpace, ParameterSpace, TextSpace, WholeSpace
from orchestrator.core.searching import Sweep
from orchestrator.job_types.automl.common import COLUMN, SPEED, TIME, AutoMlJob, ClassificationMetric, TableInput
from orchestrator.job_types.automl.images import BoxParameters, BoxSpace, ClassParameters, ClassSpace


class ImageLimits(Spec):
    """Limits of a search over images."""

    max_trials: Whole | None = Field(None, ge=1, description="Maximum number of trials. Default: 1.")
    max_concurrent_trials: Annotated[Whole | None, RunSetting(SPEED)] = Field(
        None, ge=1, description="Maximum number of trials that run at the same time. Default: 1."
    )
    timeout_minutes: Annotated[Whole | None, RunSetting(TIME)] = Field(
        None, ge=1, description="Maximum run time of the job, in minutes. Default: 10080 (7 days)."
    )


class TextLimits(ImageLimits):
    """Limits of a search over text."""

    max_nodes: Annotated[Whole | None, RunSetting(SPEED)] = Field(
        None, ge=1, description="Maximum number of nodes. Default: 1."
    )
    trial_timeout_minutes: Annotated[Whole | None, RunSetting(TIME)] = Field(
        None, ge=1, description="Maximum run time of each trial, in minutes. Default: no limit."
    )


class ImageJob(AutoMlJob):
    """What automated ML jobs on images have."""

    test_data: TableInput | None = Field(None, description="Test data that the best model is evaluated on.")
    validation_data_size: Number | None = Field(
        None,
        gt=0,
        lt=1,
        description="Fraction of the training data used for validation, without validation_data. Default: 0.2.",
    )
    test_data_size: Number | None = Field(
        None, gt=0, lt=1, description="Fraction of the training data used for testing, without test_data."
    )
    limits: ImageLimits | None = Field(None, description="Limits of the search.")
    sweep: Sweep | None = Field(None, description="Sampling and early termination of the search over search_space.")


class ImageClassJob(ImageJob):
    """Assigns one label to each image."""

    task: Literal["image_classification"] = Field(description="image_classification: one label for each image.")
    primary_metric: Annotated[ClassificationMetric | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: accuracy."
    )
    training_parameters: ClassParameters | None = Field(
        None, description="Parameters that are the same for all trials."
    )
    search_space: list[ClassSpace] | None = Field(
        None, description="Parameter groups to search. Each trial draws from one group."
    )


class ImageLabelsJob(ImageJob):
    """Assigns any number of labels to each image."""

    task: Literal["image_classification_multilabel"] = Field(
        description="image_classification_multilabel: any number of labels for each image."
    )
    primary_metric: Annotated[ClassificationMetric | Literal["iou"] | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: iou."
    )
    training_parameters: ClassParameters | None = Field(
        None, description="Parameters that are the same for all trials."
    )
    search_space: list[ClassSpace] | None = Field(
        None, description="Parameter groups to search. Each trial draws from one group."
    )


class ImageBoxJob(ImageJob):
    """Finds objects on images."""

    task: Literal["image_object_detection", "image_instance_segmentation"] = Field(
        description="image_object_detection: bounding boxes; image_instance_segmentation: polygons."
    )
    primary_metric: Annotated[Literal["mean_average_precision"] | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: mean_average_precision."
    )
    training_parameters: BoxParameters | None = Field(None, description="Parameters that are the same for all trials.")
    search_space: list[BoxSpace] | None = Field(
        None, description="Parameter groups to search. Each trial draws from one group."
    )


TextScheduler: TypeAlias = Annotated[
    Literal["none", "linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup"], CAMEL
]


class TextSchedulerChoice(Choice):
    """A choice of learning rate schedules."""

    values: list[TextScheduler] | None = Field(None, description="Schedulers to choose from.")


class TextParameters(Spec):
    """Training parameters of text tasks."""

    gradient_accumulation_steps: Whole | None = Field(
        None, description="Number of batches whose gradients are summed before the weights are updated. Default: 1."
    )
    learning_rate: Number | None = Field(None, description="Initial learning rate. Default: 5e-05.")
    learning_rate_scheduler: TextScheduler | None = Field(
        None, description="Schedule of the learning rate. Default: linear."
    )
    model_name: str | None = Field(None, description="Name of the language model, such as bert-base-cased.")
    number_of_epochs: Whole | None = Field(None, description="Number of training epochs. Default: 3.")
    training_batch_size: Whole | None = Field(None, description="Batch size of training. Default: 32.")
    validation_batch_size: Whole | None = Field(None, description="Batch size of validation. Default: 32.")
    warmup_ratio: Number | None = Field(
        None, description="Fraction of the training steps in which the learning rate rises from 0. Default: 0."
    )
    weight_decay: Number | None = Field(None, description="Weight decay of the optimizer. Default: 0.")


class TextSpaces(ParameterSpace):
    """Search space of text tasks."""

    parameters = TextParameters

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
    """Preprocessing of the text."""

    dataset_language: str | None = Field(
        None, description="Language of the text, as an ISO 639-3 code such as eng. Default: eng."
    )


class TextJob(AutoMlJob):
    """What automated ML jobs on text have."""

    featurization: TextFeaturization | None = Field(None, description="Preprocessing of the text.")
    limits: TextLimits | None = Field(None, description="Limits of the search.")
    sweep: Sweep | None = Field(None, description="Sampling and early termination of the search over search_space.")
    training_parameters: TextParameters | None = Field(None, description="Parameters that are the same for all trials.")
    search_space: list[TextSpaces] | None = Field(
        None, description="Parameter groups to search. Each trial draws from one group."
    )


class TextClassJob(TextJob):
    """Assigns one label to each text."""

    task: Literal["text_classification"] = Field(description="text_classification: one label for each text.")
    primary_metric: Annotated[ClassificationMetric | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: accuracy."
    )


class TextLabelsJob(TextJob):
    """Assigns any number of labels to each text."""

    task: Literal["text_classification_multilabel"] = Field(
        description="text_classification_multilabel: any number of labels for each text."
    )
    primary_metric: Annotated[Literal["accuracy"] | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: accuracy."
    )


class TextEntitiesJob(TextJob):
    """Finds named entities in texts."""

    task: Literal["text_ner"] = Field(description="text_ner: named entity recognition.")
    target_column_name: Annotated[str | None, COLUMN] = Field(
        None, description="Column to predict. Usually omitted: the labels are in the data files."
    )  # type: ignore[assignment]  # named entities carry their labels inside
    primary_metric: Annotated[Literal["accuracy"] | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: accuracy."
    )
