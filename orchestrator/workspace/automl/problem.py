"""What a worker needs to know once: the table, how it is split, and how a candidate is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .columns import Roles
from .featurization import Featurization
from .learners import Learner
from .metrics import Metric


@dataclass(frozen=True, slots=True)
class Problem:
    """A learning problem.

    Attributes:
        task: ``classification`` or ``regression``.
        features: a pandas frame of the features.
        target: class indices or numbers, shape (n,).
        classes: the class labels in order; empty for regression.
        weights: of the rows, or None.
        held_out: row indices for validation when the body gives its own validation data or share, or None.
        folds: how many folds otherwise.
        learnt_rows: row indices that the final model learns from: all but the body's own validation data.
        metric: by which trials are compared.
        seed: from the content, so that the same content gives the same model.
    """

    task: str
    features: Any
    target: Any
    classes: tuple[Any, ...]
    weights: Any
    held_out: Any
    folds: int
    learnt_rows: Any
    roles: Roles
    featurization: Featurization
    metric: Metric
    seed: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learner with parameters, numbered in the order of proposal."""

    number: int
    learner: Learner
    parameters: Mapping[str, Any]
    origin: str


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What a trial gave.

    Attributes:
        candidate: what was tried.
        scores: metric name to mean over the folds; empty if it failed.
        folds: the primary metric of each fold.
        seconds: wall time of the trial.
        failure: why it failed, or empty.
    """

    candidate: Candidate
    scores: Mapping[str, float]
    folds: tuple[float, ...]
    seconds: float
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Evaluate:
    """A worker's task: score a candidate, on the job's own split or on repeated folds of another seed."""

    candidate: Candidate
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """A worker's task: fit a candidate on the whole table and give the pickled pipeline back."""

    candidate: Candidate
