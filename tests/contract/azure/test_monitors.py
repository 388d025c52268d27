"""Monitors over the wire: what the client sends is what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from orchestrator.kinds.schedule.azure import for_loader
from orchestrator.workspace.arm.monitor_bodies import monitor_body
from orchestrator.workspace.arm.scope import Scope

WS = Scope("s", "g", "w").id


MONITOR = {
    "compute": {"instance_type": "standard_e4s_v3", "runtime_version": "3.4"},
    "monitoring_target": {"ml_task": "classification", "endpoint_deployment_id": "azureml:rents:blue"},
    "monitoring_signals": {
        "inputs": {
            "type": "data_drift",
            "production_data": {
                "input_data": {"type": "uri_folder", "path": "azureml:used:1"},
                "data_context": "model_inputs",
                "data_window": {"lookback_window_size": "P3D", "lookback_window_offset": "P1D"},
            },
            "reference_data": {
                "input_data": {"type": "mltable", "path": "azureml:trained:1"},
                "data_context": "training",
                "data_column_names": {"target_column": "y"},
            },
            "features": {"top_n_feature_importance": 3},
            "data_segment": {"feature_name": "shop", "feature_values": ["7"]},
            "metric_thresholds": {
                "numerical": {"jensen_shannon_distance": 0.3},
                "categorical": {"pearsons_chi_squared_test": 0.02},
            },
            "alert_enabled": True,
        },
        "quality": {
            "type": "data_quality",
            "features": ["a"],
            "metric_thresholds": {"numerical": {"null_value_rate": 0.1}},
            "alert_enabled": False,
        },
        "more": {"type": "feature_attribution_drift", "alert_enabled": False},
    },
    "alert_notification": {"emails": ["a@example.com"]},
}


def _with_target_column(signal: Any) -> dict[str, Any]:
    """As the client's schema has it, but not the client."""
    reference = {name: value for name, value in signal["reference_data"].items() if name != "data_column_names"}
    return {**signal, "reference_data": {**reference, "target_column_name": "y"}}


def test_a_monitor_of_the_client_arrives_as_it_was_written(tmp_path: Path) -> None:
    from azure.ai.ml.entities._load_functions import load_schedule

    computed = {name: one for name, one in MONITOR["monitoring_signals"].items() if name != "more"}  # type: ignore[attr-defined]
    written = {**MONITOR, "monitoring_signals": computed}
    said = {**written, "monitoring_signals": {**computed, "inputs": _with_target_column(computed["inputs"])}}
    document = {"name": "watch", "trigger": {"type": "recurrence", "frequency": "day", "interval": 1}}
    (tmp_path / "watch.yaml").write_text(yaml.safe_dump(for_loader({**document, "create_monitor": said})))
    schedule = load_schedule(tmp_path / "watch.yaml")
    target = schedule.create_monitor.monitoring_target
    target.endpoint_deployment_id = f"{WS}/onlineEndpoints/rents/deployments/blue"
    for signal in schedule.create_monitor.monitoring_signals.values():  # what the client makes of azureml:NAME:VERSION
        for data in filter(None, (signal.production_data, signal.reference_data)):
            data.input_data.path = f"{WS}/data/{str(data.input_data.path).replace(':', '/versions/')}"
    sent = schedule._to_rest_object().as_dict()["properties"]["action"]["monitorDefinition"]
    assert monitor_body(sent) == written


def test_other_signals_of_the_wire_are_kept_by_their_type() -> None:
    sent = {"signals": {"more": {"signalType": "FeatureAttributionDrift", "metricThreshold": {}}}}
    assert monitor_body(sent)["monitoring_signals"] == {"more": MONITOR["monitoring_signals"]["more"]}  # type: ignore[index]
