"""What a traffic record means for the routing table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.health import Health
from orchestrator.workspace.serving.controller.serving_status import ServingStatus
from orchestrator.workspace.serving.table import EndpointRoute

Weights = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TrafficDecision:
    """What goes into the table, and what the record is told."""

    traffic: Weights
    mirror: Weights
    serving_status: ServingStatus


def decide_traffic(
    body: Mapping[str, Any], known: Collection[str], ready: Collection[str], before: EndpointRoute | None
) -> TrafficDecision:
    """Decide about one endpoint's traffic.

    New weights are put in force when every deployment that gets some can answer; until then those before stay. Without any before, the
    new ones go into the table at once: callers learn that an answer will come, and not that there is no traffic.

    Args:
        body: of the traffic record.
        known: deployments that exist.
        ready: deployments that can answer.
        before: the endpoint in the table that is in force.
    """
    traffic, mirror = _weights(body.get("traffic")), _weights(body.get("mirror_traffic"))
    used = {name for name, _ in (*traffic, *mirror)}
    missing, waiting = sorted(used - set(known)), sorted(used & set(known) - set(ready))
    if not missing and not waiting:
        return TrafficDecision(traffic, mirror, ServingStatus(Health.HEALTHY, "in force"))
    kept = (before.traffic, before.mirror) if before is not None else ((), ())
    if missing:
        text = f"traffic refers to {', '.join(missing)}, which the endpoint does not have"
        return TrafficDecision(*kept, ServingStatus(Health.DEGRADED, "failed", text))
    kept = kept if kept[0] else (traffic, mirror)
    text = f"waiting for {', '.join(waiting)}"
    return TrafficDecision(*kept, ServingStatus(Health.PROGRESSING, "waiting", text, busy=True))


def _weights(shares: Any) -> Weights:
    if not isinstance(shares, Mapping):
        return ()
    return tuple((str(name), int(share)) for name, share in shares.items() if int(share) > 0)
