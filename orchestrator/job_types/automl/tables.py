"""AutoML jobs on tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import AS_TEXT, CAMEL, Flag, Number, Scalar, Whole
from orchestrator.core.field_mark import Computed, Keyed, Passive
from orchestrator.core.kind import Spec
from orchestrator.job_types.automl.common import (
    COLUMN,
    LEARNT_COLUMN,
    SPEED,
    TIME,
    AutoMlJob,
    ClassificationMetric,
    TableInput,
)

_SPELT: Final = "the service spells it so; specs have another field"


class TableLimits(Spec):
    """Bounds on a search. Those that change which models are tried are content; those that bound time or speed are not."""

    enable_early_termination: Flag | None = None
    exit_score: Number | None = None
    max_trials: Whole | None = Field(None, ge=1)
    max_concurrent_trials: Annotated[Whole | None, Passive(SPEED)] = Field(None, ge=1)
    max_cores_per_trial: Annotated[Whole | None, Passive(SPEED)] = None
    max_nodes: Annotated[Whole | None, Passive(SPEED)] = None
    timeout_minutes: Annotated[Whole | None, Passive(TIME)] = Field(None, ge=1)
    trial_timeout_minutes: Annotated[Whole | None, Passive(TIME)] = Field(None, ge=1)


class TransformerParameters(Spec):
    """Settings of one transformer for some columns."""

    fields: Annotated[list[str] | None, COLUMN] = None
    parameters: dict[str, Any] | None = None


class Featurization(Spec):
    """What is done to the columns before training."""

    mode: Literal["auto", "off", "custom"] | None = None
    blocked_transformers: Annotated[list[str] | None, Keyed("a set")] = None
    column_name_and_types: Annotated[dict[str, str] | None, replace(COLUMN, keys=True)] = None
    transformer_params: dict[str, list[TransformerParameters]] | None = None
    dataset_language: str | None = None
    enable_dnn_featurization: Flag | None = None


MetaLearner: TypeAlias = Literal[
    "none", "logistic_regression", "logistic_regression_cv", "light_gbm_classifier", "elastic_net", "elastic_net_cv",
    "light_gbm_regressor", "linear_regression",
]  # fmt: skip


class StackEnsemble(Spec):
    """How a stack ensemble learns."""

    stack_meta_learner_k_wargs: Annotated[dict[str, Any] | None, Computed(_SPELT)] = None
    stack_meta_learner_kwargs: dict[str, Any] | None = None
    stack_meta_learner_train_percentage: Number | None = None
    stack_meta_learner_type: Annotated[MetaLearner, CAMEL]


class Training(Spec):
    """What the search may use."""

    enable_dnn_training: Flag | None = None
    enable_model_explainability: Flag | None = None
    enable_onnx_compatible_models: Flag | None = None
    enable_stack_ensemble: Flag | None = None
    enable_vote_ensemble: Flag | None = None
    ensemble_model_download_timeout: Annotated[str | Whole | None, Computed(_SPELT)] = None
    ensemble_model_download_timeout_minutes: Annotated[Whole | None, Passive(TIME)] = None
    stack_ensemble_settings: StackEnsemble | None = None
    allowed_training_algorithms: Annotated[list[str] | None, Keyed("a set")] = None
    blocked_training_algorithms: Annotated[list[str] | None, Keyed("a set")] = None
    training_mode: Annotated[Literal["auto", "distributed", "non_distributed"] | None, CAMEL] = None


class TableJob(AutoMlJob):
    """What AutoML jobs on tables have."""

    test_data: TableInput | None = None
    validation_data_size: Number | None = Field(None, gt=0, lt=1)
    test_data_size: Number | None = Field(None, gt=0, lt=1)
    n_cross_validations: Literal["auto"] | Whole | None = None
    cv_split_column_names: Annotated[list[str] | None, COLUMN] = None
    weight_column_name: Annotated[str | None, LEARNT_COLUMN] = None
    featurization: Featurization | None = None
    limits: TableLimits | None = None
    training: Training | None = None


RegressionMetric: TypeAlias = Literal[
    "normalized_mean_absolute_error", "normalized_root_mean_squared_error", "r2_score", "spearman_correlation",
]  # fmt: skip


class ClassificationJob(TableJob):
    """Predict a class."""

    task: Literal["classification"]
    primary_metric: Annotated[ClassificationMetric | None, CAMEL] = None
    positive_label: Annotated[Scalar | None, AS_TEXT] = None


class RegressionJob(TableJob):
    """Predict a number."""

    task: Literal["regression"]
    primary_metric: Annotated[RegressionMetric | None, CAMEL] = None


Positive: TypeAlias = Annotated[Whole, Field(ge=1)]


class ForecastSettings(Spec):
    """How a table is a time series."""

    time_column_name: Annotated[str, COLUMN]
    time_series_id_column_names: Annotated[str | list[str] | None, COLUMN] = None
    forecast_horizon: Literal["auto"] | Positive | None = None
    frequency: str | None = None
    cv_step_size: Positive | None = None
    country_or_region_for_holidays: str | None = None
    feature_lags: Literal["auto", "none"] | None = None
    features_unknown_at_forecast_time: Annotated[str | list[str] | None, COLUMN] = None
    seasonality: Literal["auto"] | Positive | None = None
    short_series_handling_config: Literal["auto", "pad", "drop", "none"] | None = None
    target_aggregate_function: Literal["max", "mean", "min", "sum", "none"] | None = None
    target_lags: Literal["auto"] | Positive | list[Positive] | None = None
    target_rolling_window_size: Literal["auto"] | Positive | None = None
    use_stl: Literal["season", "season_trend", "none"] | None = None


class ForecastingJob(TableJob):
    """Predict the next values of time series."""

    task: Literal["forecasting"]
    primary_metric: Annotated[RegressionMetric | None, CAMEL] = None
    forecasting: ForecastSettings
