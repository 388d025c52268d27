"""What the service tells over its REST interface itself, where azure-ai-ml reads less than it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Final

VERSION: Final = {"api-version": "2024-04-01"}
"""Source: Azure REST specification of Microsoft.MachineLearningServices, the newest stable version with all kinds that are read so."""


def pages(ml: Any, path: str, query: Mapping[str, str] = VERSION) -> Iterator[dict[str, Any]]:
    """All members of a collection. To be used inside a call of `Client`."""
    answer = _get(ml, path, query)
    while True:
        yield from answer.get("value") or ()
        address = answer.get("nextLink")
        if not address:
            return
        answer = _get(ml, str(address), {})


def resource(ml: Any, path: str) -> dict[str, Any]:
    """One resource. To be used inside a call of `Client`."""
    return dict(_get(ml, path, VERSION))


def _get(ml: Any, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    from orchestrator.backends.azure import sdk

    return sdk.send(ml, "GET", path, query)


def entity_of(rest: Mapping[str, Any]) -> SimpleNamespace:
    """What `facts.observed` asks of an entity, of a resource as the service tells it."""
    properties = rest.get("properties") or {}
    made = SimpleNamespace(created_at=(rest.get("systemData") or {}).get("createdAt"))
    return SimpleNamespace(
        id=rest.get("id"),
        name=rest.get("name"),
        location=rest.get("location"),
        scoring_uri=properties.get("scoringUri"),
        openapi_uri=properties.get("swaggerUri"),
        provisioning_state=properties.get("provisioningState"),
        creation_context=made,
    )
