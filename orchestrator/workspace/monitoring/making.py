"""Makes the job of a monitor's firing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.monitors import COMPUTED, type_of
from orchestrator.workspace.job_types.command import EXECUTION as COMMAND
from orchestrator.workspace.monitoring import windows
from orchestrator.workspace.monitoring.order import CATEGORICAL, NUMERICAL, Data, MonitorOrder, Signal
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.record_kinds import DEPLOYMENTS, ENDPOINTS
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.serving.collected_data import collections_of

ORDER: Final = "monitor"
"""The input of the run that holds its `MonitorOrder`."""

_PROGRAM: Final = "python -P -m orchestrator.workspace.monitoring"
_DRIFT: Final = {
    NUMERICAL: {"normalized_wasserstein_distance": 0.1},
    CATEGORICAL: {"jensen_shannon_distance": 0.1},
}
_RATES: Final = dict.fromkeys(("null_value_rate", "data_type_error_rate", "out_of_bounds_rate"), 0.0)
_DEFAULTS: Final = {
    "data_drift": _DRIFT,
    "prediction_drift": _DRIFT,
    "data_quality": {NUMERICAL: _RATES, CATEGORICAL: _RATES},
}
"""Bounds that hold where a signal sets none. Source: azure-ai-ml 1.35, ``_get_default_thresholds``."""

_CONTEXTS: Final = {"prediction_drift": "model_outputs"}


@dataclass(slots=True)
class _Maker:
    store: RecordStore
    schedule: Record
    at: datetime
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def monitor(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.schedule.body["create_monitor"]
        return found

    @property
    def usual(self) -> timedelta:
        return windows.usual(self.schedule.body.get("trigger") or {})

    def signal(self, name: str, said: Mapping[str, Any]) -> Signal:
        kind = type_of(said)
        production = self.production(kind, said.get("production_data") or {})
        thresholds = said.get("metric_thresholds") or {}
        bounds = {
            of: {metric: float(bound) for metric, bound in (thresholds.get(of) or {}).items() if bound is not None}
            for of in (NUMERICAL, CATEGORICAL)
        }
        return Signal(
            name,
            kind,
            production,
            self.reference(said.get("reference_data") or {}, production),
            bounds if any(bounds.values()) else _DEFAULTS[kind],
            _features(said.get("features")),
            {str(one): str(of).lower() for one, of in (said.get("feature_type_override") or {}).items()},
            _segment(said.get("data_segment") or {}),
            said.get("alert_enabled") is True,
        )

    def production(self, kind: str, said: Mapping[str, Any]) -> Data:
        context = str(said.get("data_context") or _CONTEXTS.get(kind, "model_inputs")).lower()
        source = said.get("input_data") or {"type": "uri_folder", "path": self.collected(context)}
        begin, end = windows.production(said.get("data_window") or {}, self.at, self.usual)
        return Data(self.input(source), begin.isoformat(), end.isoformat(), said.get("data_column_names") or {})

    def reference(self, said: Mapping[str, Any], production: Data) -> Data:
        window = said.get("data_window")
        if said.get("input_data"):
            columns = dict(said.get("data_column_names") or {})
            target = said.get("target_column_name") or columns.get("target_column")
            if target:
                columns.setdefault("prediction", target)
            begin, end = windows.reference(window, self.at, self.usual) if window else (None, None)
            name = self.input(said["input_data"])
            return Data(name, begin.isoformat() if begin else "", end.isoformat() if end else "", columns)
        begin, end = windows.reference(window or {}, self.at, self.usual)
        return Data(production.input, begin.isoformat(), end.isoformat(), production.columns)

    def input(self, source: Mapping[str, Any]) -> str:
        """The input that data are; the same for the same data."""
        body = {"type": source.get("type") or "uri_folder", "path": source["path"]}
        name = next((one for one, other in self.inputs.items() if other == body), None)
        if name is None:
            name = f"data_{len(self.inputs) + 1}"
            self.inputs[name] = body
        return name

    def collected(self, context: str) -> str:
        """Where the deployment that is watched collects.

        Raises:
            Invalid: no deployment is watched, or it does not collect this.
            NotFound: it is not there.
        """
        said = str((self.monitor.get("monitoring_target") or {}).get("endpoint_deployment_id") or "")
        match = re.fullmatch(r"(?:azureml:)?([^:/]+)[:/]([^:/]+)", said)
        if match is None:
            raise Invalid(
                "The monitor has neither production data nor a deployment.",
                fix="Set monitoring_target.endpoint_deployment_id to azureml:ENDPOINT:DEPLOYMENT, or production_data.",
            )
        address = f"{ENDPOINTS}.{match[1]}.deployments.{match[2]}"
        deployment = self.store.get(DEPLOYMENTS, address, "")
        if deployment is None:
            raise NotFound(f"The deployment '{match[2]}' of endpoint '{match[1]}' is not in the workspace.")
        found = {one.name: one.path for one in collections_of(deployment)}
        if context not in found:
            near = did_you_mean(context, found, f"It collects: {', '.join(found) or 'nothing'}.")
            raise Invalid(
                f"The deployment '{match[2]}' does not collect {context}. {near}",
                fix=f"Enable data_collector.collections.{context}.",
            )
        return found[context]


def monitor_job(store: RecordStore, schedule: Record, at: datetime) -> dict[str, Any]:
    """The body of the command job of a firing.

    Args:
        at: the moment for which it fires.

    Raises:
        Invalid, NotFound: something that the monitor names is not there, or none of its signals is computed here.
    """
    maker = _Maker(store, schedule, at.astimezone(UTC))
    said: Mapping[str, Any] = maker.monitor.get("monitoring_signals") or {
        kind: {"type": kind, "alert_enabled": True} for kind in _DEFAULTS
    }
    signals = tuple(maker.signal(name, body) for name, body in said.items() if type_of(body) in COMPUTED)
    others = {name: type_of(body) for name, body in said.items() if type_of(body) not in COMPUTED}
    if not signals:
        raise Invalid(f"None of the monitor's signals is computed here: {', '.join(others)}.")
    alerts = maker.monitor.get("alert_notification")
    order = MonitorOrder(
        schedule.name,
        maker.at.isoformat(),
        signals,
        tuple(
            f"Signal '{name}' is not computed: {kind} does not run in the embedded workspace."
            for name, kind in others.items()
        ),
        tuple(alerts.get("emails") or ()) if isinstance(alerts, Mapping) else (),
    )
    return {
        "type": COMMAND.key,
        "command": _PROGRAM,
        "experiment_name": schedule.name,
        "inputs": {ORDER: order.text(), **maker.inputs},
    }


def _features(said: Any) -> list[str] | int | None:
    if isinstance(said, Mapping):
        return int(said.get("top_n_feature_importance") or 10)
    return [str(name) for name in said] if isinstance(said, list | tuple) else None


def _segment(said: Mapping[str, Any]) -> dict[str, list[str]]:
    name = said.get("feature_name")
    return {str(name): [str(value) for value in said.get("feature_values") or ()]} if name else {}
