"""Monitors and collected data: from the wire to CLI v2. Source: Azure REST specification, ``MonitorDefinition``, ``DataCollector``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.workspace.arm.scope import REFERENCE, shorten
from orchestrator.workspace.arm.storage import localise
from orchestrator.workspace.arm.wording import snake, without_nothing

_DEPLOYMENT: Final = re.compile(r".*/onlineEndpoints/(?P<endpoint>[^/]+)/deployments/(?P<name>[^/]+)", re.IGNORECASE)
_WINDOW: Final = {
    "windowSize": "lookback_window_size",
    "windowOffset": "lookback_window_offset",
    "windowStart": "window_start",
    "windowEnd": "window_end",
}


def monitor_body(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The ``create_monitor`` of a ``monitorDefinition``."""
    compute, target = sent.get("computeConfiguration") or {}, sent.get("monitoringTarget") or {}
    return without_nothing(
        {
            "compute": without_nothing(
                {"instance_type": compute.get("instanceType"), "runtime_version": compute.get("runtimeVersion")}
            ),
            "monitoring_target": without_nothing(
                {
                    "ml_task": snake(str(target["taskType"])) if target.get("taskType") else None,
                    "endpoint_deployment_id": _deployment(target.get("deploymentId")),
                    "model_id": shorten(str(target["modelId"])) if target.get("modelId") else None,
                }
            )
            or None,
            "monitoring_signals": {name: _signal(one) for name, one in (sent.get("signals") or {}).items()} or None,
            "alert_notification": _notification(sent.get("alertNotificationSetting") or {}),
        }
    )


def _deployment(identity: Any) -> str | None:
    match = _DEPLOYMENT.fullmatch(str(identity or ""))
    return f"{REFERENCE}{match['endpoint']}:{match['name']}" if match else identity


def _notification(sent: Mapping[str, Any]) -> Any:
    emails = (sent.get("emailNotificationSetting") or {}).get("emails")
    if emails:
        return {"emails": list(emails)}
    return str(sent["alertNotificationType"]).lower() if sent.get("alertNotificationType") else None


def _signal(sent: Mapping[str, Any]) -> dict[str, Any]:
    production = sent.get("productionData")
    segment = sent.get("dataSegment") or {}
    return without_nothing(
        {
            "type": snake(str(sent.get("signalType"))),
            "production_data": _data(production) if isinstance(production, Mapping) else None,
            "reference_data": _data(sent["referenceData"]) if isinstance(sent.get("referenceData"), Mapping) else None,
            "features": _features(sent.get("features") or {}),
            "feature_type_override": sent.get("featureDataTypeOverride") or None,
            "data_segment": {"feature_name": segment["feature"], "feature_values": list(segment.get("values") or ())}
            if segment.get("feature")
            else None,
            "metric_thresholds": _thresholds(sent.get("metricThresholds")),
            "alert_enabled": str(sent.get("mode")).lower() == "enabled",
        }
    )


def _data(sent: Mapping[str, Any]) -> dict[str, Any]:
    window = {cli: sent[wire] for wire, cli in _WINDOW.items() if sent.get(wire)}
    uri = str(sent.get("uri") or "")
    return without_nothing(
        {
            "input_data": {"type": snake(str(sent.get("jobInputType") or "uri_folder")), "path": localise(shorten(uri))}
            if uri
            else None,
            "data_context": snake(str(sent["dataContext"])) if sent.get("dataContext") else None,
            "data_column_names": sent.get("columns") or None,
            "pre_processing_component": sent.get("preprocessingComponentId"),
            "data_window": window or None,
        }
    )


def _features(sent: Mapping[str, Any]) -> Any:
    if sent.get("features"):
        return list(sent["features"])
    return {"top_n_feature_importance": sent["top"]} if sent.get("top") else None


def _thresholds(sent: Any) -> dict[str, Any] | None:
    """Bounds by the type of features; other types of signals are only recorded."""
    found: dict[str, dict[str, Any]] = {}
    for one in sent if isinstance(sent, list) else ():
        if one.get("dataType"):
            value = (one.get("threshold") or {}).get("value")
            found.setdefault(str(one["dataType"]).lower(), {})[snake(str(one.get("metric")))] = value
    return found or None


def collector_body(sent: Mapping[str, Any]) -> dict[str, Any] | None:
    """The ``data_collector`` of a deployment; None if nothing is collected."""
    if not sent.get("collections"):
        return None
    logging = sent.get("requestLogging") or {}
    return without_nothing(
        {
            "collections": {name: _collection(one) for name, one in sent["collections"].items()},
            "rolling_rate": str(sent["rollingRate"]).lower() if sent.get("rollingRate") else None,
            "request_logging": {"capture_headers": list(logging.get("captureHeaders") or ())} if logging else None,
        }
    )


def _collection(sent: Mapping[str, Any]) -> dict[str, Any]:
    data = shorten(str(sent["dataId"])) if sent.get("dataId") else ""
    return without_nothing(
        {
            "enabled": "true" if str(sent.get("dataCollectionMode")).lower() == "enabled" else "false",
            "sampling_rate": sent.get("samplingRate"),
            "client_id": sent.get("clientId"),
            "data": data if data.startswith(REFERENCE) else None,
        }
    )
