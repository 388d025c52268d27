"""Whether a plan made once more under the lock does what was agreed to."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.address import Address
from orchestrator.core.change import Change
from orchestrator.core.plan import Plan
from orchestrator.core.reason import Cause


def still_agreed(fresh: Plan, agreed: Plan, *, fewer: bool) -> bool:
    """Whether a plan does nothing that was not agreed to. Fields may be known by now that only the apply could know.

    A run that was to be waited for may have completed in the meantime: its result is used, as was agreed.

    Args:
        fewer: what others have done in the meantime may be missing.
    """
    awaited = _awaited(agreed)
    expected = {_essence(change) for change in agreed.effective}
    for change in fresh.effective:
        completed = change.reuse and awaited.get(change.address) == change.after
        if _essence(change) not in expected and not completed:
            return False
    missing = {change.address for change in agreed.effective} - {change.address for change in fresh.effective}
    return fewer or (bool(awaited) and missing <= awaited.keys())


def _awaited(plan: Plan) -> Mapping[Address, str | None]:
    """The runs under way that a plan waits for."""
    return {
        change.address: change.after
        for change in plan.effective
        if any(reason.cause is Cause.IN_FLIGHT for reason in change.reasons)
    }


def _essence(change: Change) -> tuple[object, ...]:
    return change.address, change.action, change.before, change.after
