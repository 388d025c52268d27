"""What a schedule watches: a model in use, by signals with thresholds. Source: azure-ai-ml, ``_schema/monitoring``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, ASSET, CAMEL, DATA_FILES, Environ, Flag, Number, Whole
from orchestrator.core.field_mark import PartNames, Ref
from orchestrator.core.kind import Spec
from orchestrator.kinds.schedule.thresholds import (
    AttributionThresholds,
    CustomThreshold,
    DriftThresholds,
    PerformanceThresholds,
    QualityThresholds,
    SafetyThresholds,
    TokenThresholds,
)

Context: TypeAlias = Annotated[
    Literal["model_inputs", "model_outputs", "training", "test", "validation", "ground_truth"], ANY_CASE, CAMEL
]
Columns: TypeAlias = dict[str, str]


class SparkCompute(Spec):
    """Serverless Spark, on which monitors run."""

    compute_type: str | None = Field(None, description="Type of the compute: ServerlessSpark.")
    instance_type: str = Field(description="Size of the machines, such as standard_e4s_v3.")
    runtime_version: str = Field(description="Version of Spark, such as '3.4'.")


class MonitoringTarget(Spec):
    """What is watched."""

    ml_task: Annotated[Literal["classification", "regression", "question_answering"], ANY_CASE, CAMEL] | None = Field(
        None, description="What the model does."
    )
    endpoint_deployment_id: Annotated[
        str | None, PartNames("its data are compared", part="deployments", section="online_endpoints")
    ] = Field(None, description="azureml:ENDPOINT:DEPLOYMENT.")
    model_id: Annotated[str, Ref("what is watched", kind="models")] | None = Field(
        None, description="Model that is watched: azureml:NAME:VERSION."
    )


class AlertEmails(Spec):
    """Who gets alerts."""

    emails: list[str] | None = Field(None, description="Email addresses that get alerts.")


class TableData(Spec):
    """Data that a signal reads."""

    type: Literal["uri_file", "uri_folder", "mltable"] | None = Field(None, description="Type of the data.")
    path: Annotated[str, DATA_FILES, ASSET] = Field(
        description="Asset (azureml:NAME:VERSION), datastore path or local path."
    )
    mode: Literal["ro_mount", "download", "direct", "eval_mount", "eval_download"] | None = Field(
        None, description="How the data reaches the monitor: mounted, downloaded or as a URL."
    )
    path_on_compute: str | None = Field(None, description="Where the data is found on the machine.")
    datastore: str | None = Field(None, description="azureml:NAME of the datastore for a local path.")


class Window(Spec):
    """Which part of the data, by time: from a start to an end, or so much before now."""

    window_start: str | None = Field(None, description="Start of the window, as a date.")
    window_end: str | None = Field(None, description="End of the window, as a date.")
    lookback_window_size: str | None = Field(None, description="ISO 8601 duration, such as P7D; or default.")
    lookback_window_offset: str | None = Field(None, description="ISO 8601 duration, such as P0D; or default.")


class ProductionData(Spec):
    """Data that the model got or gave in use."""

    input_data: TableData | None = Field(None, description="Data to read.")
    data_context: Context | None = Field(None, description="What the data is to the model.")
    pre_processing_component: Annotated[str, Ref("prepares the data", kind="components")] | None = Field(
        None, description="Component that prepares the data: azureml:NAME:VERSION."
    )
    data_window: Window | None = Field(None, description="Time window of the data to use.")
    data_column_names: Columns | None = Field(None, description="Role to column name.")


class ReferenceData(ProductionData):
    """Data that it is compared with."""

    target_column_name: str | None = Field(None, description="Column with the target.")


class AttributedData(Spec):
    """Production data of a signal about the importance of features."""

    input_data: TableData | None = Field(None, description="Data to read.")
    data_context: Context | None = Field(None, description="What the data is to the model.")
    data_column_names: dict[Literal["prediction", "prediction_probability", "correlation_id"], str] | None = Field(
        None, description="Role to column name."
    )
    pre_processing_component: Annotated[str, Ref("prepares the data", kind="components")] | None = Field(
        None, description="Component that prepares the data: azureml:NAME:VERSION."
    )
    data_window: Window | None = Field(None, description="Time window of the data to use.")


class GeneratedData(Spec):
    """Data of a model that generates text."""

    input_data: TableData | None = Field(None, description="Data to read.")
    data_column_names: dict[str, Any] | None = Field(None, description="Role to column name.")
    data_window: Window | None = Field(None, description="Time window of the data to use.")


class Segment(Spec):
    """Rows of which a feature has certain values."""

    feature_name: str | None = Field(None, description="Name of the feature.")
    feature_values: list[str] | None = Field(None, description="Values of the feature that belong to the segment.")


class TopFeatures(Spec):
    """The most important features."""

    top_n_feature_importance: Whole | None = Field(None, description="Number of the most important features to use.")


class _Signal(Spec):
    alert_enabled: Flag | None = Field(None, description="Whether a passed threshold raises an alert.")


class _DataSignal(_Signal):
    production_data: ProductionData | None = Field(None, description="Production data of the model.")
    reference_data: ReferenceData | None = Field(None, description="Data to compare with.")
    properties: dict[str, Any] | None = Field(None, description="Further settings that the service reads.")


class DataDrift(_DataSignal):
    """Whether inputs are distributed otherwise than before."""

    type: Annotated[Literal["data_drift"], ANY_CASE, CAMEL] = Field(description="Type of the signal.")
    features: TopFeatures | Literal["all_features"] | list[str] | None = Field(
        None, description="Features to watch: a list, all_features, or the most important ones."
    )
    feature_type_override: dict[str, Any] | None = Field(None, description="Feature to the type that it is treated as.")
    metric_thresholds: DriftThresholds = Field(description="Thresholds that raise an alert.")
    data_segment: Segment | None = Field(None, description="Part of the data to use.")


class DataQuality(_DataSignal):
    """Whether inputs are complete and of the right types."""

    type: Annotated[Literal["data_quality"], ANY_CASE, CAMEL] = Field(description="Type of the signal.")
    features: TopFeatures | Literal["all_features"] | list[str] | None = Field(
        None, description="Features to watch: a list, all_features, or the most important ones."
    )
    feature_type_override: dict[str, Any] | None = Field(None, description="Feature to the type that it is treated as.")
    metric_thresholds: QualityThresholds = Field(description="Thresholds that raise an alert.")


class PredictionDrift(_DataSignal):
    """Whether outputs are distributed otherwise than before."""

    type: Annotated[Literal["prediction_drift"], ANY_CASE, CAMEL] = Field(description="Type of the signal.")
    metric_thresholds: DriftThresholds = Field(description="Thresholds that raise an alert.")


class AttributionDrift(_Signal):
    """Whether other features have become important."""

    type: Annotated[Literal["feature_attribution_drift"], ANY_CASE, CAMEL] = Field(description="Type of the signal.")
    production_data: list[AttributedData] | None = Field(None, description="Production data of the model.")
    reference_data: ReferenceData = Field(description="Data to compare with.")
    metric_thresholds: AttributionThresholds = Field(description="Thresholds that raise an alert.")


class Performance(_Signal):
    """Whether predictions come true."""

    type: Annotated[Literal["model_performance"], ANY_CASE, CAMEL] = Field(description="Type of the signal.")
    production_data: ProductionData = Field(description="Production data of the model.")
    reference_data: ReferenceData | None = Field(None, description="Data to compare with.")
    data_segment: Segment | None = Field(None, description="Part of the data to use.")
    metric_thresholds: PerformanceThresholds = Field(description="Thresholds that raise an alert.")
    properties: dict[str, Any] | None = Field(None, description="Further settings that the service reads.")


class SignalConnection(Spec):
    """What a custom component needs to reach a service."""

    environment_variables: Environ | None = Field(None, description="Environment variables: name to value.")
    secret_config: Environ | None = Field(None, description="Name to the secret that it stands for.")


class CustomSignal(_Signal):
    """A custom component."""

    type: Annotated[Literal["custom"], ANY_CASE] = Field(description="Type of the signal.")
    component_id: Annotated[str, Ref("what watches", kind="components")] = Field(
        description="Component that computes the metrics: azureml:NAME:VERSION."
    )
    metric_thresholds: list[CustomThreshold] = Field(description="Thresholds that raise an alert.")
    connection: SignalConnection | None = Field(None, description="What the component needs to reach a service.")
    input_data: dict[str, ReferenceData] | None = Field(None, description="Data by name.")
    inputs: dict[str, TableData] | None = Field(None, description="Further inputs of the component, by name.")


class GenerationSafety(_Signal):
    """Whether generated text is good and harmless."""

    type: Annotated[Literal["generation_safety_quality"], ANY_CASE, CAMEL] = Field(description="Type of the signal.")
    production_data: list[GeneratedData] | None = Field(None, description="Production data of the model.")
    connection_id: str | None = Field(None, description="Connection to the model that judges the text.")
    metric_thresholds: SafetyThresholds = Field(description="Thresholds that raise an alert.")
    properties: dict[str, Any] | None = Field(None, description="Further settings that the service reads.")
    sampling_rate: Number | None = Field(None, description="Share of the data to use.")


class TokenStatistics(_Signal):
    """How many tokens generated text takes."""

    type: Annotated[Literal["generation_token_statistics"], ANY_CASE, CAMEL] = Field(description="Type of the signal.")
    production_data: GeneratedData | None = Field(None, description="Production data of the model.")
    metric_thresholds: TokenThresholds | None = Field(None, description="Thresholds that raise an alert.")
    properties: dict[str, Any] | None = Field(None, description="Further settings that the service reads.")
    sampling_rate: Number | None = Field(None, description="Share of the data to use.")


Signal: TypeAlias = (
    DataDrift
    | DataQuality
    | PredictionDrift
    | AttributionDrift
    | Performance
    | CustomSignal
    | GenerationSafety
    | TokenStatistics
)


class Monitor(Spec):
    """What is watched, by which signals, and who gets alerts."""

    compute: SparkCompute = Field(description="Compute that the monitor runs on.")
    monitoring_target: MonitoringTarget | None = Field(None, description="Model or deployment to watch.")
    monitoring_signals: dict[str, Signal] | None = Field(
        None, description="Signals by name; default: the service's signals for the target."
    )
    alert_notification: Literal["azmonitoring"] | AlertEmails | None = Field(
        None, description="Who gets alerts: email addresses, or azmonitoring."
    )
