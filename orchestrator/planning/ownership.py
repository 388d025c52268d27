"""Whose a live object is. What is not ours is never touched."""

from __future__ import annotations

from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.reason import Reason, in_short
from orchestrator.core.resource import Applied, Observed
from orchestrator.planning.resource_states import ResourceStates
from orchestrator.planning.revisions import is_named_after


def is_ours(observed: Observed, states: ResourceStates) -> bool:
    """Whether we may act on an object: it bears our mark, or none although our records name it."""
    if observed.owner is not None:
        return observed.owner == states.owner
    if not states.ours:
        return False
    return states.applied is None or states.applied.revision == observed.revision


def is_adopted(observed: Observed, applied: Applied | None) -> bool:
    """Whether others made an object that is ours: its mark says so, or the record of what bears no mark."""
    return observed.adopted or (applied is not None and applied.adopted and applied.revision == observed.revision)


def has_this_content(observed: Observed, states: ResourceStates) -> bool:
    """Whether a version or run has the wanted content and is not another project's.

    Told by the mark on the object. Where somebody took the mark away, the record tells, or the name: ours are made from content.
    """
    if observed.owner not in (None, states.owner):
        return False
    if observed.fingerprint is not None:
        return states.fingerprint.matches(observed.fingerprint)
    applied = states.applied
    if applied is not None and applied.revision == observed.revision:
        return states.fingerprint.matches(applied.fingerprint.pack())
    return is_named_after(states.fingerprint, observed.revision)


def ownership_problem(states: ResourceStates) -> Diagnostic | None:
    """An object at the address that is not ours, unless it may be adopted.

    Archived objects are in nobody's way. Neither are versions without a mark beside versions of ours: an asset of which we
    published one version already is ours to go on with.
    """
    live = [observed for observed in states.live if not observed.archived]
    others = [observed for observed in live if not is_ours(observed, states)]
    for observed in others:
        if observed.owner is not None:
            return _foreign(states, observed)
    if others and len(others) == len(live) and not states.adopt:
        return unowned(states)
    return None


def _foreign(states: ResourceStates, observed: Observed) -> Diagnostic:
    address = states.desired.address
    return Diagnostic(
        Severity.ERROR,
        "foreign-owner",
        summary="Owned by another project",
        detail=f"{address} exists and is owned by project '{observed.owner}', so that '{states.owner}' must not change it.",
        fix=f"Rename it in this spec, or refer to it instead of declaring it: azureml:{address.leaf}. "
        f"If this is that project under a new name, call it '{observed.owner}' again.",
        subject=states.desired.span,
        address=address,
    )


def unowned(states: ResourceStates) -> Diagnostic:
    """The refusal to touch what bears no owner's mark."""
    address = states.desired.address
    return Diagnostic(
        Severity.ERROR,
        "not-owned",
        summary="Resource already exists",
        detail=f"{address} already exists in the workspace without an ownership tag: it was created by hand or by another tool.",
        fix=f"Adopt it with `amlctl apply --adopt --select {address}`, or rename it in this spec.",
        subject=states.desired.span,
        address=address,
    )


def unadoptable(states: ResourceStates, reasons: tuple[Reason, ...]) -> Diagnostic:
    """The refusal to take over what would have to be deleted for it."""
    address = states.desired.address
    return Diagnostic(
        Severity.ERROR,
        "adopt-would-replace",
        summary="Adopting would replace the resource",
        detail=f"{address} was not created by this project and differs from the spec in fields that cannot be changed in place "
        f"({in_short(reasons)}). Adopting it would delete and recreate it.",
        fix="Change the spec to match the live resource, rename it in the spec, or delete the live resource yourself.",
        subject=states.desired.span,
        address=address,
    )
