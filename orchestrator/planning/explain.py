"""Why a resource will, or will not, change: from the decision back to the file, field or ingredient that started it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.explanation import Explanation, Link
from orchestrator.core.graph import closure, reverse
from orchestrator.core.plan import Plan, Target


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
) -> Iterator[Link]:
    """Breadth first, so that the nearest come first; each address once."""
    waiting, seen = [address], {address}
    for current in waiting:
        upstream = causes[current]
        change = changes[current]
        settled = change.action is Action.NOOP and current != address
        yield Link(change, root=not upstream, earlier=settled)
        waiting.extend(other for other in upstream if other not in seen)
        seen.update(upstream)
