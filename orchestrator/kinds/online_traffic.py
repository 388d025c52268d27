"""Traffic of online endpoints: who answers how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_PROCESSED, Behaviour
from orchestrator.core.bodies import Whole
from orchestrator.core.field_mark import PartNames
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import Removal

MAX_MIRROR: Final = 50
"""Percent of the requests that may be mirrored. Source: Azure ML documentation, safe rollout of online endpoints."""

_DEPLOYMENT: Final = PartNames("shifts requests to it", part="deployments")


class Traffic(Spec):
    """Percentages of live and mirrored traffic for each deployment."""

    traffic: Annotated[dict[str, Annotated[Whole, Field(ge=0, le=100)]] | None, _DEPLOYMENT] = Field(
        None, description="Percentage of the requests that each deployment receives: deployment name to 0–100."
    )
    mirror_traffic: Annotated[dict[str, Annotated[Whole, Field(ge=0, le=MAX_MIRROR)]] | None, _DEPLOYMENT] = Field(
        None, description="Percentage of the requests that are copied to a deployment: deployment name to 0–50."
    )


def _whole(value: Any) -> int | None:
    """A share that is one; others are complained of by the model."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100 else None


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    traffic = body.get("traffic")
    mirror = body.get("mirror_traffic")
    shares = [_whole(value) for value in traffic.values()] if isinstance(traffic, Mapping) else []
    known = [share for share in shares if share is not None]
    total = sum(known)
    if len(known) == len(shares) and shares and total not in (0, 100):
        yield BodyProblem(
            ("traffic",),
            "invalid-value",
            f"The traffic adds up to {total} percent; it must be 100, or 0 for an endpoint without traffic.",
            "Change the traffic to add up to 100.",
        )
    if not isinstance(mirror, Mapping):
        return
    mirrored = [name for name, share in mirror.items() if share != 0]
    if len(mirrored) > 1:
        yield BodyProblem(
            ("mirror_traffic",),
            "invalid-value",
            f"Traffic can be mirrored to one deployment only; this has {len(mirrored)}.",
            f"Keep one of: {', '.join(mirrored)}.",
        )
    for name in mirrored:
        share = _whole(traffic.get(name)) if isinstance(traffic, Mapping) else None
        if share:
            yield BodyProblem(
                ("mirror_traffic", name),
                "invalid-value",
                f"'{name}' receives {share} percent of the traffic, so it cannot receive mirrored traffic.",
                f"Remove '{name}' from mirror_traffic, or set its traffic to 0.",
            )


KIND: Final = Kind(
    key="online_endpoints.traffic",
    title="traffic",
    identity=Identity.NAMED,
    variants={"": Traffic},
    name=NameRule(".*", "is always 'traffic'", "amlctl"),
    azure=AzureBinding(
        "online_endpoints",
        loader="load_online_endpoint",
        create="begin_create_or_update",
        remove="begin_delete",
        driver="traffic",
    ),
    behaviour=Behaviour(timeout_s=1_800.0, rank=2, instant=False, tested_alone=False),
    local=replace(LOCAL_PROCESSED, served=True, shares=True),
    source="Azure ML CLI v2 YAML reference: managed online endpoint",
    removal=Removal.DELETE,
    taggable=False,
    problems=_problems,
    attributes=("id", "name"),
)
