"""What AutoML jobs on images may set and search for.

Source: Azure ML CLI v2 YAML reference, automated ML image jobs.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from orchestrator.core.bodies import CAMEL, Flag, Number, Whole
from orchestrator.core.kind import Spec
from orchestrator.core.search_space import Choice, FlagSpace, NumberSpace, StepSpace, TextSpace

Scheduler: TypeAlias = Annotated[Literal["none", "warmup_cosine", "step"], CAMEL]
Optimizer: TypeAlias = Annotated[Literal["none", "sgd", "adam", "adamw"], CAMEL]
ModelSize: TypeAlias = Annotated[Literal["none", "small", "medium", "large", "extra_large"], CAMEL]
BoxMetric: TypeAlias = Annotated[Literal["none", "coco", "voc", "coco_voc"], CAMEL]


class SchedulerChoice(Choice):
    """One of some ways to lower the learning rate."""

    values: list[Scheduler] | None = None


class OptimizerChoice(Choice):
    """One of some optimizers."""

    values: list[Optimizer] | None = None


class ModelSizeChoice(Choice):
    """One of some sizes of model."""

    values: list[ModelSize] | None = None


class BoxMetricChoice(Choice):
    """One of some metrics of boxes."""

    values: list[BoxMetric] | None = None


class ImageParameters(Spec):
    """Settings of a training on images."""

    advanced_settings: str | None = None
    ams_gradient: Flag | None = None
    beta1: Number | None = None
    beta2: Number | None = None
    checkpoint_frequency: Whole | None = None
    checkpoint_run_id: str | None = None
    distributed: Flag | None = None
    early_stopping: Flag | None = None
    early_stopping_delay: Whole | None = None
    early_stopping_patience: Whole | None = None
    enable_onnx_normalization: Flag | None = None
    evaluation_frequency: Whole | None = None
    gradient_accumulation_step: Whole | None = None
    layers_to_freeze: Whole | None = None
    learning_rate: Number | None = None
    learning_rate_scheduler: Scheduler | None = None
    model_name: str | None = None
    momentum: Number | None = None
    nesterov: Flag | None = None
    number_of_epochs: Whole | None = None
    number_of_workers: Whole | None = None
    optimizer: Optimizer | None = None
    random_seed: Whole | None = None
    step_lr_gamma: Number | None = None
    step_lr_step_size: Whole | None = None
    training_batch_size: Whole | None = None
    validation_batch_size: Whole | None = None
    warmup_cosine_lr_cycles: Number | None = None
    warmup_cosine_lr_warmup_epochs: Whole | None = None
    weight_decay: Number | None = None


class ClassParameters(ImageParameters):
    """Settings of a training that tells what is on an image."""

    training_crop_size: Whole | None = None
    validation_crop_size: Whole | None = None
    validation_resize_size: Whole | None = None
    weighted_loss: Whole | None = None


class BoxParameters(ImageParameters):
    """Settings of a training that tells where something is on an image."""

    box_detections_per_image: Whole | None = None
    box_score_threshold: Number | None = None
    image_size: Whole | None = None
    log_training_metrics: str | None = None
    log_validation_loss: str | None = None
    max_size: Whole | None = None
    min_size: Whole | None = None
    model_size: ModelSize | None = None
    multi_scale: Flag | None = None
    nms_iou_threshold: Number | None = None
    tile_grid_size: str | None = None
    tile_overlap_ratio: Number | None = None
    tile_predictions_nms_threshold: Number | None = None
    validation_iou_threshold: Number | None = None
    validation_metric_type: BoxMetric | None = None


class ImageSpace(Spec):
    """What a search on images may try."""

    ams_gradient: FlagSpace | None = None
    beta1: NumberSpace | None = None
    beta2: NumberSpace | None = None
    distributed: FlagSpace | None = None
    early_stopping: FlagSpace | None = None
    early_stopping_delay: StepSpace | None = None
    early_stopping_patience: StepSpace | None = None
    enable_onnx_normalization: FlagSpace | None = None
    evaluation_frequency: StepSpace | None = None
    gradient_accumulation_step: StepSpace | None = None
    layers_to_freeze: StepSpace | None = None
    learning_rate: NumberSpace | None = None
    learning_rate_scheduler: Scheduler | SchedulerChoice | None = None
    model_name: TextSpace | None = None
    momentum: NumberSpace | None = None
    nesterov: FlagSpace | None = None
    number_of_epochs: StepSpace | None = None
    number_of_workers: StepSpace | None = None
    optimizer: Optimizer | OptimizerChoice | None = None
    random_seed: StepSpace | None = None
    step_lr_gamma: NumberSpace | None = None
    step_lr_step_size: StepSpace | None = None
    training_batch_size: StepSpace | None = None
    validation_batch_size: StepSpace | None = None
    warmup_cosine_lr_cycles: NumberSpace | None = None
    warmup_cosine_lr_warmup_epochs: StepSpace | None = None
    weight_decay: NumberSpace | None = None


class ClassSpace(ImageSpace):
    """What a search for classes of images may try."""

    training_crop_size: StepSpace | None = None
    validation_crop_size: StepSpace | None = None
    validation_resize_size: StepSpace | None = None
    weighted_loss: StepSpace | None = None


class BoxSpace(ImageSpace):
    """What a search for places on images may try."""

    box_detections_per_image: StepSpace | None = None
    box_score_threshold: NumberSpace | None = None
    image_size: StepSpace | None = None
    max_size: StepSpace | None = None
    min_size: StepSpace | None = None
    model_size: ModelSize | ModelSizeChoice | None = None
    multi_scale: FlagSpace | None = None
    nms_iou_threshold: NumberSpace | None = None
    tile_grid_size: TextSpace | None = None
    tile_overlap_ratio: NumberSpace | None = None
    tile_predictions_nms_threshold: NumberSpace | None = None
    validation_iou_threshold: NumberSpace | None = None
    validation_metric_type: BoxMetric | BoxMetricChoice | None = None
