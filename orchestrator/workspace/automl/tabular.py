"""One classification or regression trial inside a worker: split, prepare, fit, score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from . import portable
from .bench import Bench, build
from .metrics import score_classes, score_numbers
from .preprocessing import preprocessor
from .problem import Candidate, Evaluate, Problem

_CACHED_CELLS = 20_000_000


class TabularBench(Bench):
    """Keeps the prepared folds, which many candidates share."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.metric)
        self._problem = problem
        self._prepared: dict[tuple[int, int, bool, bool], tuple[Any, Any]] = {}

    def portable(self) -> ModuleType:
        """The module of ours whose code travels inside the model."""
        return portable

    def folds(self, task: Evaluate) -> list[Mapping[str, float]]:
        """Every metric for each fold."""
        return [self._fold(task.candidate, *split) for split in self._splits(task.repeats)]

    def fitted(self, candidate: Candidate) -> Any:
        """A scikit-learn pipeline from a frame of the features to labels."""
        from sklearn.ensemble import VotingClassifier
        from sklearn.pipeline import Pipeline

        problem = self._problem
        model = build(candidate, problem.seed)
        rows = problem.learnt_rows
        target = problem.target[rows]
        labels = np.asarray(problem.classes)[target] if problem.classes else target
        if candidate.learner.estimator.startswith("xgboost.") and problem.classes:
            # It insists on classes 0…k-1; a vote of one gives the real labels back with scikit-learn's own code.
            model = VotingClassifier([("model", model)], voting="soft")
        pipeline = Pipeline([("prepare", self._preprocessor(candidate)), ("model", model)])
        extra = {} if problem.weights is None else {"model__sample_weight": problem.weights[rows]}
        return pipeline.fit(problem.features.iloc[rows], labels, **extra)

    def _preprocessor(self, candidate: Candidate) -> Any:
        learner = candidate.learner
        return preprocessor(
            self._problem.roles, self._problem.featurization, scaled=learner.scaled, nonnegative=learner.nonnegative
        )

    def _splits(self, repeats: int) -> Iterator[tuple[int, Any, Any]]:
        from sklearn.model_selection import KFold, RepeatedKFold, RepeatedStratifiedKFold, StratifiedKFold

        problem = self._problem
        rows = np.arange(len(problem.target))
        if problem.held_out is not None and not repeats:
            yield 0, np.setdiff1d(rows, problem.held_out), problem.held_out
            return
        stratified = bool(problem.classes)
        if repeats:
            kind = RepeatedStratifiedKFold if stratified else RepeatedKFold
            splitter = kind(n_splits=min(5, problem.folds), n_repeats=repeats, random_state=problem.seed + 1)
        else:
            kind = StratifiedKFold if stratified else KFold
            splitter = kind(n_splits=problem.folds, shuffle=True, random_state=problem.seed)
        for number, (train, test) in enumerate(splitter.split(rows, problem.target)):
            yield number + (1000 if repeats else 0), train, test

    def _fold(self, candidate: Candidate, key: int, train: Any, test: Any) -> dict[str, float]:
        problem = self._problem
        inputs, checks = self._prepare(candidate, key, train, test)
        weights = None if problem.weights is None else problem.weights[train]
        model = build(candidate, problem.seed)
        model.fit(inputs, problem.target[train], **({} if weights is None else {"sample_weight": weights}))
        check_weights = None if problem.weights is None else problem.weights[test]
        if not problem.classes:
            span = float(np.ptp(problem.target))
            return score_numbers(problem.target[test], model.predict(checks), span, check_weights)
        # A class that is absent from this fold's training rows has probability 0.
        spread = np.zeros((len(test), len(problem.classes)))
        spread[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(checks)
        return score_classes(problem.target[test], spread, problem.classes, check_weights)

    def _prepare(self, candidate: Candidate, fold: int, train: Any, test: Any) -> tuple[Any, Any]:
        learner, problem = candidate.learner, self._problem
        key = (fold, len(train), learner.scaled, learner.nonnegative)
        if key not in self._prepared:
            prepare = self._preprocessor(candidate)
            made = (prepare.fit_transform(problem.features.iloc[train]), prepare.transform(problem.features.iloc[test]))
            if problem.features.size * (problem.folds + 1) > _CACHED_CELLS:
                return made
            self._prepared[key] = made
        return self._prepared[key]
