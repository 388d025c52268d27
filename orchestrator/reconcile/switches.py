"""Which changes of a plan a pass may carry out, and why not the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.graph import closure, reverse
from orchestrator.core.plan import Plan
from orchestrator.core.reason import BY_OTHERS
from orchestrator.reconcile.policy import Policy


class Hold(StrEnum):
    """Why a change is not carried out."""

    OBSERVE_ONLY = "observe-only"
    FROZEN = "frozen"
    SELF_HEAL_OFF = "self-heal-off"
    DEBOUNCE = "debounce"
    PRUNE_OFF = "prune-off"
    TOO_MANY_DELETIONS = "too-many-deletions"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Held:
    """A change that is left alone for now.

    Attributes:
        reason: for people.
    """

    change: Change
    why: Hold
    reason: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What counts beside the plan and the settings.

    Attributes:
        frozen: why nothing may be changed now; empty if it may.
        drift_age: for each address that drifted, for how many seconds that is known.
    """

    frozen: str = ""
    drift_age: Mapping[Address, float] | None = None


def is_drift(change: Change) -> bool:
    """Whether others changed the workspace and nobody changed the spec."""
    if not change.drift or change.action in (Action.NOOP, Action.DELETE, Action.FORGET):
        return False
    return all(field.drift for field in change.fields if field.action is not Action.NOOP) or (change.cause in BY_OTHERS)


def is_removal(change: Change) -> bool:
    """Whether something that left the spec goes away."""
    return change.action in (Action.DELETE, Action.FORGET)


def held_back(plan: Plan, policy: Policy, now: Circumstances) -> dict[Address, Held]:
    """The effective changes that must not be carried out.

    A change that waits for a held one is held as well; so is a removal inside an endpoint of which another part is held, because
    traffic must leave a deployment before that goes.
    """
    held: dict[Address, Held] = {}
    for change in plan.effective:
        target = plan.targets.get(change.address)
        vanished = change.action is Action.FORGET and target is not None and target.observed is None
        reason = _own_reason(change, policy, now, vanished=vanished)
        if reason is not None:
            held[change.address] = Held(change, *reason)
    _bound_deletions(plan, policy, held)
    _follow(plan, held)
    return held


def _own_reason(change: Change, policy: Policy, now: Circumstances, *, vanished: bool) -> tuple[Hold, str] | None:
    name = str(change.address)
    if not policy.applies(name):
        return Hold.OBSERVE_ONLY, "auto-apply is off"
    if is_removal(change) and not vanished and not policy.prunes(name):
        return Hold.PRUNE_OFF, "removed from the spec; prune is off"
    if is_drift(change) and not policy.heals(name):
        return Hold.SELF_HEAL_OFF, "self-heal is off"
    if now.frozen:
        return Hold.FROZEN, now.frozen
    if is_drift(change):
        left = policy.debounce_s - (now.drift_age or {}).get(change.address, 0.0)
        if left > 0:
            return Hold.DEBOUNCE, f"will be reverted after another {left:.0f} s"
    return None


def _bound_deletions(plan: Plan, policy: Policy, held: dict[Address, Held]) -> None:
    going = [c for c in plan.effective if c.action is Action.DELETE and c.address not in held]
    if policy.max_deletions is None or len(going) <= policy.max_deletions:
        return
    reason = (
        f"would delete {len(going)} resources; max_deletions is {policy.max_deletions}. "
        "Approve with `amlctl apply --prune`."
    )
    held.update((change.address, Held(change, Hold.TOO_MANY_DELETIONS, reason)) for change in going)


def _follow(plan: Plan, held: dict[Address, Held]) -> None:
    """Hold what waits for something held, until nothing more follows."""
    made = [change for change in plan.effective if not is_removal(change)]
    needed_by = reverse({change.address: change.depends_on for change in made})
    while True:
        waiting = closure([a for a in held if not is_removal(held[a].change)], needed_by)
        families = {_family(address) for address in held if not is_removal(held[address].change)}
        more = [
            change
            for change in plan.effective
            if change.address not in held
            and (
                change.address in waiting
                if not is_removal(change)
                else bool(change.address.part) and _family(change.address) in families
            )
        ]
        if not more:
            return
        for change in more:
            cause = next(iter(_causes(change, held)), None)
            held[change.address] = Held(
                change, Hold.UPSTREAM, f"waits for {cause}" if cause else "waits for its endpoint"
            )


def _causes(change: Change, held: Mapping[Address, Held]) -> Iterable[Address]:
    return sorted(address for address in change.depends_on if address in held)


def _family(address: Address) -> Address:
    return address.parent or address
