"""Search spaces: FLAML's where it has the learner, a small one of ours where it has not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from .learners import Learner

_OF_FLAML = {
    "LightGBM": "LGBMEstimator",
    "XGBoostClassifier": "XGBoostLimitDepthEstimator",
    "XGBoostRegressor": "XGBoostLimitDepthEstimator",
    "RandomForest": "RandomForestEstimator",
    "ExtremeRandomTrees": "ExtraTreesEstimator",
    "LogisticRegression": "LRL2Classifier",
    "ElasticNet": "ElasticNetEstimator",
    "LassoLars": "LassoLarsEstimator",
}
# A searcher starts from the cheapest setting by default; here the known settings have been tried already, so the walk
# starts from a model of middling size.
_STARTS: dict[str, dict[str, Any]] = {
    "LightGBM": {"n_estimators": 100, "num_leaves": 8, "learning_rate": 0.05, "colsample_bytree": 0.7},
    "XGBoostClassifier": {"n_estimators": 80, "max_depth": 3, "learning_rate": 0.08},
    "XGBoostRegressor": {"n_estimators": 120, "max_depth": 4, "learning_rate": 0.08},
    "RandomForest": {"n_estimators": 100, "max_leaves": 24},
    "ExtremeRandomTrees": {"n_estimators": 100, "max_leaves": 24},
}


def make_searcher(learner: Learner, task: str, shape: tuple[int, int], seed: int) -> Any:
    """A CFO searcher that makes ``loss`` small, or None if the learner has nothing to tune.

    Args:
        learner: whose parameters.
        task: ``classification`` or ``regression``.
        shape: rows and columns of the table.
        seed: of the walk.
    """
    logging.getLogger("flaml").setLevel(logging.ERROR)
    space = _own_space(learner.name) if learner.name not in _OF_FLAML else _flaml_space(learner.name, task, shape)
    if not space:
        return None
    from flaml.tune.searcher.blendsearch import CFO

    domains = {name: each["domain"] for name, each in space.items()}
    start = {
        name: each["init_value"] if "init_value" in each else _first(each["domain"]) for name, each in space.items()
    }
    for name, value in _STARTS.get(learner.name, {}).items():
        domain = domains.get(name)
        if domain is not None:
            start[name] = min(max(value, domain.lower), domain.upper - 1 if isinstance(value, int) else domain.upper)
    # No cost is given: a walk steered by time taken would differ from one machine to the next.
    return CFO(
        metric="loss", mode="min", space=domains, low_cost_partial_config=start, cost_attr=None, seed=seed % 2**16
    )


def _first(domain: Any) -> Any:
    return domain.categories[0]


def parameters_of(learner: Learner, config: Mapping[str, Any], task: str) -> dict[str, Any]:
    """A searcher's configuration as parameters of the scikit-learn estimator."""
    if learner.name not in _OF_FLAML:
        return {name: _plain(value) for name, value in config.items()}
    made = _flaml_class(learner.name)(task=_flaml_task(task), **config)
    dropped = {"n_jobs", "random_state", "verbose", "verbosity", "solver", "tree_method", "random_seed"}
    return {name: _plain(value) for name, value in made.params.items() if name not in dropped}


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _flaml_class(name: str) -> Any:
    from flaml.automl import model

    return getattr(model, _OF_FLAML[name])


def _flaml_task(task: str) -> Any:
    from flaml.automl.task.factory import task_factory

    return task_factory("binary" if task == "classification" else "regression")


def _flaml_space(name: str, task: str, shape: tuple[int, int]) -> dict[str, Any]:
    return dict(_flaml_class(name).search_space(data_size=shape, task=_flaml_task(task)))


def _own_space(name: str) -> dict[str, Any]:
    from flaml import tune

    spaces: dict[str, dict[str, Any]] = {
        "GradientBoosting": {
            "max_iter": {"domain": tune.lograndint(10, 400), "init_value": 60},
            "learning_rate": {"domain": tune.loguniform(0.005, 0.5), "init_value": 0.08},
            "max_leaf_nodes": {"domain": tune.lograndint(3, 64), "init_value": 8},
            "l2_regularization": {"domain": tune.loguniform(1e-4, 100.0), "init_value": 1.0},
        },
        "SVM": {
            "C": {"domain": tune.loguniform(0.01, 100.0), "init_value": 1.0},
            "gamma": {"domain": tune.loguniform(1e-4, 1.0), "init_value": 0.05},
        },
        "LinearSVM": {"C": {"domain": tune.loguniform(0.001, 100.0), "init_value": 0.3}},
        "KNN": {"n_neighbors": {"domain": tune.lograndint(2, 64), "init_value": 20}},
        "DecisionTree": {
            "max_depth": {"domain": tune.randint(1, 16), "init_value": 5},
            "min_samples_leaf": {"domain": tune.lograndint(1, 64), "init_value": 10},
        },
        "BernoulliNaiveBayes": {"alpha": {"domain": tune.loguniform(0.01, 10.0), "init_value": 0.5}},
        "MultinomialNaiveBayes": {"alpha": {"domain": tune.loguniform(0.01, 10.0), "init_value": 0.5}},
        "SGD": {"alpha": {"domain": tune.loguniform(1e-5, 1.0), "init_value": 0.003}},
    }
    return spaces.get(name, {})
