"""Bodies of AutoML jobs, from the wire to CLI v2, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.errors import Invalid
from orchestrator.workspace.arm.wording import pascal, seconds, snake, snake_keys, whole, without_nothing
from orchestrator.workspace.automl.deep.wire import deep_fields
from orchestrator.workspace.jobs.execution import Body, WireReader, WireWriter

_METRICS: Mapping[str, str] = {"auc_weighted": "AUC_weighted"}
"""Metrics whose names are not what the rule makes of them."""

_UNSET = ("sweepConcurrentTrials", "sweepTrials")
"""Bounds that the client sends as 0 for tables; they belong to images. Source: azure-ai-ml, limit settings."""

_MINUTES: Mapping[str, str] = {"timeout": "timeout_minutes", "trialTimeout": "trial_timeout_minutes"}


def automl_task(sent: Mapping[str, Any]) -> str:
    """The task as CLI v2 writes it: ``classification``, …

    Raises:
        Invalid: none is named.
    """
    task = (sent.get("taskDetails") or {}).get("taskType")
    if not task:
        raise Invalid("The AutoML job has no taskDetails.taskType.")
    return snake(str(task))


def automl_fields(sent: Mapping[str, Any], reader: WireReader) -> dict[str, Any]:
    """The fields of a CLI v2 body that only AutoML jobs have."""
    task: Mapping[str, Any] = sent.get("taskDetails") or {}
    metric = snake(str(task["primaryMetric"])) if task.get("primaryMetric") else None
    fields = {
        "task": automl_task(sent),
        "target_column_name": task.get("targetColumnName"),
        "primary_metric": _METRICS.get(metric, metric) if metric else None,
        "training_data": _table(task.get("trainingData"), reader),
        "validation_data": _table(task.get("validationData"), reader),
        "test_data": _table(task.get("testData"), reader),
        "validation_data_size": task.get("validationDataSize") or None,
        "test_data_size": task.get("testDataSize") or None,
        "n_cross_validations": _chosen(task.get("nCrossValidations")),
        "cv_split_column_names": task.get("cvSplitColumnNames") or None,
        "weight_column_name": task.get("weightColumnName"),
        "positive_label": task.get("positiveLabel"),
        "log_verbosity": snake(str(task["logVerbosity"])) if task.get("logVerbosity") else None,
        "limits": _limits(task.get("limitSettings") or {}) or None,
        "training": _training(task.get("trainingSettings") or {}) or None,
        "featurization": _featurization(task.get("featurizationSettings") or {}) or None,
        "forecasting": _forecasting(task.get("forecastingSettings") or {}) or None,
    }
    return without_nothing({**fields, **deep_fields(task)})


def _table(sent: Mapping[str, Any] | None, reader: WireReader) -> dict[str, Any] | None:
    return {"type": sent.get("jobInputType") or "mltable", "path": reader.input(sent)["path"]} if sent else None


def _chosen(sent: Any) -> Any:
    """A value that is ``auto`` or one's own: ``{mode: Custom, value: 3}`` is 3."""
    if not isinstance(sent, Mapping):
        return sent
    if str(sent.get("mode", "")).lower() == "custom":
        return sent.get("value", sent.get("values"))
    return str(sent.get("mode") or "auto").lower()


def _limits(sent: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in sent.items():
        if value is None or name in _UNSET:
            continue
        if name in _MINUTES:
            fields[_MINUTES[name]] = whole(seconds(str(value)) / 60)
        else:
            fields[snake(name)] = value
    return fields


def _training(sent: Mapping[str, Any]) -> dict[str, Any]:
    fields = without_nothing(snake_keys(sent))
    for name in ("allowed_training_algorithms", "blocked_training_algorithms"):
        if name in fields:
            fields[name] = [snake(str(algorithm)) for algorithm in fields[name]]
    if "ensemble_model_download_timeout" in fields:
        minutes = seconds(str(fields.pop("ensemble_model_download_timeout"))) / 60
        fields["ensemble_model_download_timeout_minutes"] = whole(minutes)
    return fields


def _featurization(sent: Mapping[str, Any]) -> dict[str, Any]:
    columns = sent.get("columnNameAndTypes")
    parameters = {
        snake(name): [snake_keys(entry) for entry in entries]
        for name, entries in (sent.get("transformerParams") or {}).items()
    }
    fields = {
        "mode": str(sent["mode"]).lower() if sent.get("mode") else None,
        "blocked_transformers": sent.get("blockedTransformers") or None,
        "column_name_and_types": dict(columns) if columns else None,
        "transformer_params": parameters or None,
        "dataset_language": sent.get("datasetLanguage"),
        "enable_dnn_featurization": sent.get("enableDnnFeaturization"),
    }
    return without_nothing(fields)


def _forecasting(sent: Mapping[str, Any]) -> dict[str, Any]:
    fields = {snake(name): _chosen(value) for name, value in sent.items()}
    for name in ("feature_lags", "use_stl", "short_series_handling_config", "target_aggregate_function"):
        if isinstance(fields.get(name), str):
            fields[name] = snake(fields[name])
    return without_nothing(fields)


def automl_properties(body: Body, variant: str, writer: WireWriter) -> dict[str, Any]:
    """The properties of the wire that only AutoML jobs have."""
    fields = {
        "taskType": pascal(variant.partition(".")[2]),
        "targetColumnName": body.get("target_column_name"),
        "primaryMetric": pascal(str(body["primary_metric"])) if body.get("primary_metric") else None,
        "trainingData": writer.input({"type": "mltable", **(body.get("training_data") or {})}),
        "logVerbosity": "Info",
    }
    if body.get("forecasting"):
        fields["forecastingSettings"] = {"timeColumnName": body["forecasting"].get("time_column_name")}
    return {"taskDetails": without_nothing(fields)}
