"""The algorithms that AutoML knows for each task on tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.kind import BodyProblem

_TREES: Final = ("DecisionTree", "RandomForest", "ExtremeRandomTrees", "GradientBoosting", "LightGBM", "KNN", "SGD")
_REGRESSION: Final = (*_TREES, "ElasticNet", "LassoLars", "XGBoostRegressor")
_KNOWN: Final = {
    "automl.classification": (
        *_TREES, "LogisticRegression", "MultinomialNaiveBayes", "BernoulliNaiveBayes", "SVM", "LinearSVM", "XGBoostClassifier",
    ),
    "automl.regression": _REGRESSION,
    "automl.forecasting": (
        *_REGRESSION, "Naive", "SeasonalNaive", "Average", "SeasonalAverage", "ExponentialSmoothing", "AutoArima", "Arimax",
        "Prophet", "TCNForecaster",
    ),
}  # fmt: skip


def unknown_algorithms(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Names in the lists of algorithms that the task does not have; case and separators are as people like.

    Source: Azure REST specification, ClassificationModels, RegressionModels and ForecastingModels.
    """
    training = body.get("training")
    if variant not in _KNOWN or not isinstance(training, Mapping):
        return
    known = {_squash(name): name for name in _KNOWN[variant]}
    for field in ("allowed_training_algorithms", "blocked_training_algorithms"):
        for index, name in enumerate(_list(training.get(field))):
            if isinstance(name, str) and _squash(name) not in known:
                listed = f"Use one of {', '.join(sorted(known.values()))}."
                near = did_you_mean(_squash(name), known, "")
                yield BodyProblem(
                    ("training", field, index),
                    "invalid-value",
                    f"'{name}' is no algorithm for {variant.removeprefix('automl.')}.",
                    f"{near} {listed}".strip(),
                )


def _squash(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
