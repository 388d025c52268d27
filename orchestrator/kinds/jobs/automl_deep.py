"""AutoML jobs on images and text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.core.bodies import Number, Whole
from orchestrator.core.field_mark import Passive
from orchestrator.core.kind import Spec
from orchestrator.kinds.jobs.automl import SPEED, TIME, AutoMlJob


class DeepLimits(Spec):
    """Bounds on a search over images or text."""

    max_trials: Whole | None = Field(None, ge=1)
    max_concurrent_trials: Annotated[Whole | None, Passive(SPEED)] = Field(None, ge=1)
    max_nodes: Annotated[Whole | None, Passive(SPEED)] = None
    timeout_minutes: Annotated[Whole | None, Passive(TIME)] = None
    trial_timeout_minutes: Annotated[Whole | None, Passive(TIME)] = None


class DeepJob(AutoMlJob):
    """What AutoML jobs on images and text have. Their training settings are checked by the service."""

    primary_metric: str | None = None
    validation_data_size: Number | None = Field(None, gt=0, lt=1)
    limits: DeepLimits | None = None
    sweep: dict[str, Any] | None = None
    training_parameters: dict[str, Any] | None = None
    search_space: list[dict[str, Any]] | None = None


class ImageJob(DeepJob):
    """Learn from images."""

    task: Literal[
        "image_classification",
        "image_classification_multilabel",
        "image_object_detection",
        "image_instance_segmentation",
    ]


class TextFeaturization(Spec):
    """The language of the text."""

    dataset_language: str | None = None


class TextJob(DeepJob):
    """Learn from text."""

    task: Literal["text_classification", "text_classification_multilabel", "text_ner"]
    target_column_name: str | None = None  # type: ignore[assignment]  # named entities carry their labels inside
    featurization: TextFeaturization | None = None
