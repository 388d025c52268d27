"""What a model does on rows that it has not learnt from, as figures for a picture: ``outputs/curves.json``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from .forecasting.curves import forecast_curves
from .forecasting.problem import ForecastProblem
from .problem import Problem
from .results import write_json

FILE: Final = "curves.json"
_MOST_ROWS: Final = 2_000
_MOST_POINTS: Final = 100
_MOST_CLASSES: Final = 20
_MOST_PAIRS: Final = 300
_BINS: Final = 20
_SHARE: Final = 0.25
_FEWEST_ROWS: Final = 20
_EACH_CLASS: Final = 4
_IMPORTANCE_ROWS: Final = 300
_IMPORTANCE_COLUMNS: Final = 30
_MOST_FEATURES: Final = 20


@dataclass(frozen=True, slots=True)
class Unseen:
    """Rows that a fitted model has not learnt from.

    Attributes:
        model: fitted, from a frame of the features to labels or numbers.
        target: labels or numbers, shape (n,).
        source: which rows they are, for people.
    """

    model: Any
    features: Any
    target: Any
    source: str


def write_curves(path: Path, problem: Problem | ForecastProblem, model: Any, test: tuple[str, Any] | None) -> None:
    """Write the figures, unless there are too few rows to tell anything.

    Args:
        model: fitted; where every row was learnt from, a copy of it learns from three quarters of them.
        test: name of the label's column and the table of ``test_data``, if there is one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(problem, ForecastProblem):
            drawn = forecast_curves(problem, model, test)
            if drawn is not None:
                write_json(path, drawn)
            return
        rows = _of_test_table(problem, model, *test) if test is not None else _of_training(problem, model)
        if rows is not None:
            write_json(path, curves(problem, rows))


def _of_test_table(problem: Problem, model: Any, target: str, table: Any) -> Unseen | None:
    known = table[table[target].notna()]
    if problem.classes:
        known = known[known[target].isin(problem.classes)]
    known = known[:_MOST_ROWS]
    return (
        Unseen(model, known[list(problem.features.columns)], known[target].to_numpy(), "test_data")
        if len(known)
        else None
    )


def _of_training(problem: Problem, model: Any) -> Unseen | None:
    from sklearn.base import clone
    from sklearn.model_selection import train_test_split

    labels = np.asarray(problem.classes)[problem.target] if problem.classes else problem.target
    if problem.held_out is not None and not np.intersect1d(problem.held_out, problem.learnt_rows).size:
        kept = np.asarray(problem.held_out)[:_MOST_ROWS]
        return Unseen(model, problem.features.iloc[kept], labels[kept], "validation_data")
    rows = np.arange(len(labels))
    if len(rows) < _FEWEST_ROWS:
        return None
    even = problem.classes and np.unique(problem.target, return_counts=True)[1].min() >= _EACH_CLASS
    learnt, kept = train_test_split(
        rows, test_size=_SHARE, random_state=problem.seed % 2**32, stratify=problem.target if even else None
    )
    extra = {} if problem.weights is None else {"model__sample_weight": problem.weights[learnt]}
    copy = clone(model).fit(problem.features.iloc[learnt], labels[learnt], **extra)
    kept = kept[:_MOST_ROWS]
    return Unseen(
        copy,
        problem.features.iloc[kept],
        labels[kept],
        "a quarter of the training rows, which a copy of the model has not seen",
    )


def curves(problem: Problem, rows: Unseen) -> dict[str, Any]:
    """Confusion and ROC of a classifier, residuals of a regression, and which features matter."""
    found: dict[str, Any] = {"source": rows.source, "rows": len(rows.target), "task": problem.task}
    drawn = _of_classes(problem, rows) if problem.classes else _of_numbers(rows)
    return {**found, **drawn, "importance": _importance(rows)}


def _of_classes(problem: Problem, rows: Unseen) -> dict[str, Any]:
    from sklearn.metrics import confusion_matrix, roc_curve

    labels = list(map(str, problem.classes))
    if len(labels) > _MOST_CLASSES:
        return {}
    chances = np.asarray(rows.model.predict_proba(rows.features))
    seen = rows.model.classes_  # a copy may have seen fewer classes
    matrix = confusion_matrix(rows.target, seen[chances.argmax(axis=1)], labels=list(problem.classes))
    roc = []
    for place, label in enumerate(seen):
        truth = rows.target == label
        if truth.any() and not truth.all() and not (len(seen) == 2 and place == 0):
            false, true, _ = roc_curve(truth, chances[:, place])
            roc.append({"label": str(label), "points": _thinned(false, true)})
    return {"confusion": {"labels": labels, "matrix": matrix.tolist()}, "roc": roc}


def _of_numbers(rows: Unseen) -> dict[str, Any]:
    predicted = np.asarray(rows.model.predict(rows.features), dtype=float)
    truth = np.asarray(rows.target, dtype=float)
    residuals = predicted - truth
    counts, edges = np.histogram(residuals[np.isfinite(residuals)], bins=_BINS)
    pairs = np.column_stack([truth, predicted])[:_MOST_PAIRS]
    return {
        "residuals": {"edges": edges.tolist(), "counts": counts.tolist()},
        "predicted_true": [[float(true), float(drawn)] for true, drawn in pairs],
    }


def _importance(rows: Unseen) -> list[dict[str, Any]]:
    """How much worse the model is with one feature shuffled. Source: Breiman, Random Forests, 2001."""
    from sklearn.inspection import permutation_importance

    features = rows.features[:_IMPORTANCE_ROWS]
    if features.shape[1] > _IMPORTANCE_COLUMNS or len(features) < 10:
        return []
    found = permutation_importance(rows.model, features, rows.target[:_IMPORTANCE_ROWS], n_repeats=2, random_state=0)
    means: Mapping[str, float] = dict(zip(map(str, features.columns), found.importances_mean.tolist(), strict=True))
    best = sorted(means, key=lambda name: -means[name])[:_MOST_FEATURES]
    return [{"feature": name, "importance": means[name]} for name in best]


def _thinned(x: Sequence[float], y: Sequence[float]) -> list[list[float]]:
    places = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST_POINTS)).round().astype(int))
    return [[float(x[place]), float(y[place])] for place in places]
