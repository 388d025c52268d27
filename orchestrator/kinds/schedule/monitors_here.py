"""What of a monitor the embedded workspace does not do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.monitors import COMPUTED, type_of
from orchestrator.core.refusal import Refusal
from orchestrator.core.tree import value_at

FIELD: Final = "create_monitor"
_SIGNALS: Final = (FIELD, "monitoring_signals")
_PREPARING: Final = ("production_data", "reference_data")


def monitor_refusals(properties: Mapping[str, Any]) -> Iterator[Refusal]:
    """Signals that are only recorded, and steps that are left out."""
    signals = value_at(properties, _SIGNALS)
    if not isinstance(signals, Mapping) or not signals:
        return
    known = ", ".join(COMPUTED)
    others = [
        name for name, signal in signals.items() if isinstance(signal, Mapping) and type_of(signal) not in COMPUTED
    ]
    if len(others) == len(signals):
        yield Refusal(
            f"none of the monitor's signals is computed there; it computes {known}",
            _SIGNALS,
            "Choose another target, or add a signal of these types.",
        )
        return
    for name in others:
        yield Refusal(
            f"Signal '{name}' is recorded, but not computed in the embedded workspace, which computes {known}.",
            (*_SIGNALS, name, "type"),
            stops=False,
        )
    for name, signal in signals.items():
        for role in _PREPARING:
            if value_at(signal, (role, "pre_processing_component")) and name not in others:
                yield Refusal(
                    f"The preprocessing component of signal '{name}' is not run in the embedded workspace; "
                    "the data are used as they are.",
                    (*_SIGNALS, name, role, "pre_processing_component"),
                    stops=False,
                )
