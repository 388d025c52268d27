"""When a signal of a monitor raises an alert. Source: azure-ai-ml, ``_schema/monitoring/thresholds.py``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, Number
from orchestrator.core.kind import Spec


class NumericalDrift(Spec):
    """Bounds of numerical features."""

    jensen_shannon_distance: Number | None = Field(None, description="Threshold of the Jensen-Shannon distance.")
    normalized_wasserstein_distance: Number | None = Field(
        None, description="Threshold of the normalized Wasserstein distance."
    )
    population_stability_index: Number | None = Field(None, description="Threshold of the population stability index.")
    two_sample_kolmogorov_smirnov_test: Number | None = Field(
        None, description="Threshold of the two-sample Kolmogorov-Smirnov test."
    )


class CategoricalDrift(Spec):
    """Bounds of categorical features."""

    jensen_shannon_distance: Number | None = Field(None, description="Threshold of the Jensen-Shannon distance.")
    population_stability_index: Number | None = Field(None, description="Threshold of the population stability index.")
    pearsons_chi_squared_test: Number | None = Field(None, description="Threshold of Pearson's chi-squared test.")


class Quality(Spec):
    """Bounds of the quality of data."""

    null_value_rate: Number | None = Field(None, description="Maximum rate of null values.")
    data_type_error_rate: Number | None = Field(None, description="Maximum rate of values of the wrong type.")
    out_of_bounds_rate: Number | None = Field(None, description="Maximum rate of values out of bounds.")


class _Thresholds(Spec):
    threshold: Number | None = Field(None, description="Threshold of the metric.")
    data_type: Annotated[Literal["numerical", "categorical"], ANY_CASE] | None = Field(
        None, description="Type of the features that the threshold is for."
    )


class DriftThresholds(_Thresholds):
    """Bounds of drift."""

    numerical: NumericalDrift | None = Field(None, description="Thresholds of numerical features.")
    categorical: CategoricalDrift | None = Field(None, description="Thresholds of categorical features.")


class QualityThresholds(_Thresholds):
    """Bounds of quality."""

    numerical: Quality | None = Field(None, description="Thresholds of numerical features.")
    categorical: Quality | None = Field(None, description="Thresholds of categorical features.")


class AttributionThresholds(Spec):
    """Bounds of the importance of features."""

    threshold: Number | None = Field(None, description="Threshold of the metric.")
    normalized_discounted_cumulative_gain: Number | None = Field(
        None, description="Threshold of the normalized discounted cumulative gain."
    )


class ClassificationBounds(Spec):
    """Bounds of classifiers."""

    accuracy: Number | None = Field(None, description="Minimum accuracy.")
    precision: Number | None = Field(None, description="Minimum precision.")
    recall: Number | None = Field(None, description="Minimum recall.")


class RegressionBounds(Spec):
    """Bounds of regressors."""

    mae: Number | None = Field(None, description="Maximum mean absolute error.")
    mse: Number | None = Field(None, description="Maximum mean squared error.")
    rmse: Number | None = Field(None, description="Maximum root mean squared error.")


class PerformanceThresholds(Spec):
    """Bounds of what a model achieves."""

    threshold: Number | None = Field(None, description="Threshold of the metric.")
    classification: ClassificationBounds | None = Field(None, description="Thresholds of classification models.")
    regression: RegressionBounds | None = Field(None, description="Thresholds of regression models.")


class CustomThreshold(Spec):
    """A custom threshold."""

    threshold: Number | None = Field(None, description="Threshold of the metric.")
    metric_name: str | None = Field(None, description="Name of the metric.")


class SafetyThresholds(Spec):
    """Bounds of generated text."""

    groundedness: (
        dict[
            Literal["aggregated_groundedness_pass_rate", "acceptable_groundedness_score_per_instance"],
            Number,
        ]
        | None
    ) = Field(None, description="Thresholds of groundedness.")
    relevance: (
        dict[Literal["aggregated_relevance_pass_rate", "acceptable_relevance_score_per_instance"], Number] | None
    ) = Field(None, description="Thresholds of relevance.")
    coherence: (
        dict[Literal["aggregated_coherence_pass_rate", "acceptable_coherence_score_per_instance"], Number] | None
    ) = Field(None, description="Thresholds of coherence.")
    fluency: dict[Literal["aggregated_fluency_pass_rate", "acceptable_fluency_score_per_instance"], Number] | None = (
        Field(None, description="Thresholds of fluency.")
    )
    similarity: (
        dict[Literal["aggregated_similarity_pass_rate", "acceptable_similarity_score_per_instance"], Number] | None
    ) = Field(None, description="Thresholds of similarity.")


class TokenThresholds(Spec):
    """Bounds of the number of tokens."""

    totaltoken: dict[Literal["total_token_count", "total_token_count_per_group"], Number] | None = Field(
        None, description="Thresholds of the number of tokens."
    )
