"""Schedules in the words of azure-ai-ml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MONITOR: Final = "create_monitor"
_TARGET: Final = "target_column_name"


def for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """The column with the target, where the client takes it.

    Source: azure-ai-ml 1.35: its schema has ``target_column_name``, but ``ReferenceData`` takes it among ``data_column_names`` only.
    """
    monitor = body.get(_MONITOR)
    signals = monitor.get("monitoring_signals") if isinstance(monitor, Mapping) else None
    if not isinstance(signals, Mapping) or not isinstance(monitor, Mapping):
        return body
    return {**body, _MONITOR: {**monitor, "monitoring_signals": {name: _signal(one) for name, one in signals.items()}}}


def _signal(signal: Any) -> Any:
    data = signal.get("reference_data") if isinstance(signal, Mapping) else None
    if not isinstance(data, Mapping) or not data.get(_TARGET):
        return signal
    columns = {"target_column": data[_TARGET], **(data.get("data_column_names") or {})}
    rest = {name: value for name, value in data.items() if name != _TARGET}
    return {**signal, "reference_data": {**rest, "data_column_names": columns}}
