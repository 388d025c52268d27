"""Plan → steps with their order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from orchestrator.core.address import Address, has_parts
from orchestrator.core.change import Action, Change
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.graph import Cycle, closure, order
from orchestrator.core.kind import Kinds
from orchestrator.core.plan import Plan, Target
from orchestrator.core.run import Step, Verb

_MAKING = {
    Action.CREATE: Verb.CREATE,
    Action.REVISE: Verb.CREATE,
    Action.REPLACE: Verb.CREATE,
    Action.UPDATE: Verb.UPDATE,
    Action.RUN: Verb.RUN,
}


@dataclass(slots=True)
class _Draft:
    """Steps by id, and the step that makes, removes or forgets each address."""

    steps: dict[str, Step] = field(default_factory=dict)
    making: dict[Address, str] = field(default_factory=dict)
    removing: dict[Address, str] = field(default_factory=dict)
    families: dict[Address, list[Address]] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        self.steps[step.id] = step
        (self.removing if step.verb is Verb.DELETE else self.making)[step.address] = step.id


Edge = tuple[str, str]
"""A step and one that must come before it."""


def compile_steps(plan: Plan, kinds: Kinds) -> tuple[Step, ...]:
    """Turn the effective changes of a plan into steps.

    What is made comes after everything it depends on. What is removed comes after everything that depended on it when it was
    last applied: after that is removed too, or after its update. Inside an endpoint: endpoint, deployments, traffic, one at
    a time; traffic leaves a deployment before that is removed.

    Returns:
        The steps, each after those it must wait for.
    """
    changes = {change.address: change for change in plan.work}
    draft = _Draft()
    for change in changes.values():
        for step in _steps_of(change, plan.targets[change.address]):
            draft.add(step)
        draft.families.setdefault(_family(change.address), []).append(change.address)
    return _arrange(
        draft.steps, list(_making_order(draft, changes, kinds)), list(_removal_order(draft, changes, plan, kinds))
    )


def _steps_of(change: Change, target: Target) -> Iterator[Step]:
    address = change.address
    queue = str(address.parent or address) if address.part or has_parts(address.section) else ""
    old = target.applied.fingerprint if target.applied else Fingerprint("")

    def step(verb: Verb, fingerprint: Fingerprint) -> Step:
        return Step(
            id=f"{verb.value} {address}",
            address=address,
            verb=verb,
            key=f"{address}#{fingerprint.identity}",
            after=frozenset(),
            queue=queue,
        )

    if change.action is Action.FORGET:
        yield step(Verb.FORGET, old)
    elif change.action is Action.DELETE:
        yield step(Verb.DELETE, old)
    elif change.reuse:
        yield step(Verb.REUSE, target.fingerprint)
    elif change.former is not None:
        yield step(_MAKING[target.making or Action.CREATE], target.fingerprint)
    else:
        if change.action is Action.REPLACE:
            yield step(Verb.DELETE, old)
        yield step(_MAKING[change.action], target.fingerprint)


def _making_order(draft: _Draft, changes: Mapping[Address, Change], kinds: Kinds) -> Iterator[Edge]:
    """What must come before: dependencies, the removal in a replacement, the endpoint of a deployment."""
    for change in changes.values():
        if change.former in draft.removing:
            yield _handing_over(change.address, draft.making[change.address], draft.removing[change.former], kinds)
    for address, step in draft.making.items():
        for needed in changes[address].depends_on:
            if needed in draft.making:
                yield step, draft.making[needed]
        if address in draft.removing:
            yield step, draft.removing[address]
        for other in draft.families[_family(address)]:
            if other in draft.making and _rank(other, kinds) < _rank(address, kinds):
                yield step, draft.making[other]


def _handing_over(address: Address, making: str, removing: str, kinds: Kinds) -> Edge:
    """Of two names, the new one is there before the old one goes, unless there can be only one."""
    kind = kinds.get(address.kind)
    return (making, removing) if kind is not None and kind.behaviour.sole else (removing, making)


def _removal_order(draft: _Draft, changes: Mapping[Address, Change], plan: Plan, kinds: Kinds) -> Iterator[Edge]:
    """What must come before a removal, the most important first."""
    for address, step in draft.removing.items():
        for other in draft.families[_family(address)]:
            if _rank(other, kinds) > _rank(address, kinds):
                if other in draft.removing:
                    yield step, draft.removing[other]
                elif other in draft.making and address not in draft.making:
                    yield step, draft.making[other]
    former = [
        (address, needed)
        for address in changes
        for needed in _recorded(changes[address], plan.targets[address])
        if needed in draft.removing and needed != address
    ]
    for address, needed in former:
        if address in draft.removing:
            yield draft.removing[needed], draft.removing[address]
    for address, needed in former:
        if address in draft.making and needed not in changes[address].depends_on:
            yield draft.removing[needed], draft.making[address]


def _recorded(change: Change, target: Target) -> frozenset[Address]:
    """What a resource depended on when it was last applied. Of one that goes, the plan itself says so."""
    applied = target.applied.depends_on if target.applied else frozenset[Address]()
    return applied | change.depends_on if change.action is Action.DELETE else applied


def _arrange(steps: Mapping[str, Step], required: list[Edge], preferred: list[Edge]) -> tuple[Step, ...]:
    needed: dict[str, set[str]] = {step: set() for step in steps}
    for step, earlier in required:
        needed[step].add(earlier)
    edges = {step: set(earlier) for step, earlier in needed.items()}
    for step, earlier in preferred:
        edges[step].add(earlier)
    try:
        ordered = order(edges)
    except Cycle:
        # Only replacements and records of different ages can contradict each other: what is made has the say.
        edges = _without_cycles(needed, preferred)
        ordered = order(edges)
    return tuple(replace(steps[step], after=frozenset(edges[step])) for step in ordered)


def _without_cycles(needed: Mapping[str, set[str]], preferred: list[Edge]) -> dict[str, set[str]]:
    """Add the preferred edges one by one, but none that contradicts those before."""
    edges = {step: set(earlier) for step, earlier in needed.items()}
    for step, earlier in preferred:
        if step not in closure((earlier,), edges):
            edges[step].add(earlier)
    return edges


def _family(address: Address) -> Address:
    return address.parent or address


def _rank(address: Address, kinds: Kinds) -> int:
    """Where an address stands inside its endpoint; everything else is alone in its family."""
    kind = kinds.get(address.kind)
    return kind.behaviour.rank if kind else 0
