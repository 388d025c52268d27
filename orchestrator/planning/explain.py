"""Why a resource will, or will not, change: from the decision back to the file, field or ingredient that started it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change, FieldChange
from orchestrator.core.explanation import Cause, Explanation
from orchestrator.core.graph import closure, reverse
from orchestrator.core.plan import Plan, Target
from orchestrator.core.tree import dotted
from orchestrator.planning.reasons import brief

EARLIER = "it changed in an earlier apply"


def explain(plan: Plan, address: Address) -> Explanation:
    """Explain one decision of a plan.

    Args:
        plan: as made, with its targets.
        address: a resource of the plan.

    Raises:
        KeyError: the plan has no such resource.
    """
    changes = {change.address: change for change in plan.changes}
    change = changes[address]
    causes = {each: tuple(_causes(each, plan, changes)) for each in changes}
    chain = tuple(_chain(address, changes, causes))
    followers = reverse({each: found for each, found in causes.items() if changes[each].action is not Action.NOOP})
    return Explanation(
        change,
        tuple(_sentences(change, chain)),
        chain,
        tuple(sorted(closure((address,), followers) - {address})),
    )


def _causes(address: Address, plan: Plan, changes: dict[Address, Change]) -> Iterator[Address]:
    """What directly upstream is another than at the last apply."""
    target = plan.targets.get(address)
    if target is None:
        return
    moved = _moved(target)
    yield from (other for other in sorted(changes[address].depends_on) if str(other) in moved and other in changes)
    parent = address.parent
    if parent in changes and changes[parent].action is Action.REPLACE:
        yield parent


def _moved(target: Target) -> set[str]:
    before = target.applied.upstream if target.applied else {}
    return {name for name, now in target.upstream.items() if before.get(name, now) != now}


def _chain(
    address: Address, changes: dict[Address, Change], causes: dict[Address, tuple[Address, ...]]
) -> Iterator[Cause]:
    """Breadth first, so that the nearest come first; each address once."""
    waiting, seen = [address], {address}
    for current in waiting:
        upstream = causes[current]
        change = changes[current]
        settled = change.action is Action.NOOP and current != address
        yield Cause(current, EARLIER if settled else change.reason, root=not upstream)
        waiting.extend(other for other in upstream if other not in seen)
        seen.update(upstream)


def _sentences(change: Change, chain: tuple[Cause, ...]) -> Iterator[str]:
    yield _decision(change)
    for field in change.fields:
        if field.action is not Action.NOOP and change.action is not Action.CREATE and field.reason != "new":
            yield f"{_field(field)}."
    roots = [cause for cause in chain if cause.root and cause.address != change.address]
    for cause in roots:
        yield f"It starts at {cause.address}: {cause.reason}."
    for field in change.fields:
        if field.action is Action.NOOP:
            yield f"Left alone: {_field(field)}."
    if change.note:
        yield f"{change.note[0].upper()}{change.note[1:]}."


def _field(field: FieldChange) -> str:
    before = field.observed if field.drift else field.applied
    return f"{dotted(field.path)}: {brief(before)} → {brief(field.desired)} ({field.reason})"


def _decision(change: Change) -> str:
    address, reason, after = change.address, change.reason, change.after
    if change.orphaned:
        return f"{address} is not in the spec any more and stays as it is: {reason}."
    if change.action is Action.NOOP:
        agreed = "spec, record and workspace agree" if reason == "unchanged" else reason
        return f"{address} will not change: {agreed}."
    if change.reuse:
        return f"{address} will be recorded{f' as {after}' if after else ''} without doing anything again: {reason}."
    return f"{address} will be {_DONE[change.action].format(after=after)}: {reason}."


_DONE = {
    Action.FORGET: "forgotten, and what is live is left as it is",
    Action.UPDATE: "updated in place",
    Action.REVISE: "published as version {after}",
    Action.RUN: "run as {after}",
    Action.CREATE: "created",
    Action.REPLACE: "deleted and created anew",
    Action.DELETE: "removed",
}
