"""Parts of an endpoint that answer requests: their traffic goes elsewhere before they go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.field_mark import PartNames
from orchestrator.core.fields import names_parts, root_node
from orchestrator.core.kind import Kind
from orchestrator.core.plan import Target
from orchestrator.planning.facts import Facts

_TAKEN_AWAY = (Action.DELETE, Action.REPLACE)


@dataclass(frozen=True, slots=True)
class Share:
    """What a part of an endpoint gets.

    Attributes:
        traffic: the resource that says so.
        percent: of the requests, or of copies of them.
    """

    part: Address
    traffic: Address
    percent: int


def live_shares(traffic: Address, facts: Facts) -> Iterator[Share]:
    """Every part that gets something now by what stands at an address; nothing unless that is a traffic."""
    kind = facts.kinds.get(traffic.kind)
    if kind is not None and traffic.parent is not None and names_parts(kind):
        for observed in facts.observation.objects.get(traffic, ())[-1:]:
            yield from _shares(traffic, observed.properties, kind)


def _shares(traffic: Address, properties: Mapping[str, Any], kind: Kind) -> Iterator[Share]:
    node = root_node(kind, "")
    for field, table in properties.items():
        named = node.child(field).mark(PartNames)
        if named is None or not isinstance(table, Mapping):
            continue
        for name, percent in table.items():
            if isinstance(percent, int) and percent:
                yield Share(Address(traffic.section, traffic.name, f"{named.part}.{name}"), traffic, percent)


def still_answering(
    facts: Facts, changes: Mapping[Address, Change], targets: Mapping[Address, Target]
) -> list[Diagnostic]:
    """An error for each part that would be taken away while requests go to it: the service refuses that."""
    return [
        _refused(share, facts)
        for traffic in facts.observation.objects
        for share in live_shares(traffic, facts)
        if (change := changes.get(share.part)) is not None
        and change.action in _TAKEN_AWAY
        and not _emptied(share, change, changes.get(share.traffic), targets.get(share.traffic), facts)
    ]


def _emptied(share: Share, change: Change, traffic: Change | None, target: Target | None, facts: Facts) -> bool:
    """Whether its traffic goes elsewhere before it goes."""
    if traffic is None or target is None:
        return False
    if traffic.action in _TAKEN_AWAY:
        return True
    left = _shares(share.traffic, target.resolved, facts.kinds[share.traffic.kind])
    shifted = all(other.part != share.part for other in left)
    return traffic.action is Action.UPDATE and change.action is Action.DELETE and shifted


def _refused(share: Share, facts: Facts) -> Diagnostic:
    desired = facts.project.resources.get(share.part)
    return Diagnostic(
        Severity.ERROR,
        "still-answering",
        summary="A deployment that answers requests would be deleted",
        detail=f"{share.part} gets {share.percent} percent of the requests of {share.part.parent}, and this plan would delete it.",
        fix=f"Give its share to another deployment under `traffic:` of {share.part.parent}, and include {share.traffic} in the plan.",
        subject=desired.span if desired is not None else None,
        address=share.part,
    )
