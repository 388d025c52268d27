"""The metrics by which trials are scored, named as Azure ML names them.

Source: learn.microsoft.com/azure/machine-learning/how-to-understand-automated-ml (classification and regression metrics).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .names import canonical

CLASSIFICATION = (
    "AUC_weighted",
    "accuracy",
    "average_precision_score_weighted",
    "norm_macro_recall",
    "precision_score_weighted",
)
REGRESSION = (
    "normalized_root_mean_squared_error",
    "r2_score",
    "spearman_correlation",
    "normalized_mean_absolute_error",
)
_DEFAULT = {
    "classification": "accuracy",
    "regression": "normalized_root_mean_squared_error",
    "forecasting": "normalized_root_mean_squared_error",
}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``maximise`` says which direction is better."""

    name: str
    maximise: bool

    def better(self, score: float, than: float | None) -> bool:
        """Whether ``score`` beats ``than``; anything beats None, nothing undefined beats anything."""
        if math.isnan(score):
            return False
        return than is None or (score > than if self.maximise else score < than)

    def loss(self, score: float) -> float:
        """The score as something to make small."""
        return -score if self.maximise else score


def primary_metric(task: str, name: str | None) -> Metric:
    """The metric that a body names, or the task's default (accuracy, normalized RMSE).

    Raises:
        JobRefused: the task has no such metric.
    """
    known = CLASSIFICATION if task == "classification" else REGRESSION
    chosen = canonical(name, known, what=f"primary_metric for {task}") if name else _DEFAULT[task]
    return Metric(chosen, maximise="error" not in chosen)


def score_classes(truth: Any, probabilities: Any, classes: Any, weights: Any = None) -> dict[str, float]:
    """All classification metrics of one validation set.

    Args:
        truth: class indices, shape (n,).
        probabilities: shape (n, k), columns in the order of ``classes``.
        classes: the k class labels.
        weights: of the rows, shape (n,), or None.

    Returns:
        Metric name to value; NaN where the set does not define it, such as AUC with one class.
    """
    from sklearn import metrics as sk

    count = len(classes)
    predicted = probabilities.argmax(axis=1)
    labels = np.arange(count)
    recall = float(
        sk.recall_score(truth, predicted, labels=labels, average="macro", zero_division=0, sample_weight=weights)
    )
    one_hot = (truth[:, None] == labels[None, :]).astype(int)
    prevalence = np.average(one_hot, axis=0, weights=weights)
    return {
        "AUC_weighted": _weighted(sk.roc_auc_score, one_hot, probabilities, prevalence, weights),
        "accuracy": float(sk.accuracy_score(truth, predicted, sample_weight=weights)),
        "average_precision_score_weighted": _weighted(
            sk.average_precision_score, one_hot, probabilities, prevalence, weights
        ),
        "norm_macro_recall": (recall - 1.0 / count) / (1.0 - 1.0 / count),
        "precision_score_weighted": float(
            sk.precision_score(
                truth, predicted, labels=labels, average="weighted", zero_division=0, sample_weight=weights
            )
        ),
        "f1_score_weighted": float(
            sk.f1_score(truth, predicted, labels=labels, average="weighted", zero_division=0, sample_weight=weights)
        ),
        "log_loss": float(sk.log_loss(truth, _proper(probabilities), labels=labels, sample_weight=weights)),
    }


def _weighted(metric: Any, one_hot: Any, probabilities: Any, prevalence: Any, weights: Any) -> float:
    present = [k for k in range(one_hot.shape[1]) if 0 < one_hot[:, k].sum() < len(one_hot)]
    if not present:
        return math.nan
    values = [metric(one_hot[:, k], probabilities[:, k], sample_weight=weights) for k in present]
    return float(np.average(values, weights=prevalence[present]))


def _proper(probabilities: Any) -> Any:
    clipped = np.clip(probabilities, 1e-15, 1.0)
    return clipped / clipped.sum(axis=1, keepdims=True)


def score_numbers(truth: Any, predicted: Any, span: float, weights: Any = None) -> dict[str, float]:
    """All regression metrics of one validation set.

    Args:
        truth: shape (n,).
        predicted: shape (n,).
        span: largest minus smallest label of the whole training table, which normalises the errors.
        weights: of the rows, shape (n,), or None.
    """
    from scipy.stats import spearmanr
    from sklearn import metrics as sk

    squared = float(sk.mean_squared_error(truth, predicted, sample_weight=weights))
    absolute = float(sk.mean_absolute_error(truth, predicted, sample_weight=weights))
    several = len(truth) > 1
    varied = several and np.ptp(truth) > 0 and np.ptp(predicted) > 0
    return {
        "normalized_root_mean_squared_error": math.sqrt(squared) / span,
        "normalized_mean_absolute_error": absolute / span,
        "root_mean_squared_error": math.sqrt(squared),
        "mean_absolute_error": absolute,
        "r2_score": float(sk.r2_score(truth, predicted, sample_weight=weights)) if several else math.nan,
        "spearman_correlation": float(spearmanr(truth, predicted).statistic) if varied else math.nan,
    }


def mean_scores(folds: list[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric over the folds that define it; NaN if none does."""
    names = folds[0].keys()
    means = {}
    for name in names:
        defined = [fold[name] for fold in folds if not math.isnan(fold[name])]
        means[name] = float(np.mean(defined)) if defined else math.nan
    return means
