"""How good predictions are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orchestrator.workspace.responsible_ai.frames import label
from orchestrator.workspace.responsible_ai.insights import CLASSIFICATION

OF_CLASSES: Final = ("accuracy_score", "precision_score", "recall_score", "f1_score", "error_rate", "selection_rate")
OF_NUMBERS: Final = ("mean_absolute_error", "mean_squared_error", "median_absolute_error", "r2_score")
LESS_IS_BETTER: Final = frozenset({"error_rate", *OF_NUMBERS[:3]})
"""Source: Azure ML documentation, Responsible AI scorecard: performance metrics of both types of models."""


def known(task: str) -> tuple[str, ...]:
    """The names of the measures of a task."""
    return OF_CLASSES if task == CLASSIFICATION else OF_NUMBERS


def measured(task: str, truth: Any, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
    """All measures of a task. Of two classes the second is the one that is looked for; of more, the average of all counts.

    Args:
        truth, predicted: arrays of one length, which is not 0.
        classes: labels as texts, in the model's order.
    """
    import numpy
    from sklearn.metrics import precision_recall_fscore_support

    if task != CLASSIFICATION:
        return _of_numbers(truth.astype(float), predicted.astype(float))
    truth, predicted = as_labels(truth), as_labels(predicted)
    right = float(numpy.mean(truth == predicted))
    looked_for = list(classes[1:]) if len(classes) == 2 else sorted({*truth, *predicted})
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, predicted, labels=looked_for, average="macro", zero_division=0
    )
    selected = float(numpy.mean(predicted == looked_for[0])) if len(looked_for) == 1 else 0.0
    values = (right, float(precision), float(recall), float(f1), 1 - right, selected)
    return dict(zip(OF_CLASSES, values, strict=True))


def _of_numbers(truth: Any, predicted: Any) -> dict[str, float]:
    import numpy
    from sklearn.metrics import r2_score

    off = numpy.abs(truth - predicted)
    explained = float(r2_score(truth, predicted)) if len(truth) > 1 else 0.0
    values = (float(off.mean()), float((off**2).mean()), float(numpy.median(off)), explained)
    return dict(zip(OF_NUMBERS, values, strict=True))


def as_labels(values: Any) -> Any:
    """Labels as texts."""
    import numpy

    return numpy.array([label(value) for value in values], dtype=object)


def confusion(truth: Any, predicted: Any) -> dict[str, Any]:
    """How often which label was predicted for which: ``labels``, and rows of counts, one for each true label."""
    truth, predicted = as_labels(truth), as_labels(predicted)
    labels = sorted({*truth, *predicted})
    rows = [[int(((truth == a) & (predicted == b)).sum()) for b in labels] for a in labels]
    return {"labels": labels, "rows": rows}
