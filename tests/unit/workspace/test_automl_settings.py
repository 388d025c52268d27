"""What an AutoML body is taken to mean, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestrator.workspace.automl.featurization import ENCODERS, TRANSFORMERS, Imputation, read_featurization
from orchestrator.workspace.automl.foreseen import foreseen
from orchestrator.workspace.automl.learners import choose
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.automl.settings import Algorithms, read_settings
from orchestrator.workspace.automl.unsupported import notes

BODY = {"task": "classification", "target_column_name": "y"}


def test_the_lessons_body() -> None:
    settings = read_settings(
        {
            **BODY,
            "primary_metric": "AUC_weighted",
            "featurization": {"mode": "auto"},
            "limits": {"timeout_minutes": 20, "max_concurrent_trials": 3, "enable_early_termination": True},
        }
    )
    assert settings.metric.name == "AUC_weighted"
    assert settings.metric.maximise
    assert (settings.limits.timeout_s, settings.limits.max_concurrent, settings.limits.early) == (1200, 3, True)


def test_defaults_are_those_of_azure() -> None:
    settings = read_settings(BODY)
    assert settings.metric.name == "accuracy"
    assert (settings.limits.max_trials, settings.limits.max_concurrent) == (1000, 1)
    assert settings.validation.folds is None


@pytest.mark.parametrize(
    ("change", "said", "why"),
    [
        ({"target_column_name": None}, "target_column_name is missing", "nothing to predict"),
        ({"task": "image_classification"}, "deep learning", "vision is not run here"),
        ({"task": "clasification"}, "did you mean classification", "a slip of the pen"),
        ({"primary_metric": "AUC_weigted"}, "did you mean AUC_weighted", "a slip of the pen"),
        ({"primary_metric": "r2_score"}, "primary_metric for classification", "a metric of another task"),
        ({"limits": {"max_trials": 0}}, "max_trials must be at least 1", "no trial at all"),
        ({"limits": {"timeout_minutes": "long"}}, "timeout_minutes must be a number", "not a number"),
        ({"limits": [1]}, "limits must be a mapping", "not a mapping"),
        ({"n_cross_validations": 1}, "n_cross_validations must be at least 2", "one fold checks nothing"),
        ({"validation_data_size": 1.5}, "between 0 and 1", "a share"),
        ({"featurization": {"mode": "custom", "blocked_transformers": ["x"]}}, "blocked_transformers", "no such"),
        (
            {"featurization": {"mode": "custom", "blocked_transformers": list(ENCODERS)}},
            "leave one for categories",
            "nothing encodes categories",
        ),
        ({"featurization": {"enable_dnn_featurization": True}}, "deep learning", "not done"),
        ({"featurization": {"modus": "auto"}}, "did you mean mode", "an unknown key"),
        ({"task": "forecasting"}, "time_column_name is missing", "no time"),
        ({"task": "forecasting", "forecasting": {"time_column_name": "t", "use_stl": "season"}}, "use_stl", "not done"),
        ({"task": "forecasting", "forecasting": {"time_column_name": "t", "target_lags": 0}}, "at least 1", "lag 0"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(change: dict[str, Any], said: str, why: str) -> None:
    with pytest.raises(JobRefused) as caught:
        read_settings({**BODY, **change})
    assert said in str(caught.value), why
    assert "\n" not in str(caught.value)


def test_custom_featurization() -> None:
    settings = read_settings(
        {
            **BODY,
            "featurization": {
                "mode": "custom",
                "drop_columns": ["id"],
                "column_name_and_types": {"zip": "categorical"},
                "transformer_params": {
                    "imputer": [{"fields": ["age"], "parameters": {"strategy": "constant", "fill_value": 0}}]
                },
            },
        }
    )
    wanted = settings.featurization
    assert wanted.drop == ("id",)
    assert wanted.types == (("zip", "Categorical"),)
    assert wanted.imputations == (("age", Imputation("constant", 0.0)),)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_each_transformer_of_azure_can_be_blocked_in_either_spelling(name: str) -> None:
    for spelling in (name, "_".join(re.findall("[A-Z][a-z]*", name)).lower()):
        wanted = read_featurization({"mode": "custom", "blocked_transformers": [spelling]})
        assert wanted.encoder == next(encoder for encoder in ENCODERS if encoder != name)


def test_holidays_are_no_reason_to_refuse() -> None:
    body = {"task": "forecasting", "forecasting": {"time_column_name": "t", "country_or_region_for_holidays": "US"}}
    assert list(foreseen({**BODY, **body})) == []


def test_forecast_settings() -> None:
    forecast = read_settings(
        {
            "task": "forecasting",
            "target_column_name": "y",
            "forecasting": {"time_column_name": "t", "forecast_horizon": 7, "target_lags": [2, 1], "frequency": "D"},
        }
    ).forecast
    assert forecast is not None
    assert (forecast.time, forecast.horizon, forecast.lags, forecast.frequency) == ("t", 7, (1, 2), "D")


@pytest.mark.parametrize("spelling", ["LightGBM", "light_gbm", "lightgbm"])
def test_algorithms_are_known_in_each_of_azures_spellings(spelling: str) -> None:
    chosen = choose("classification", Algorithms(allowed=(spelling,)), 100, weighted=False)
    assert [learner.name for learner in chosen] == ["LightGBM"]


def test_blocked_and_unsuited_algorithms_are_not_tried() -> None:
    small = {
        learner.name
        for learner in choose("classification", Algorithms(blocked=("xg_boost_classifier",)), 100, weighted=True)
    }
    assert not small & {"XGBoostClassifier", "KNN"}
    large = {learner.name for learner in choose("classification", Algorithms(), 100_000, weighted=False)}
    assert not large & {"SVM", "LinearSVM", "KNN"}


def test_no_algorithm_left_is_refused() -> None:
    with pytest.raises(JobRefused, match="No algorithm is left"):
        choose("regression", Algorithms(allowed=("KNN",)), 100, weighted=True)


def test_settings_without_effect_are_said() -> None:
    assert notes({"training": {"enable_vote_ensemble": True, "enable_stack_ensemble": False}}) == [
        "training.enable_vote_ensemble has no effect here: one model is chosen."
    ]
    with pytest.raises(JobRefused, match="n_cross_validations"):
        notes({"cv_split_column_names": ["fold"]})
