"""AutoML jobs on tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import AS_TEXT, CAMEL, Flag, Number, Scalar, Whole
from orchestrator.core.field_mark import Computed, Keyed, RunSetting
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
    """Limits of a search. Limits that change which models are tried are content; limits of time and concurrency are not."""

    enable_early_termination: Flag | None = Field(
        None, description="Whether the search ends when the score no longer improves. Default: true."
    )
    exit_score: Number | None = Field(
        None, description="Score of the primary metric at which the search ends. Default: none."
    )
    max_trials: Whole | None = Field(None, ge=1, description="Maximum number of trials. Default: 1000.")
    max_concurrent_trials: Annotated[Whole | None, RunSetting(SPEED)] = Field(
        None, ge=1, description="Maximum number of trials that run at the same time. Default: 1."
    )
    max_cores_per_trial: Annotated[Whole | None, RunSetting(SPEED)] = Field(
        None, description="Maximum number of cores of each trial; -1 uses all. Default: -1."
    )
    max_nodes: Annotated[Whole | None, RunSetting(SPEED)] = Field(
        None, description="Maximum number of nodes for distributed training."
    )
    timeout_minutes: Annotated[Whole | None, RunSetting(TIME)] = Field(
        None, ge=1, description="Maximum run time of the job, in minutes. Default: 360 (6 hours)."
    )
    trial_timeout_minutes: Annotated[Whole | None, RunSetting(TIME)] = Field(
        None, ge=1, description="Maximum run time of each trial, in minutes. Default: 30."
    )


class TransformerParameters(Spec):
    """Parameters of a transformer for some columns."""

    fields: Annotated[list[str] | None, COLUMN] = Field(None, description="Columns that the parameters apply to.")
    parameters: dict[str, Any] | None = Field(None, description="Parameters of the transformer: name to value.")


class Featurization(Spec):
    """How columns are transformed before training."""

    mode: Literal["auto", "off", "custom"] | None = Field(
        None, description="auto, off or custom (with the settings below). Default: auto."
    )
    blocked_transformers: Annotated[list[str] | None, Keyed("a set")] = Field(
        None, description="Transformers that are not used."
    )
    column_name_and_types: Annotated[dict[str, str] | None, replace(COLUMN, keys=True)] = Field(
        None, description="Purpose of columns: column name to type, such as Numeric or Categorical."
    )
    transformer_params: dict[str, list[TransformerParameters]] | None = Field(
        None, description="Parameters of transformers: transformer name to column groups."
    )
    dataset_language: str | None = Field(
        None, description="Language of text columns, as an ISO 639-3 code such as eng."
    )
    enable_dnn_featurization: Flag | None = Field(
        None, description="Whether text columns are featurized with deep neural networks. Default: false."
    )


MetaLearner: TypeAlias = Literal[
    "none", "logistic_regression", "logistic_regression_cv", "light_gbm_classifier", "elastic_net", "elastic_net_cv",
    "light_gbm_regressor", "linear_regression",
]  # fmt: skip


class StackEnsemble(Spec):
    """Settings of the stack ensemble."""

    stack_meta_learner_k_wargs: Annotated[dict[str, Any] | None, Computed(_SPELT)] = Field(
        None, description="Read-only: the service's spelling of stack_meta_learner_kwargs."
    )
    stack_meta_learner_kwargs: dict[str, Any] | None = Field(
        None, description="Parameters of the meta-learner: name to value."
    )
    stack_meta_learner_train_percentage: Number | None = Field(
        None, description="Fraction of the training data reserved for the meta-learner. Default: 0.2."
    )
    stack_meta_learner_type: Annotated[MetaLearner, CAMEL] = Field(description="Model that combines the others.")


class Training(Spec):
    """Algorithms and ensembles of the search."""

    enable_dnn_training: Flag | None = Field(
        None, description="Whether deep neural networks are tried. Default: false."
    )
    enable_model_explainability: Flag | None = Field(
        None, description="Whether the best model is explained. Default: true."
    )
    enable_onnx_compatible_models: Flag | None = Field(
        None, description="Whether only ONNX-compatible models are tried. Default: false."
    )
    enable_stack_ensemble: Flag | None = Field(None, description="Whether a stack ensemble is trained. Default: true.")
    enable_vote_ensemble: Flag | None = Field(None, description="Whether a vote ensemble is trained. Default: true.")
    ensemble_model_download_timeout: Annotated[str | Whole | None, Computed(_SPELT)] = Field(
        None, description="Read-only: the service's spelling of ensemble_model_download_timeout_minutes."
    )
    ensemble_model_download_timeout_minutes: Annotated[Whole | None, RunSetting(TIME)] = Field(
        None, description="Maximum time to download the models of an ensemble, in minutes. Default: 5."
    )
    stack_ensemble_settings: StackEnsemble | None = Field(None, description="Settings of the stack ensemble.")
    allowed_training_algorithms: Annotated[list[str] | None, Keyed("a set")] = Field(
        None, description="Algorithms to try. Default: all algorithms of the task."
    )
    blocked_training_algorithms: Annotated[list[str] | None, Keyed("a set")] = Field(
        None, description="Algorithms that are not tried."
    )
    training_mode: Annotated[Literal["auto", "distributed", "non_distributed"] | None, CAMEL] = Field(
        None, description="Whether training is distributed. Default: auto."
    )


class TableJob(AutoMlJob):
    """What automated ML jobs on tables have."""

    test_data: TableInput | None = Field(None, description="Test data that the best model is evaluated on.")
    validation_data_size: Number | None = Field(
        None, gt=0, lt=1, description="Fraction of the training data used for validation, without validation_data."
    )
    test_data_size: Number | None = Field(
        None, gt=0, lt=1, description="Fraction of the training data used for testing, without test_data."
    )
    n_cross_validations: Literal["auto"] | Whole | None = Field(
        None, description="Number of cross-validation folds, or auto."
    )
    cv_split_column_names: Annotated[list[str] | None, COLUMN] = Field(
        None, description="Columns that define the cross-validation split."
    )
    weight_column_name: Annotated[str | None, LEARNT_COLUMN] = Field(
        None, description="Column with the weight of each row."
    )
    featurization: Featurization | None = Field(None, description="How columns are transformed before training.")
    limits: TableLimits | None = Field(None, description="Limits of the search.")
    training: Training | None = Field(None, description="Algorithms and ensembles of the search.")


RegressionMetric: TypeAlias = Literal[
    "normalized_mean_absolute_error", "normalized_root_mean_squared_error", "r2_score", "spearman_correlation",
]  # fmt: skip


class ClassificationJob(TableJob):
    """Predicts a class."""

    task: Literal["classification"] = Field(description="classification: predicts a class.")
    primary_metric: Annotated[ClassificationMetric | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: accuracy."
    )
    positive_label: Annotated[Scalar | None, AS_TEXT] = Field(
        None, description="Label that counts as positive in binary metrics."
    )


class RegressionJob(TableJob):
    """Predicts a number."""

    task: Literal["regression"] = Field(description="regression: predicts a number.")
    primary_metric: Annotated[RegressionMetric | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: normalized_root_mean_squared_error."
    )


Positive: TypeAlias = Annotated[Whole, Field(ge=1)]


class ForecastSettings(Spec):
    """How a table is read as time series."""

    time_column_name: Annotated[str, COLUMN] = Field(description="Column with the time.")
    time_series_id_column_names: Annotated[str | list[str] | None, COLUMN] = Field(
        None, description="Columns that identify a time series. Default: the table is one time series."
    )
    forecast_horizon: Literal["auto"] | Positive | None = Field(
        None, description="Number of periods to forecast, or auto. Default: 1."
    )
    frequency: str | None = Field(
        None, description="Period of the series, as a pandas offset such as D or 15min. Default: derived from the data."
    )
    cv_step_size: Positive | None = Field(
        None, description="Number of periods between the origins of two cross-validation folds. Default: auto."
    )
    country_or_region_for_holidays: str | None = Field(
        None, description="Country or region whose holidays become features, as a two-letter code such as US."
    )
    feature_lags: Literal["auto", "none"] | None = Field(
        None, description="Whether lags of numeric features are added: auto or none. Default: none."
    )
    features_unknown_at_forecast_time: Annotated[str | list[str] | None, COLUMN] = Field(
        None, description="Feature columns whose values are unknown when forecasting."
    )
    seasonality: Literal["auto"] | Positive | None = Field(
        None, description="Seasonality in periods, or auto. Default: auto."
    )
    short_series_handling_config: Literal["auto", "pad", "drop", "none"] | None = Field(
        None, description="What happens to short series: auto, pad, drop or none. Default: auto."
    )
    target_aggregate_function: Literal["max", "mean", "min", "sum", "none"] | None = Field(
        None, description="How the target is aggregated to frequency. Default: none."
    )
    target_lags: Literal["auto"] | Positive | list[Positive] | None = Field(
        None, description="Lags of the target in periods, or auto. Default: none."
    )
    target_rolling_window_size: Literal["auto"] | Positive | None = Field(
        None, description="Number of past periods in rolling-window features of the target, or auto. Default: none."
    )
    use_stl: Literal["season", "season_trend", "none"] | None = Field(
        None, description="Whether an STL decomposition adds season and trend features. Default: none."
    )


class ForecastingJob(TableJob):
    """Predicts the next values of time series."""

    task: Literal["forecasting"] = Field(description="forecasting: predicts the next values of time series.")
    primary_metric: Annotated[RegressionMetric | None, CAMEL] = Field(
        None, description="Metric to optimize. Default: normalized_root_mean_squared_error."
    )
    forecasting: ForecastSettings = Field(description="Settings of the time series.")
