"""What AutoML jobs on images may set and search for.

Source: Azure ML CLI v2 YAML reference, automated ML image jobs.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import CAMEL, Flag, Number, Whole
from orchestrator.core.kind import Spec
from orchestrator.core.search_space import Choice, FlagSpace, NumberSpace, ParameterSpace, StepSpace, TextSpace

Scheduler: TypeAlias = Annotated[Literal["none", "warmup_cosine", "step"], CAMEL]
Optimizer: TypeAlias = Annotated[Literal["none", "sgd", "adam", "adamw"], CAMEL]
ModelSize: TypeAlias = Annotated[Literal["none", "small", "medium", "large", "extra_large"], CAMEL]
BoxMetric: TypeAlias = Annotated[Literal["none", "coco", "voc", "coco_voc"], CAMEL]


class SchedulerChoice(Choice):
    """A choice of learning rate schedules."""

    values: list[Scheduler] | None = Field(None, description="Schedulers to choose from.")


class OptimizerChoice(Choice):
    """A choice of optimizers."""

    values: list[Optimizer] | None = Field(None, description="Optimizers to choose from.")


class ModelSizeChoice(Choice):
    """A choice of model sizes."""

    values: list[ModelSize] | None = Field(None, description="Model sizes to choose from.")


class BoxMetricChoice(Choice):
    """A choice of validation metrics."""

    values: list[BoxMetric] | None = Field(None, description="Metrics to choose from.")


class ImageParameters(Spec):
    """Training parameters of all image tasks."""

    advanced_settings: str | None = Field(None, description="Additional settings, as a string.")
    ams_gradient: Flag | None = Field(None, description="Whether Adam and AdamW use AMSGrad. Default: false.")
    beta1: Number | None = Field(None, description="Beta 1 of Adam and AdamW, 0 to 1. Default: 0.9.")
    beta2: Number | None = Field(None, description="Beta 2 of Adam and AdamW, 0 to 1. Default: 0.999.")
    checkpoint_frequency: Whole | None = Field(
        None, description="Number of epochs between checkpoints. Default: the best model only."
    )
    checkpoint_run_id: str | None = Field(None, description="Run whose checkpoint training starts from.")
    distributed: Flag | None = Field(None, description="Whether training uses all GPUs of a node. Default: true.")
    early_stopping: Flag | None = Field(
        None, description="Whether training stops when the metric no longer improves. Default: true."
    )
    early_stopping_delay: Whole | None = Field(
        None, description="Number of epochs or evaluations before early stopping can occur. Default: 5."
    )
    early_stopping_patience: Whole | None = Field(
        None, description="Number of epochs or evaluations without improvement before training stops. Default: 5."
    )
    enable_onnx_normalization: Flag | None = Field(
        None, description="Whether normalization is part of the exported ONNX model. Default: false."
    )
    evaluation_frequency: Whole | None = Field(None, description="Number of epochs between evaluations. Default: 1.")
    gradient_accumulation_step: Whole | None = Field(
        None, description="Number of batches whose gradients are summed before an update. Default: 1."
    )
    layers_to_freeze: Whole | None = Field(
        None, description="Number of layers whose weights are not trained. Default: 0."
    )
    learning_rate: Number | None = Field(
        None, description="Initial learning rate, 0 to 1. Default: depends on the model."
    )
    learning_rate_scheduler: Scheduler | None = Field(
        None, description="Schedule of the learning rate. Default: warmup_cosine."
    )
    model_name: str | None = Field(None, description="Name of the model, such as vitb16r224 or yolov5.")
    momentum: Number | None = Field(None, description="Momentum of SGD, 0 to 1. Default: 0.9.")
    nesterov: Flag | None = Field(None, description="Whether SGD uses Nesterov momentum. Default: true.")
    number_of_epochs: Whole | None = Field(None, description="Number of training epochs. Default: 15 (yolov5: 30).")
    number_of_workers: Whole | None = Field(None, description="Number of processes that load data. Default: 4.")
    optimizer: Optimizer | None = Field(None, description="Optimizer. Default: depends on the model.")
    random_seed: Whole | None = Field(None, description="Seed for deterministic training. Default: none.")
    step_lr_gamma: Number | None = Field(None, description="Factor of the step scheduler, 0 to 1. Default: 0.5.")
    step_lr_step_size: Whole | None = Field(
        None, description="Number of epochs between steps of the step scheduler. Default: 5."
    )
    training_batch_size: Whole | None = Field(
        None, description="Batch size of training. Default: depends on the model."
    )
    validation_batch_size: Whole | None = Field(
        None, description="Batch size of validation. Default: depends on the model."
    )
    warmup_cosine_lr_cycles: Number | None = Field(
        None, description="Number of cosine cycles of the warmup_cosine scheduler. Default: 0.45."
    )
    warmup_cosine_lr_warmup_epochs: Whole | None = Field(
        None, description="Number of warm-up epochs of the warmup_cosine scheduler. Default: 2."
    )
    weight_decay: Number | None = Field(None, description="Weight decay of the optimizer, 0 to 1. Default: 0.0001.")


class ClassParameters(ImageParameters):
    """Training parameters of image classification."""

    training_crop_size: Whole | None = Field(
        None, description="Size of training images after cropping, in pixels. Default: 224."
    )
    validation_crop_size: Whole | None = Field(
        None, description="Size of validation images after cropping, in pixels. Default: 224."
    )
    validation_resize_size: Whole | None = Field(
        None, description="Size of validation images before cropping, in pixels. Default: 256."
    )
    weighted_loss: Whole | None = Field(
        None, description="Loss weighting by class: 0 none, 1 square root of the weights, 2 the weights. Default: 0."
    )


class BoxParameters(ImageParameters):
    """Training parameters of object detection and instance segmentation."""

    box_detections_per_image: Whole | None = Field(
        None, description="Maximum number of detections for each image. Default: 100."
    )
    box_score_threshold: Number | None = Field(None, description="Minimum score of a detection, 0 to 1. Default: 0.3.")
    image_size: Whole | None = Field(None, description="Size of images for yolov5, in pixels. Default: 640.")
    log_training_metrics: str | None = Field(
        None, description="Whether training metrics are logged: enable or disable."
    )
    log_validation_loss: str | None = Field(
        None, description="Whether the validation loss is logged: enable or disable."
    )
    max_size: Whole | None = Field(
        None, description="Maximum size of the image's longer side, in pixels. Default: 1333."
    )
    min_size: Whole | None = Field(
        None, description="Minimum size of the image's shorter side, in pixels. Default: 600."
    )
    model_size: ModelSize | None = Field(None, description="Size of the yolov5 model. Default: medium.")
    multi_scale: Flag | None = Field(
        None, description="Whether yolov5 varies the image size by up to 50 %. Default: false."
    )
    nms_iou_threshold: Number | None = Field(
        None, description="IoU above which overlapping detections are merged, 0 to 1. Default: 0.5."
    )
    tile_grid_size: str | None = Field(
        None, description="Grid that images are tiled into, such as 3x2. Default: no tiling."
    )
    tile_overlap_ratio: Number | None = Field(None, description="Overlap of adjacent tiles, 0 to 1. Default: 0.25.")
    tile_predictions_nms_threshold: Number | None = Field(
        None, description="IoU above which detections of adjacent tiles are merged. Default: 0.25."
    )
    validation_iou_threshold: Number | None = Field(
        None, description="IoU at which a detection counts as correct, 0 to 1. Default: 0.5."
    )
    validation_metric_type: BoxMetric | None = Field(
        None, description="Method that computes the validation metric. Default: voc."
    )


class ImageSpace(ParameterSpace):
    """Search space of all image tasks."""

    parameters: ClassVar[type[Spec]] = ImageParameters

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
    """Search space of image classification."""

    parameters = ClassParameters

    training_crop_size: StepSpace | None = None
    validation_crop_size: StepSpace | None = None
    validation_resize_size: StepSpace | None = None
    weighted_loss: StepSpace | None = None


class BoxSpace(ImageSpace):
    """Search space of object detection and instance segmentation."""

    parameters = BoxParameters

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
