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


def missing_parts(facts: Facts, changes: Mapping[Address, Change]) -> Iterator[Diagnostic]:
    """What is wrong with parts that a plain CLI v2 document names and the spec does not make: they must be in the workspace.

    An error where they cannot be there; a warning where that is not known.
    """
    for address in changes.keys() & facts.project.resources.keys():
        kind = facts.kinds[address.kind]
        if address.parent is not None and names_parts(kind):
            live = {
                name for each in facts.observation.objects.get(address, ()) for name in _names(each.properties, kind)
            }
            for name in _names(facts.project.resources[address].properties, kind):
                part = Address(address.section, address.name, name)
                if name not in live or part in changes:
                    yield from _missing(address, part, facts, changes)


def _names(properties: Mapping[str, Any], kind: Kind) -> Iterator[str]:
    """Leaves of the parts that a body names, as ``deployments.blue``."""
    node = root_node(kind, "")
    for field, value in properties.items():
        named = node.child(field).mark(PartNames)
        if named is not None and isinstance(value, Mapping | str):
            yield from (f"{named.part}.{name}" for name in ([value] if isinstance(value, str) else value))


def _missing(address: Address, part: Address, facts: Facts, changes: Mapping[Address, Change]) -> Iterator[Diagnostic]:
    change = changes.get(part)
    going = change is not None and change.action in _TAKEN_AWAY
    if part in facts.project.resources or (not going and facts.observation.objects.get(part)):
        return
    absent = going or not facts.observation.objects.get(Address(address.section, address.name))
    yield Diagnostic(
        Severity.ERROR if absent else Severity.WARNING,
        "unknown-resource",
        summary=f"{part} is not in this spec",
        detail=f"{address} names '{part.leaf}', which this spec does not contain"
        + (", and which this plan would delete." if going else "; nor is it in the workspace." if absent else "."),
        fix=f"Apply the document of '{part.leaf}' together with this one."
        + ("" if absent else f" Without it, {part} must be in the workspace already."),
        subject=facts.project.resources[address].span,
        address=address,
    )
