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
                    f"'{name}' is not an algorithm for {variant.removeprefix('automl.')}.",
                    f"{near} {listed}".strip(),
                )


_BLOCKABLE: Final = (
    "TextTargetEncoder", "OneHotEncoder", "CatTargetEncoder", "TfIdf", "WoETargetEncoder", "LabelEncoder", "WordEmbedding",
    "NaiveBayes", "CountVectorizer", "HashOneHotEncoder",
)  # fmt: skip
_SETTABLE: Final = ("Imputer", "TfIdf", "HashOneHotEncoder")


def unknown_transformers(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Names of transformers that cannot be blocked, or have no parameters.

    Source: azure-ai-ml, ``BlockedTransformers`` and ``AutoMLTransformerParameterKeys``.
    """
    section = body.get("featurization")
    if variant not in _KNOWN or not isinstance(section, Mapping):
        return
    blocked, set_ = section.get("blocked_transformers"), section.get("transformer_params")
    places: list[tuple[tuple[str, str | int], object, tuple[str, ...]]]
    places = [(("blocked_transformers", number), name, _BLOCKABLE) for number, name in enumerate(_list(blocked))]
    places += [(("transformer_params", name), name, _SETTABLE) for name in (set_ if isinstance(set_, Mapping) else ())]
    for path, name, names in places:
        known = {_squash(other): other for other in names}
        if isinstance(name, str) and _squash(name) not in known:
            near = did_you_mean(_squash(name), known, "")
            yield BodyProblem(
                ("featurization", *path),
                "invalid-value",
                f"'{name}' is not a transformer that '{path[0]}' accepts.",
                f"{near} Use one of {', '.join(names)}.".strip(),
            )


def _squash(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
