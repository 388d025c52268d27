"""How endpoints, deployments and traffic are, after one look at them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.serving.controller.serving_status import ServingStatus
from orchestrator.workspace.serving.controller.traffic import TrafficDecision


@dataclass(frozen=True, slots=True)
class Findings:
    """What one look at endpoints and deployments found.

    Attributes:
        deployments, traffic, troubles: by address; `troubles` are those of endpoints.
        unserved: endpoint to health and message, where a deployment that gets traffic has no server that answers.
        in_force: the router uses the table that follows from it.
    """

    deployments: Mapping[str, ServingStatus]
    traffic: Mapping[str, TrafficDecision]
    troubles: Mapping[str, ServingStatus]
    unserved: Mapping[str, Mapping[str, str]]
    in_force: bool

    @property
    def busy(self) -> bool:
        """Whether something is in progress."""
        serving_statuses = (
            *self.deployments.values(),
            *(decision.serving_status for decision in self.traffic.values()),
        )
        return not self.in_force or any(serving_status.busy for serving_status in serving_statuses)

    def confirmed(self, serving_status: ServingStatus) -> ServingStatus:
        """Nothing is healthy before the router knows of it."""
        if serving_status.health is Health.HEALTHY and not self.in_force:
            return ServingStatus(Health.PROGRESSING, "waiting", "waiting for the router", busy=True)
        return serving_status

    def endpoint(self, record: Record, unbound: Mapping[str, str]) -> ServingStatus:
        """How an endpoint is."""
        if record.address in self.troubles:
            return self.troubles[record.address]
        if record.name in unbound:
            text = f"another program uses its {unbound[record.name]}"
            return ServingStatus(Health.DEGRADED, "failed", text)
        return self.confirmed(ServingStatus(Health.HEALTHY, "running"))


def unserved_endpoints(
    decisions: Mapping[str, TrafficDecision], serving_statuses: Mapping[str, ServingStatus], answering: Collection[str]
) -> dict[str, Mapping[str, str]]:
    """Endpoints where a deployment that gets traffic has no server that answers.

    Args:
        decisions: of traffic, by address.
        serving_statuses: of deployments, by address.
        answering: addresses of deployments of which a server answers.

    Returns:
        Endpoint to health and message, as its record keeps them.
    """
    found: dict[str, Mapping[str, str]] = {}
    for address, decision in decisions.items():
        endpoint = Address.parse(address).parent
        places = {name: f"{endpoint}.deployments.{name}" for name, _ in decision.traffic}
        silent = {name: at for name, at in places.items() if at in serving_statuses and at not in answering}
        if silent:
            hopeless = any(serving_statuses[at].health is Health.DEGRADED for at in silent.values())
            health = Health.DEGRADED if hopeless else Health.PROGRESSING
            text = f"no scoring server of {', '.join(silent)} answers"
            found[str(endpoint)] = {"health": health.value, "message": text if hopeless else f"{text} yet"}
    return found
