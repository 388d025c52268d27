"""The walk over the spec in dependency order: each resource is decided on with what lies upstream already known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.plan import Target
from orchestrator.core.reason import in_short
from orchestrator.core.resource import Desired, Observed, Rerun
from orchestrator.core.value import plain
from orchestrator.planning.answering import live_shares
from orchestrator.planning.decide import decide
from orchestrator.planning.facts import Facts
from orchestrator.planning.findings import protected
from orchestrator.planning.fingerprints import fingerprint_of
from orchestrator.planning.ignored import keep_ignored
from orchestrator.planning.ownership import is_adopted, is_ours
from orchestrator.planning.pin import PlannedResource, pin
from orchestrator.planning.resource_states import Decision, ResourceStates
from orchestrator.planning.runs import identity_of_run


@dataclass(slots=True)
class Decisions:
    """What was decided so far.

    Attributes:
        planned: what each decided resource will be for those that depend on it.
        changes, targets: of selected and unselected resources alike.
        problems: why the plan cannot be made.
    """

    planned: dict[Address, PlannedResource] = field(default_factory=dict)
    changes: dict[Address, Change] = field(default_factory=dict)
    targets: dict[Address, Target] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def walk(facts: Facts) -> Decisions:
    """Decide on every resource of the spec."""
    done = Decisions()
    unfinished = {intent.address for intent in facts.state.unfinished}
    for address, desired in facts.project.resources.items():
        _visit(desired, facts, done, interrupted=address in unfinished)
    return done


def _visit(desired: Desired, facts: Facts, done: Decisions, *, interrupted: bool) -> None:
    address = desired.address
    fingerprint, upstream = fingerprint_of(desired, done.planned, facts.observation.externals)
    resolved = pin(desired, done.planned, facts.observation.externals)
    applied = facts.state.applied.get(address)
    parent = done.planned.get(address.parent) if address.parent else None
    states = ResourceStates(
        desired=desired,
        kind=facts.kinds[address.kind],
        owner=facts.project.name,
        fingerprint=fingerprint,
        upstream=upstream,
        written=plain(resolved, facts.state.lineage),
        applied=applied,
        live=facts.observation.objects.get(address, ()),
        ours=applied is not None or interrupted,
        adopt=facts.adopt,
        renewed=parent is not None and parent.renewed,
        emptied=_emptied(address, facts, done),
        chosen=address in facts.selection.exact,
    )
    decision = decide(states)
    if isinstance(decision, Diagnostic):
        if address in facts.selection:
            done.problems.append(decision)
        done.planned[address] = PlannedResource(
            address=address, kind=states.identity, revision=desired.version or "", identity=fingerprint.identity
        )
        return
    if address in facts.selection:
        done.problems.extend(_refused(states, decision))
    done.changes[address] = decision.change
    done.targets[address] = _target(states, decision, resolved)
    done.planned[address] = _planned(states, decision) if address in facts.selection else _unselected(states, decision)


def _emptied(address: Address, facts: Facts, done: Decisions) -> Address | None:
    """A part that gets requests by what stands at an address, and that is replaced."""
    answering = (share.part for share in live_shares(address, facts))
    return next((part for part in answering if part in done.planned and done.planned[part].renewed), None)


def _target(states: ResourceStates, decision: Decision, resolved: Mapping[str, Any]) -> Target:
    observed = decision.observed
    ignore = states.desired.lifecycle.ignore
    if ignore and observed is not None:
        resolved = keep_ignored(resolved, observed.properties, ignore)
    return Target(
        desired=states.desired,
        resolved=resolved,
        fingerprint=states.fingerprint,
        upstream=states.upstream,
        applied=states.applied,
        observed=observed,
        reused=decision.reused,
        owned=(observed,) if observed is not None and decision.change.action is Action.REPLACE else (),
        adopted=observed is not None and decision.change.action not in _MADE_ANEW and _adopted(states, observed),
    )


def _adopted(states: ResourceStates, observed: Observed) -> bool:
    """Whether others made the object that stays in force, taken over now or before."""
    taken_over = observed.owner is None and not is_ours(observed, states)
    return taken_over or is_adopted(observed, states.applied)


_MADE_ANEW = (Action.CREATE, Action.REPLACE, Action.REVISE, Action.RUN)


def _planned(states: ResourceStates, decision: Decision) -> PlannedResource:
    """What a resource will be once its decision is carried out. What is made anew has attributes that nobody knows yet."""
    observed = None if decision.change.action in _MADE_ANEW else decision.observed
    return PlannedResource(
        address=states.desired.address,
        kind=states.identity,
        revision=decision.change.after or "",
        identity=decision.identity or states.fingerprint.identity,
        attributes=observed.attributes if observed else {},
        renewed=decision.change.action is Action.REPLACE
        or (states.renewed and decision.change.action is Action.CREATE),
    )


def _unselected(states: ResourceStates, decision: Decision) -> PlannedResource:
    """What an unselected resource is for those that depend on it: what is in force now."""
    applied = states.applied
    if decision.change.before is None or applied is None:
        return _planned(states, decision)
    observed = next((o for o in reversed(states.live) if o.revision == applied.revision), None)
    always = states.desired.lifecycle.rerun is Rerun.ALWAYS
    return PlannedResource(
        address=states.desired.address,
        kind=states.identity,
        revision=applied.revision,
        identity=identity_of_run(applied.fingerprint, applied.revision) if always else applied.fingerprint.identity,
        attributes=observed.attributes if observed else {},
    )


def _refused(states: ResourceStates, decision: Decision) -> list[Diagnostic]:
    """A protected resource is neither replaced nor taken away together with its endpoint."""
    lost = decision.change.action is Action.REPLACE or (states.renewed and any(not o.archived for o in states.live))
    if not lost or not states.desired.lifecycle.protect:
        return []
    return [protected(states.desired.address, f"replace it ({in_short(decision.change.reasons)})", states.desired)]
