"""What of a monitor the embedded workspace computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.wire import snake

COMPUTED: Final = ("data_drift", "prediction_drift", "data_quality")
"""Types of signals."""


def type_of(signal: Mapping[str, Any]) -> str:
    """The type of a signal in snake case, however it is spelt."""
    said = str(signal.get("type") or "")
    return said.lower() if "_" in said or said.islower() else snake(said)
