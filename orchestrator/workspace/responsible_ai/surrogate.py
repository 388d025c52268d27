"""Explains a model by another one: gradient-boosted trees learn what it predicts, and say what each feature adds to each prediction.

Source: Azure ML documentation, "Model interpretability": the mimic explainer (global surrogate) with LightGBM and SHAP values of its trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from orchestrator.workspace.responsible_ai.frames import Numbers, label
from orchestrator.workspace.responsible_ai.insights import CLASSIFICATION, Insights

if TYPE_CHECKING:
    import numpy

_MOST_ROWS: Final = 5000
_TREES: Final = 100
_LEAF_ROWS: Final = 20
_SEED: Final = 0


@dataclass(frozen=True, slots=True)
class Explained:
    """What each feature adds to each prediction.

    Attributes:
        outputs: what is explained: a label for each class, one for the probability of the second class, or the target.
        values: array of rows × outputs × features: SHAP values, in the unit of the output.
        fidelity: how well the surrogate predicts what the model does on the test rows: R², or the share of equal labels.
        measure: which of the two.
    """

    outputs: tuple[str, ...]
    values: numpy.ndarray
    fidelity: float
    measure: str


def explain(insights: Insights) -> Explained:
    """Explain the model's predictions for the test rows."""
    facts = insights.facts
    numbers = Numbers.of(insights.train, facts.features, facts.categorical)
    known = numbers.table(insights.train)[:_MOST_ROWS]
    asked = numbers.table(insights.test)
    labels, probabilities = insights.predicted("train")
    tests, test_probabilities = insights.predicted("test")
    if facts.task == CLASSIFICATION and (probabilities is None or probabilities.shape[1] != 2):
        return _by_label(facts.features, facts.categorical, known, labels, asked, tests)
    if facts.task == CLASSIFICATION:
        labels, tests = probabilities[:, 1], test_probabilities[:, 1]
    return _by_number(insights, known, labels, asked, tests)


def _by_number(insights: Insights, known: Any, predictions: Any, asked: Any, truth: Any) -> Explained:
    from lightgbm import LGBMRegressor
    from sklearn.metrics import r2_score

    facts = insights.facts
    predictions = predictions[:_MOST_ROWS].astype(float)
    surrogate = LGBMRegressor(**_settings(len(known)))
    surrogate.fit(known, predictions, categorical_feature=_places(facts.features, facts.categorical))
    values = surrogate.predict(asked, pred_contrib=True)[:, :-1]
    same = len(set(truth)) < 2
    fidelity = 1.0 if same else float(r2_score(truth.astype(float), surrogate.predict(asked)))
    of = facts.classes[1] if facts.classes else facts.target
    return Explained((of,), values[:, None, :], fidelity, "R²")


def _by_label(
    features: tuple[str, ...], categorical: tuple[str, ...], known: Any, labels: Any, asked: Any, truth: Any
) -> Explained:
    import numpy
    from lightgbm import LGBMClassifier

    predictions = numpy.array([label(one) for one in labels[:_MOST_ROWS]])
    outputs = tuple(sorted(set(predictions)))
    if len(outputs) < 2:  # the model says the same of everything: no feature matters
        return Explained(outputs, numpy.zeros((len(asked), 1, len(features))), 1.0, "equal labels")
    surrogate = LGBMClassifier(**_settings(len(known)))
    surrogate.fit(known, predictions, categorical_feature=_places(features, categorical))
    flat = surrogate.predict(asked, pred_contrib=True)
    parts = 1 if len(outputs) == 2 else len(outputs)
    values = flat.reshape(len(asked), parts, len(features) + 1)[:, :, :-1]
    fidelity = float(numpy.mean(surrogate.predict(asked) == numpy.array([label(one) for one in truth])))
    return Explained(outputs[1:] if parts == 1 else outputs, values, fidelity, "equal labels")


def _settings(rows: int) -> dict[str, Any]:
    least = max(1, min(_LEAF_ROWS, rows // 20))
    return {
        "n_estimators": _TREES,
        "min_child_samples": least,
        "random_state": _SEED,
        "n_jobs": 1,
        "deterministic": True,
        "verbose": -1,
        "min_data_per_group": least,
        "cat_smooth": 1.0,
    }


def _places(features: tuple[str, ...], categorical: tuple[str, ...]) -> list[int]:
    return [features.index(name) for name in categorical]
