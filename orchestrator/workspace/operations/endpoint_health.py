"""An endpoint answers requests only if the deployments that get its traffic do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.health import Health
from orchestrator.workspace.records.record import UNSERVED


def health_shown(health: Health, message: str, attributes: Mapping[str, Any]) -> tuple[Health, str]:
    """Health and message of an endpoint as people see them.

    The record itself says how the door is. An apply waits for that alone: it makes the endpoint first, and then the
    deployments that repair it.

    Args:
        health, message, attributes: of the endpoint's record.
    """
    found = attributes.get(UNSERVED)
    if health is not Health.HEALTHY or not found:
        return health, message
    return Health(found["health"]), str(found["message"])
