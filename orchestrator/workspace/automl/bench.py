"""What a worker does with a task, whatever the kind of problem."""

from __future__ import annotations

import importlib
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .metrics import Metric, mean_scores
from .problem import Candidate, Evaluate, Fit, TrialOutcome


class Bench(ABC):
    """Scores and fits candidates on one problem."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    @abstractmethod
    def folds(self, task: Evaluate) -> list[Mapping[str, float]]:
        """Every metric for each fold."""

    @abstractmethod
    def fitted(self, candidate: Candidate) -> Any:
        """The model fitted on all rows, which predicts the labels themselves."""

    @abstractmethod
    def portable(self) -> ModuleType:
        """The module of ours whose code travels inside the model."""

    def evaluate(self, task: Evaluate) -> TrialOutcome:
        """Score a candidate. A fit that fails is an outcome, not an error."""
        began = time.monotonic()
        try:
            with warnings.catch_warnings():
                # Convergence and feature-name notices of a throw-away fit are noise in a trial's log.
                warnings.simplefilter("ignore")
                folds = self.folds(task)
        except Exception as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            return TrialOutcome(task.candidate, {}, (), time.monotonic() - began, reason)
        primary = tuple(fold[self._metric.name] for fold in folds)
        return TrialOutcome(task.candidate, mean_scores(folds), primary, time.monotonic() - began)

    def fit(self, task: Fit) -> bytes:
        """The candidate fitted on all rows, pickled so that it loads without this package."""
        import cloudpickle

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = self.fitted(task.candidate)
        carried = self.portable()
        cloudpickle.register_pickle_by_value(carried)
        try:
            return bytes(cloudpickle.dumps(model))
        finally:
            cloudpickle.unregister_pickle_by_value(carried)


def build(candidate: Candidate, seed: int) -> Any:
    """An unfitted estimator."""
    module, name = candidate.learner.estimator.rsplit(".", 1)
    kind = getattr(importlib.import_module(module), name)
    parameters = {**candidate.parameters, **candidate.learner.fixed}
    if "random_state" in kind().get_params():
        parameters["random_state"] = seed
    return kind(**parameters)
