"""AutoML jobs: a search for the best model of a table, of images or of texts. The task decides what a body may say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from orchestrator.core.deep_learning import refusal
from orchestrator.core.job_type import Body, JobType, no_place
from orchestrator.core.kind import BodyProblem
from orchestrator.core.refusal import Refusal
from orchestrator.core.tree import Path, dotted, value_at
from orchestrator.job_types.automl.algorithms import unknown_algorithms, unknown_transformers
from orchestrator.job_types.automl.frequencies import unknown_frequency


def _problems(variant: str, body: Body) -> Iterator[BodyProblem]:
    yield from unknown_algorithms(variant, body)
    yield from unknown_transformers(variant, body)
    yield from unknown_frequency(body)
    yield from _of_the_service(body)


def _of_the_service(body: Body) -> Iterator[BodyProblem]:
    """Names that the service's answers have and documents have not. Source: azure-ai-ml 1.35, ``TrainingSettingsSchema``."""
    for path, right in _SPELT_OTHERWISE.items():
        if value_at(body, path) is not None:
            yield BodyProblem(
                path,
                "unknown-field",
                f"'{dotted(path)}' is a name that only the service's answers have.",
                f"Write '{right}'.",
            )


_SPELT_OTHERWISE: Final[dict[Path, str]] = {
    ("training", "ensemble_model_download_timeout"): "ensemble_model_download_timeout_minutes",
    ("training", "stack_ensemble_settings", "stack_meta_learner_k_wargs"): "stack_meta_learner_kwargs",
}


def _refusals(variant: str, body: Body) -> Iterator[Refusal]:
    if absent := refusal(variant.removeprefix("automl.")):
        yield Refusal(absent[0], ("task",), absent[1])


def _tables(body: Body) -> Iterable[Path]:
    return (("training_data",), ("validation_data",), ("test_data",))


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """A positive label is a text. Source: azure-ai-ml, schema of AutoML classification."""
    if body.get("positive_label") is not None:
        body["positive_label"] = str(body["positive_label"])
    return body


TYPE: Final = JobType(
    key="automl",
    variants={
        "automl.classification": f"{__name__}.tables:ClassificationJob",
        "automl.regression": f"{__name__}.tables:RegressionJob",
        "automl.forecasting": f"{__name__}.tables:ForecastingJob",
        "automl.image_classification": f"{__name__}.deep:ImageClassJob",
        "automl.image_classification_multilabel": f"{__name__}.deep:ImageLabelsJob",
        "automl.image_object_detection": f"{__name__}.deep:ImageBoxJob",
        "automl.image_instance_segmentation": f"{__name__}.deep:ImageBoxJob",
        "automl.text_classification": f"{__name__}.deep:TextClassJob",
        "automl.text_classification_multilabel": f"{__name__}.deep:TextLabelsJob",
        "automl.text_ner": f"{__name__}.deep:TextEntitiesJob",
    },
    variant_field="task",
    tells=("task",),
    schemas=("autoMLJob", "automl"),
    readers={
        "automl.classification": "automl.table_vertical.classification:AutoMLClassificationSchema",
        "automl.regression": "automl.table_vertical.regression:AutoMLRegressionSchema",
        "automl.forecasting": "automl.table_vertical.forecasting:AutoMLForecastingSchema",
        "automl.image_classification": "automl.image_vertical.image_classification:ImageClassificationSchema",
        "automl.image_classification_multilabel": "automl.image_vertical.image_classification:ImageClassificationMultilabelSchema",
        "automl.image_object_detection": "automl.image_vertical.image_object_detection:ImageObjectDetectionSchema",
        "automl.image_instance_segmentation": "automl.image_vertical.image_object_detection:ImageInstanceSegmentationSchema",
        "automl.text_classification": "automl.nlp_vertical.text_classification:TextClassificationSchema",
        "automl.text_classification_multilabel": "automl.nlp_vertical.text_classification_multilabel:TextClassificationMultilabelSchema",
        "automl.text_ner": "automl.nlp_vertical.text_ner:TextNerSchema",
    },
    programs=no_place,
    sources=_tables,
    unnamed_outputs=("default", "artifacts", "best_model"),
    problems=_problems,
    refusals=_refusals,
    for_loader=_for_loader,
)
