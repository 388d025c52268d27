"""A lost state, made again from what live objects say of themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.health import Health
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan, Target
from orchestrator.core.resource import MARK_TAGS, Applied, Observed
from orchestrator.core.value import plain


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What could be made again.

    Attributes:
        applied: a record for each address that has a live object of ours.
        ambiguous: addresses of which two objects claim to be in force, with their revisions. They have no record.
    """

    applied: Mapping[Address, Applied]
    ambiguous: Mapping[Address, tuple[str, ...]]


def rebuild(plan: Plan, observation: Observation, secret_key: str) -> Rebuilt:
    """Make the records again that a state lost.

    An object that was made from what the spec says now gets the record that its apply wrote. One that was made from something else
    gets a record of what it is, so that the next plan says what changed; so does one that has left the spec.

    Args:
        plan: made with an empty state.
        observation: of the whole workspace, the same that the plan was made from.
        secret_key: keys the digests of secrets; the lineage of the state to be written.
    """
    applied: dict[Address, Applied] = {}
    ambiguous: dict[Address, tuple[str, ...]] = {}
    for address, objects in observation.objects.items():
        ours = [live for live in objects if live.owner == plan.project and not live.archived]
        target = plan.targets.get(address)
        candidates = _in_force(ours, target)
        if len(candidates) > 1:
            ambiguous[address] = tuple(live.revision for live in candidates)
        elif candidates:
            applied[address] = _record(candidates[0], target, secret_key)
    return Rebuilt(applied, ambiguous)


def _in_force(ours: Sequence[Observed], target: Target | None) -> Sequence[Observed]:
    """The object that the lost record named: the one with the wanted content, otherwise the newest that is well.

    More than one if that cannot be told.
    """
    if target is not None:
        matching = [live for live in ours if target.fingerprint.matches(live.fingerprint)]
        well = [live for live in matching if live.health is Health.HEALTHY]
        if well or matching:
            return well or matching[-1:]
    well = [live for live in ours if live.health is Health.HEALTHY] or list(ours)
    newest = max((live.order for live in well), default=0)
    return [live for live in well if live.order == newest]


def _record(live: Observed, target: Target | None, secret_key: str) -> Applied:
    if target is not None and target.desired is not None and _same(live, target):
        desired = target.desired
        return Applied(
            desired.address,
            properties=plain(target.resolved, secret_key),
            fingerprint=target.fingerprint,
            revision=live.revision,
            depends_on=desired.depends_on,
            files=desired.files,
            upstream=target.upstream,
            on_removal=desired.lifecycle.on_removal,
            protect=desired.lifecycle.protect,
            adopted=live.adopted,
        )
    properties = _without_marks(live.properties)
    return Applied(
        live.address,
        properties=properties,
        fingerprint=unpack(live.fingerprint),
        revision=live.revision,
        adopted=live.adopted,
    )


def _same(live: Observed, target: Target) -> bool:
    # An object that bears no fingerprint, such as the traffic of an endpoint, is compared field by field by the plan.
    return live.fingerprint is None or target.fingerprint.matches(live.fingerprint)


def _without_marks(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    tags = properties.get("tags")
    if not isinstance(tags, Mapping):
        return properties
    return {**properties, "tags": {name: value for name, value in tags.items() if name not in MARK_TAGS}}


def unpack(packed: str | None) -> Fingerprint:
    """What is left of a fingerprint in a tag: enough to tell whether content is the same."""
    parts = (packed or "").split(":")
    if len(parts) != 4 or not parts[0].isdecimal():
        return Fingerprint("")
    return Fingerprint(parts[1], parts[2], parts[3], int(parts[0]))


def describe_ambiguous(ambiguous: Mapping[Address, Iterable[str]]) -> str:
    """Ambiguous addresses in words."""
    return "; ".join(f"{address}: {', '.join(revisions)}" for address, revisions in sorted(ambiguous.items()))
