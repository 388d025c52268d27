"""Short ways to write plans down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.plan import Plan, PlanBase, Target
from orchestrator.core.reason import Cause, Reason
from orchestrator.core.resource import Applied, Check, Desired, Lifecycle, Observed, Removal
from tests.unit.execution.simulated import KINDS, MemoryStore, SimulatedBackend, fingerprint

Row = tuple[Change, Target]
USUAL = Lifecycle()


def at(text: str) -> Address:
    """An address from its text."""
    return Address.parse(text)


def ats(texts: str) -> frozenset[Address]:
    """Addresses from their texts, separated by spaces."""
    return frozenset(at(text) for text in texts.split())


def row(
    action: str,
    address: str,
    needs: str = "",
    *,
    recorded: str | None = None,
    properties: Mapping[str, Any] | None = None,
    content: str = "a",
    after: str = "",
    live: Observed | None = None,
    checks: tuple[Check, ...] = (),
    lifecycle: Lifecycle = USUAL,
    reused: Observed | None = None,
    removal: Removal | None = None,
) -> Row:
    """One change with its target.

    Args:
        needs: what it depends on.
        recorded: what it depended on when it was last applied; None means that there is no record.
    """
    place, what = at(address), Action(action)
    body = properties or {"about": address}
    gone = what in (Action.DELETE, Action.FORGET)
    applied = (
        None
        if recorded is None
        else Applied(place, properties=body, fingerprint=fingerprint("0"), revision=after, depends_on=ats(recorded))
    )
    if live is None and what in (Action.UPDATE, Action.REPLACE, Action.DELETE):
        live = Observed(place, after, properties={})
    change = Change(
        address=place,
        action=what,
        reasons=(Reason(Cause.CHANGED),),
        before=after if live else None,
        after=after,
        depends_on=ats(needs),
        reuse=reused is not None,
    )
    desired = (
        None
        if gone
        else Desired(
            address=place, properties=body, content=content, depends_on=ats(needs), checks=checks, lifecycle=lifecycle
        )
    )
    target = Target(
        desired=desired,
        resolved={} if gone else body,
        fingerprint=fingerprint(content),
        upstream={"upstream": "identity"},
        applied=applied,
        observed=live,
        reused=reused,
        owned=(live,) if live and what in (Action.REPLACE, Action.DELETE) else (),
        removal=removal or (Removal.DELETE if what is Action.DELETE else None),
    )
    return change, target


def plan_of(*rows: Row, serial: int = 0, lineage: str = "") -> Plan:
    """A plan of these changes."""
    ordered = sorted(rows, key=lambda each: each[0].address)
    return Plan(
        project="demo",
        target="dev",
        base=PlanBase(lineage, serial, "digest", "simulated"),
        changes=tuple(change for change, _ in ordered),
        targets={change.address: target for change, target in ordered},
    )


def populate(backend: SimulatedBackend, store: MemoryStore, rows: Iterable[Row]) -> None:
    """Put what the plan saw into the workspace and the state."""
    for change, target in rows:
        if target.observed is not None:
            backend.objects[change.address, target.observed.revision] = target.observed
        if target.applied is not None:
            store.applied[change.address] = target.applied


def based(plan: Plan, store: MemoryStore) -> Plan:
    """The same plan, made from the state as it is now."""
    return replace(plan, base=PlanBase(store.lineage, store.serial, "digest", "simulated"))


__all__ = ["KINDS", "Row", "at", "ats", "based", "plan_of", "populate", "row"]
