"""Metrics against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from orchestrator.workspace.automl.metrics import Metric, mean_scores, score_classes, score_numbers


def test_two_classes() -> None:
    truth = np.array([0, 0, 1, 1])
    right = np.array([0.1, 0.6, 0.4, 0.9])
    scores = score_classes(truth, np.column_stack([1 - right, right]), (False, True))
    assert scores["AUC_weighted"] == pytest.approx(0.75)
    assert scores["accuracy"] == pytest.approx(0.5)
    assert scores["norm_macro_recall"] == pytest.approx(0.0)
    assert scores["precision_score_weighted"] == pytest.approx(0.5)


def test_one_class_in_a_fold_leaves_auc_undefined() -> None:
    scores = score_classes(np.array([0, 0]), np.array([[0.9, 0.1], [0.8, 0.2]]), (0, 1))
    assert math.isnan(scores["AUC_weighted"])
    assert scores["accuracy"] == 1.0


def test_weights_count() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1]])
    scores = score_classes(np.array([0, 1]), probabilities, (0, 1), np.array([3.0, 1.0]))
    assert scores["accuracy"] == pytest.approx(0.75)


def test_numbers() -> None:
    scores = score_numbers(np.array([0.0, 10.0]), np.array([1.0, 9.0]), span=20.0)
    assert scores["normalized_root_mean_squared_error"] == pytest.approx(0.05)
    assert scores["normalized_mean_absolute_error"] == pytest.approx(0.05)
    assert scores["r2_score"] == pytest.approx(1 - 2 / 50)
    assert scores["spearman_correlation"] == pytest.approx(1.0)


def test_the_mean_leaves_undefined_folds_out() -> None:
    assert mean_scores([{"a": 1.0}, {"a": math.nan}, {"a": 3.0}]) == {"a": 2.0}
    assert math.isnan(mean_scores([{"a": math.nan}])["a"])


def test_direction() -> None:
    assert Metric("accuracy", maximise=True).better(0.9, 0.8)
    assert not Metric("error", maximise=False).better(0.9, 0.8)
    assert not Metric("accuracy", maximise=True).better(math.nan, None)
