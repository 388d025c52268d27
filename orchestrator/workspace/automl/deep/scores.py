"""The metrics of tasks on texts and images, named as Azure ML names them. Needs no deep library.

Source: learn.microsoft.com/azure/machine-learning/how-to-auto-train-image-models and how-to-auto-train-nlp-models (metrics).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Spans = set[tuple[int, int, str]]


def label_scores(truth: Any, probabilities: Any, threshold: float = 0.5) -> dict[str, float]:
    """Metrics of texts or images that have any number of labels.

    Args:
        truth: 0 or 1, shape (n, k).
        probabilities: of each label, shape (n, k).
        threshold: above it a label is predicted.
    """
    from sklearn import metrics as sk

    predicted = (probabilities > threshold).astype(int)
    both, either = (truth & predicted).sum(axis=1), (truth | predicted).sum(axis=1)
    iou = np.where(either > 0, both / np.maximum(either, 1), 1.0)
    found = {"accuracy": float((truth == predicted).all(axis=1).mean()), "iou": float(iou.mean())}
    for average in ("macro", "micro", "weighted"):
        for name, metric in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
            found[f"{name}_score_{average}"] = float(metric(truth, predicted, average=average, zero_division=0))
    defined = [k for k in range(truth.shape[1]) if 0 < truth[:, k].sum() < len(truth)]
    if defined:
        shares = truth[:, defined].sum(axis=0)
        ranks = [sk.average_precision_score(truth[:, k], probabilities[:, k]) for k in defined]
        areas = [sk.roc_auc_score(truth[:, k], probabilities[:, k]) for k in defined]
        found["average_precision_score_weighted"] = float(np.average(ranks, weights=shares))
        found["AUC_weighted"] = float(np.average(areas, weights=shares))
    return found


def entity_scores(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, float]:
    """Metrics of named entities: of single words, and of whole entities.

    Args:
        truth, predicted: for each text the tags of its words: ``O``, ``B-KIND``, ``I-KIND``.
    """
    pairs = [pair for each in zip(truth, predicted, strict=True) for pair in zip(*each, strict=True)]
    right = said = there = 0
    for tags, guesses in zip(truth, predicted, strict=True):
        requested, found = entities(tags), entities(guesses)
        right, said, there = right + len(requested & found), said + len(found), there + len(requested)
    precision, recall = right / said if said else 0.0, right / there if there else 0.0
    return {
        "accuracy": sum(a == b for a, b in pairs) / len(pairs) if pairs else 0.0,
        "precision_score_micro": precision,
        "recall_score_micro": recall,
        "f1_score_micro": 2 * precision * recall / (precision + recall) if right else 0.0,
    }


def entities(tags: Iterable[str]) -> Spans:
    """Start, end and kind of each entity."""
    found: Spans = set()
    start, kind = 0, ""
    for at, tag in enumerate([*tags, "O"]):
        place, _, name = tag.partition("-")
        if kind and (place != "I" or name != kind):
            found.add((start, at, kind))
            kind = ""
        if place in ("B", "I") and not kind:
            start, kind = at, name
    return found


def box_scores(
    truth: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], count: int, overlap: Any = None
) -> dict[str, float]:
    """Mean average precision at an overlap of one half, as in PASCAL VOC, with the area below the whole curve.

    Args:
        truth: for each image ``boxes``, shape (n, 4), and ``labels``, shape (n,), from 1.
        found: the same with ``scores``, shape (n,).
        count: of labels.
        overlap: of two sets of objects, shape (n, m); by default that of their boxes.
    """
    overlap = overlap or (lambda a, b: box_overlap(np.asarray(a["boxes"]), np.asarray(b["boxes"])))
    values = [
        value
        for label in range(1, count + 1)
        if (value := _average_precision(truth, found, label, overlap)) is not None
    ]
    recalls = [_recall(truth, found, label, overlap) for label in range(1, count + 1)]
    known = [value for value in recalls if value is not None]
    return {
        "mean_average_precision": float(np.mean(values)) if values else 0.0,
        "recall": float(np.mean(known)) if known else 0.0,
    }


def _matches(truth: Any, found: Any, label: int, overlap: Any) -> tuple[list[tuple[float, bool]], int]:
    """Score of each predicted object and whether it is one; and how many there are."""
    scored: list[tuple[float, bool]] = []
    there = 0
    for want, have in zip(truth, found, strict=True):
        targets = np.flatnonzero(np.asarray(want["labels"]) == label)
        guesses = np.flatnonzero(np.asarray(have["labels"]) == label)
        there += len(targets)
        shared: Any = overlap(have, want) if len(targets) and len(guesses) else None
        taken: set[int] = set()
        for guess in sorted(guesses, key=lambda index: -float(have["scores"][index])):
            free = [int(target) for target in targets if int(target) not in taken]
            best = (
                max(free, key=lambda target: float(shared[guess, target]), default=None) if shared is not None else None
            )
            hit = best is not None and float(shared[guess, best]) >= 0.5
            taken |= {best} if hit and best is not None else set()
            scored.append((float(have["scores"][guess]), hit))
    return sorted(scored, reverse=True), there


def _average_precision(truth: Any, found: Any, label: int, overlap: Any) -> float | None:
    scored, there = _matches(truth, found, label, overlap)
    if not there:
        return None
    hits = np.cumsum([hit for _, hit in scored]) if scored else np.zeros(0)
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    gained = np.diff(np.concatenate([[0.0], hits / there]))
    return float((best * gained).sum())


def _recall(truth: Any, found: Any, label: int, overlap: Any) -> float | None:
    scored, there = _matches(truth, found, label, overlap)
    return sum(hit for _, hit in scored) / there if there else None


def box_overlap(first: Any, second: Any) -> Any:
    """Intersection over union of boxes ``x0, y0, x1, y1``: shapes (n, 4) and (m, 4) give (n, m)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(each[:, 2:] - each[:, :2]).prod(axis=1) for each in (first, second)]
    return shared / np.maximum(areas[0][:, None] + areas[1][None, :] - shared, 1e-9)
