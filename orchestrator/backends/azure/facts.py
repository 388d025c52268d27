"""What the entities of the client tell about a live object, as `Observed`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from orchestrator.backends.azure.marks import marks_of
from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.core.resource import Observed

_PROVISIONED: Final = {
    "succeeded": Health.HEALTHY,
    "creating": Health.PROGRESSING,
    "updating": Health.PROGRESSING,
    "deleting": Health.PROGRESSING,
    "scaling": Health.PROGRESSING,
    "accepted": Health.PROGRESSING,
    "provisioning": Health.PROGRESSING,
    "failed": Health.DEGRADED,
    "canceled": Health.DEGRADED,
}
"""Source: Azure REST specification of Microsoft.MachineLearningServices, provisioning states of computes, endpoints, deployments."""

DELETING: Final = "deleting"

_ATTRIBUTES: Final = ("id", "name", "location", "scoring_uri", "openapi_uri", "path")


def state_of(body: Mapping[str, Any], entity: Any = None) -> str:
    """The provisioning state of a live object, in lower case; empty if the kind has none."""
    return bare(body.get("provisioning_state") or getattr(entity, "provisioning_state", None))


def bare(value: Any) -> str:
    """A state in lower case. Some come as the text of an enumeration: ``ProvisioningState.CREATING``."""
    return str(value or "").rsplit(".", 1)[-1].lower()


def health_of(state: str) -> Health:
    """How something with this provisioning state is. What has none is there or not."""
    return _PROVISIONED.get(state, Health.UNKNOWN) if state else Health.HEALTHY


def order_of(entity: Any) -> int:
    """When it was made, as a number that rises."""
    created = getattr(getattr(entity, "creation_context", None), "created_at", None)
    if isinstance(created, str):
        try:
            created = datetime.fromisoformat(created)
        except ValueError:
            return 0
    return int(created.timestamp() * 1_000_000) if isinstance(created, datetime) else 0


def observed(
    address: Address,
    revision: str,
    body: Mapping[str, Any],
    entity: Any,
    *,
    archived: bool = False,
    health: tuple[Health, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Observed:
    """A live object.

    Args:
        address: where it would stand in a spec.
        body: normalised.
        entity: of the client; for what a body does not have.
        health: and why; otherwise it follows from the provisioning state.
        more: further attributes.
    """
    marks = marks_of(body.get("tags"))
    state = state_of(body, entity)
    well, why = health if health is not None else (health_of(state), _why(state, entity))
    attributes = {name: value for name in _ATTRIBUTES if (value := _fact(name, body, entity))}
    return Observed(
        address,
        revision,
        properties=body,
        fingerprint=marks.fingerprint,
        owner=marks.owner,
        health=well,
        message=why,
        attributes={**attributes, **(more or {})},
        order=order_of(entity),
        archived=archived,
        adopted=marks.adopted,
    )


def answers_nobody(body: Mapping[str, Any]) -> bool:
    """Whether all shares of a traffic are 0. Nothing else has shares."""
    tables = [shares for shares in body.values() if isinstance(shares, Mapping)]
    return bool(tables) and not any(share for shares in tables for share in shares.values())


def _why(state: str, entity: Any) -> str:
    """A state in words, with what went wrong where the client tells: of computes it tells a code."""
    if state in ("", "succeeded"):
        return ""
    trouble = getattr(entity, "provisioning_errors", None)
    return f"{state}: {trouble}" if isinstance(trouble, str) and trouble else state


def _fact(name: str, body: Mapping[str, Any], entity: Any) -> Any:
    value = body.get(name)
    if value is None:
        value = getattr(entity, name, None)
    return value if isinstance(value, str | int | float | bool) else None
