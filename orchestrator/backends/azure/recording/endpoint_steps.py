"""The part of the round about endpoints. They have no deployments, so no machine runs for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.backends.azure.recording.step import RecordingStep

_FREE: Final = "an endpoint without deployments costs nothing"


def _endpoint(mode: str, **more: Any) -> Mapping[str, Any]:
    identity = {"type": "SystemAssigned"}
    return {"location": "{location}", "identity": identity, "properties": {"authMode": mode, **more}}


BATCH: Final = (
    RecordingStep(
        name="batch-endpoint",
        shows="A batch endpoint, with what the service fills in.",
        method="PUT",
        path="batchEndpoints/{p}-bat",
        body=_endpoint("AADToken"),
        makes="batchEndpoints/{p}-bat",
        waits=True,
        cost=_FREE,
        row="batch endpoints, their deployments and default: put, get, list, delete",
    ),
    RecordingStep(
        name="batch-endpoint-tagged",
        shows="PATCH of a batch endpoint.",
        method="PATCH",
        path="batchEndpoints/{p}-bat",
        body={"tags": {"stage": "recorded"}},
        needs="batch-endpoint",
        waits=True,
    ),
    RecordingStep(
        name="batch-endpoint-keys",
        shows="Whether a batch endpoint has keys.",
        method="POST",
        path="batchEndpoints/{p}-bat/listkeys",
        needs="batch-endpoint",
    ),
)

ONLINE: Final = (
    RecordingStep(
        name="endpoint-mode",
        shows="An unknown authMode is refused.",
        method="PUT",
        path="onlineEndpoints/{p}-odd",
        body=_endpoint("Nonsense"),
        makes="onlineEndpoints/{p}-odd",
        refused=True,
        row="required members, types, enumerations, discriminators of every body of the specification's operations",
    ),
    RecordingStep(
        name="endpoint",
        shows="An online endpoint, with what the service fills in.",
        method="PUT",
        path="onlineEndpoints/{p}-onl",
        body=_endpoint("Key"),
        makes="onlineEndpoints/{p}-onl",
        waits=True,
        cost=_FREE,
        row="online endpoint: create, get, list, update, delete, keys",
    ),
    RecordingStep(
        name="endpoint-keys",
        shows="The keys of an endpoint, with their values removed.",
        method="POST",
        path="onlineEndpoints/{p}-onl/listKeys",
        needs="endpoint",
        row="online endpoint: create, get, list, update, delete, keys",
    ),
    RecordingStep(
        name="endpoint-key-again",
        shows="Regenerating a key.",
        method="POST",
        path="onlineEndpoints/{p}-onl/regenerateKeys",
        body={"keyType": "Secondary"},
        needs="endpoint",
        row="regenerate keys",
    ),
    RecordingStep(
        name="endpoint-tagged",
        shows="PATCH of an online endpoint.",
        method="PATCH",
        path="onlineEndpoints/{p}-onl",
        body={"tags": {"stage": "recorded"}},
        needs="endpoint",
        waits=True,
    ),
    RecordingStep(
        name="endpoint-traffic",
        shows="Traffic to a deployment that does not exist is refused.",
        method="PUT",
        path="onlineEndpoints/{p}-onl",
        body=_endpoint("Key", traffic={"none": 100}),
        needs="endpoint",
        refused=True,
        row="traffic and mirroring",
    ),
    RecordingStep(
        name="endpoint-shares",
        shows="Traffic above 100 % is refused.",
        method="PUT",
        path="onlineEndpoints/{p}-onl",
        body=_endpoint("Key", traffic={"none": 101}),
        needs="endpoint",
        refused=True,
        row="node counts, shares of traffic and mirrored traffic",
    ),
    RecordingStep(
        name="endpoints-by-tag",
        shows="The filter `tags` of the list of endpoints.",
        method="GET",
        path="onlineEndpoints",
        query={"tags": "stage=recorded"},
        needs="endpoint",
        row="tag filters of lists",
    ),
)
