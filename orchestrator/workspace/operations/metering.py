"""What the router has counted, as callers see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.workspace.operations.scheduling import Scheduling


class Metering(Scheduling):
    """Records, what is due by them, and what was answered."""

    def counters(self, timeout_s: float = 2.0) -> Mapping[str, Any]:
        """Endpoint to deployment to numbers since the router started; empty if no router answers in time."""
        from orchestrator.workspace.serving.numbers import endpoint_counters

        return endpoint_counters(self._paths, timeout_s)
