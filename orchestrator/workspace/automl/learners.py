"""The algorithms, under Azure ML's names: how each is built, what it needs, and where its search starts.

Source of the names: learn.microsoft.com/azure/machine-learning/reference-automated-ml (supported algorithms).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .names import canonical
from .refusal import JobRefused
from .settings import Algorithms

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Learner:
    """An algorithm for one task.

    Attributes:
        name: Azure ML's.
        estimator: import path of the scikit-learn style class.
        simplicity: smaller is simpler; decides between models that score alike.
        starts: parameters tried before any search: settings that are known to do well on tables.
        fixed: parameters of every trial.
        scaled: wants standardised numbers.
        nonnegative: wants values of 0…1.
        weights: can weigh rows.
        most_rows: above this it is left out unless asked for.
    """

    name: str
    estimator: str
    simplicity: int
    starts: tuple[Parameters, ...]
    fixed: Parameters = field(default_factory=dict)
    scaled: bool = False
    nonnegative: bool = False
    weights: bool = True
    most_rows: int | None = None


def learners(task: str) -> tuple[Learner, ...]:
    """The algorithms of a task, in the order in which they are first tried."""
    return {"classification": _CLASSIFIERS, "regression": _REGRESSORS, "forecasting": _FORECASTERS}[task]


def choose(task: str, algorithms: Algorithms, rows: int, *, weighted: bool) -> tuple[Learner, ...]:
    """The algorithms to try.

    Raises:
        JobRefused: an unknown name, or nothing is left.
    """
    every = learners(task)
    allowed = {_named(each, task) for each in algorithms.allowed}
    blocked = {_named(each, task) for each in algorithms.blocked}
    chosen = []
    for learner in every:
        too_big = learner.most_rows is not None and rows > learner.most_rows
        if learner.name in blocked or (allowed and learner.name not in allowed):
            continue
        if (too_big and learner.name not in allowed) or (weighted and not learner.weights):
            continue
        chosen.append(learner)
    if not chosen:
        raise JobRefused(
            f"No algorithm is left for {task}: all are blocked, not allowed, or cannot use weight_column_name."
        )
    return tuple(chosen)


def _named(name: str, task: str) -> str:
    return canonical(name, [learner.name for learner in learners(task)], what=f"training algorithm for {task}")


_TREES = {"n_jobs": 1}
_LGBM = {"n_jobs": 1, "verbose": -1, "deterministic": True, "force_row_wise": True}
_XGB = {"n_jobs": 1, "verbosity": 0, "tree_method": "hist"}

_CLASSIFIERS = (
    Learner(
        "LightGBM",
        "lightgbm.LGBMClassifier",
        8,
        (
            {
                "n_estimators": 100,
                "num_leaves": 8,
                "learning_rate": 0.05,
                "min_child_samples": 10,
                "colsample_bytree": 0.7,
            },
            {"n_estimators": 100},
        ),
        _LGBM,
    ),
    Learner(
        "LogisticRegression",
        "sklearn.linear_model.LogisticRegression",
        1,
        ({"C": 1.0}, {"C": 0.05}),
        {"max_iter": 1000},
        scaled=True,
    ),
    Learner(
        "RandomForest",
        "sklearn.ensemble.RandomForestClassifier",
        6,
        (
            {"n_estimators": 100, "max_features": "sqrt"},
            {"n_estimators": 100, "max_features": 0.5, "min_samples_leaf": 5, "criterion": "entropy"},
        ),
        _TREES,
    ),
    Learner(
        "XGBoostClassifier",
        "xgboost.XGBClassifier",
        9,
        (
            {"n_estimators": 80, "max_depth": 3, "learning_rate": 0.08, "subsample": 0.8, "colsample_bytree": 0.7},
            {"n_estimators": 100},
        ),
        _XGB,
    ),
    Learner(
        "ExtremeRandomTrees",
        "sklearn.ensemble.ExtraTreesClassifier",
        5,
        (
            {"n_estimators": 100},
            {"n_estimators": 100, "max_features": 0.8, "min_samples_leaf": 3, "criterion": "entropy"},
        ),
        _TREES,
    ),
    Learner(
        "GradientBoosting",
        "sklearn.ensemble.HistGradientBoostingClassifier",
        7,
        ({"max_iter": 60, "learning_rate": 0.08, "max_leaf_nodes": 8},),
        {"early_stopping": False},
    ),
    Learner("SVM", "sklearn.svm.SVC", 4, ({"C": 1.0},), {"probability": True}, scaled=True, most_rows=5_000),
    Learner(
        "KNN",
        "sklearn.neighbors.KNeighborsClassifier",
        3,
        ({"n_neighbors": 15, "weights": "distance"},),
        {"n_jobs": 1},
        scaled=True,
        weights=False,
        most_rows=50_000,
    ),
    Learner("DecisionTree", "sklearn.tree.DecisionTreeClassifier", 2, ({"max_depth": 4, "min_samples_leaf": 8},)),
    Learner(
        "BernoulliNaiveBayes",
        "sklearn.naive_bayes.BernoulliNB",
        1,
        ({"alpha": 1.0, "binarize": 0.5},),
        nonnegative=True,
    ),
    Learner("MultinomialNaiveBayes", "sklearn.naive_bayes.MultinomialNB", 1, ({"alpha": 1.0},), nonnegative=True),
    Learner(
        "SGD",
        "sklearn.linear_model.SGDClassifier",
        1,
        ({"alpha": 0.01, "penalty": "l2"},),
        {"loss": "log_loss", "n_jobs": 1, "max_iter": 2000},
        scaled=True,
    ),
    Learner(
        "LinearSVM",
        "sklearn.svm.SVC",
        1,
        ({"C": 0.1},),
        {"kernel": "linear", "probability": True},
        scaled=True,
        most_rows=5_000,
    ),
)

_REGRESSORS = (
    Learner(
        "LightGBM",
        "lightgbm.LGBMRegressor",
        8,
        (
            {
                "n_estimators": 150,
                "num_leaves": 8,
                "learning_rate": 0.05,
                "min_child_samples": 10,
                "colsample_bytree": 0.8,
            },
            {"n_estimators": 100},
        ),
        _LGBM,
    ),
    Learner(
        "ElasticNet",
        "sklearn.linear_model.ElasticNet",
        1,
        ({"alpha": 0.01}, {"alpha": 0.5}),
        {"max_iter": 5000},
        scaled=True,
    ),
    Learner(
        "RandomForest",
        "sklearn.ensemble.RandomForestRegressor",
        6,
        ({"n_estimators": 100, "max_features": 0.5}, {"n_estimators": 100, "max_features": 1.0, "min_samples_leaf": 3}),
        _TREES,
    ),
    Learner(
        "XGBoostRegressor",
        "xgboost.XGBRegressor",
        9,
        (
            {"n_estimators": 150, "max_depth": 4, "learning_rate": 0.08, "subsample": 0.8, "colsample_bytree": 0.8},
            {"n_estimators": 100},
        ),
        _XGB,
    ),
    Learner(
        "ExtremeRandomTrees",
        "sklearn.ensemble.ExtraTreesRegressor",
        5,
        ({"n_estimators": 100, "max_features": 0.7}, {"n_estimators": 100, "min_samples_leaf": 3}),
        _TREES,
    ),
    Learner(
        "GradientBoosting",
        "sklearn.ensemble.HistGradientBoostingRegressor",
        7,
        ({"max_iter": 150, "learning_rate": 0.08, "max_leaf_nodes": 15},),
        {"early_stopping": False},
    ),
    Learner(
        "KNN",
        "sklearn.neighbors.KNeighborsRegressor",
        3,
        ({"n_neighbors": 10, "weights": "distance"},),
        {"n_jobs": 1},
        scaled=True,
        weights=False,
        most_rows=50_000,
    ),
    Learner("DecisionTree", "sklearn.tree.DecisionTreeRegressor", 2, ({"max_depth": 6, "min_samples_leaf": 5},)),
    Learner("LassoLars", "sklearn.linear_model.LassoLars", 1, ({"alpha": 0.01},), scaled=True, weights=False),
    Learner(
        "SGD",
        "sklearn.linear_model.SGDRegressor",
        1,
        ({"alpha": 0.001, "penalty": "l2"},),
        {"max_iter": 2000},
        scaled=True,
    ),
)

# A baseline is computed by the forecaster itself: it has no estimator.
_FORECASTERS = (
    *(Learner(name, "", 0, ({},)) for name in ("SeasonalNaive", "Naive", "Average", "SeasonalAverage")),
    *_REGRESSORS,
)
