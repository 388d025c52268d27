"""Whose a live object is. What is not ours is never touched."""

from __future__ import annotations

from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.reason import Reason, in_short
from orchestrator.core.resource import Applied, Observed
from orchestrator.planning.revisions import is_named_after
from orchestrator.planning.subject import Subject


def is_ours(observed: Observed, subject: Subject) -> bool:
    """Whether we may act on an object: it bears our mark, or none although our records name it."""
    if observed.owner is not None:
        return observed.owner == subject.owner
    if not subject.ours:
        return False
    return subject.applied is None or subject.applied.revision == observed.revision


def is_adopted(observed: Observed, applied: Applied | None) -> bool:
    """Whether others made an object that is ours: its mark says so, or the record of what bears no mark."""
    return observed.adopted or (applied is not None and applied.adopted and applied.revision == observed.revision)


def has_this_content(observed: Observed, subject: Subject) -> bool:
    """Whether a version or run has the wanted content and is not another project's.

    Told by the mark on the object. Where somebody took the mark away, the record tells, or the name: ours are made from content.
    """
    if observed.owner not in (None, subject.owner):
        return False
    if observed.fingerprint is not None:
        return subject.fingerprint.matches(observed.fingerprint)
    applied = subject.applied
    if applied is not None and applied.revision == observed.revision:
        return subject.fingerprint.matches(applied.fingerprint.pack())
    return is_named_after(subject.fingerprint, observed.revision)


def ownership_problem(subject: Subject) -> Diagnostic | None:
    """An object at the address that is not ours, unless it may be adopted.

    Archived objects are in nobody's way. Neither are versions without a mark beside versions of ours: an asset of which we
    published one version already is ours to go on with.
    """
    live = [observed for observed in subject.live if not observed.archived]
    others = [observed for observed in live if not is_ours(observed, subject)]
    for observed in others:
        if observed.owner is not None:
            return _foreign(subject, observed)
    if others and len(others) == len(live) and not subject.adopt:
        return unowned(subject)
    return None


def _foreign(subject: Subject, observed: Observed) -> Diagnostic:
    address = subject.desired.address
    return Diagnostic(
        Severity.ERROR,
        "foreign-owner",
        "Owned by another project",
        f"{address} exists and is owned by project '{observed.owner}', so that '{subject.owner}' must not change it.",
        f"Rename it in this spec, or refer to it instead of declaring it: azureml:{address.leaf}. "
        f"If this is that project under a new name, call it '{observed.owner}' again.",
        subject=subject.desired.span,
        address=address,
    )


def unowned(subject: Subject) -> Diagnostic:
    """The refusal to touch what bears no owner's mark."""
    address = subject.desired.address
    return Diagnostic(
        Severity.ERROR,
        "not-owned",
        "Resource already exists",
        f"{address} already exists in the workspace without an ownership tag: it was created by hand or by another tool.",
        f"Adopt it with `amlctl apply --adopt --select {address}`, or rename it in this spec.",
        subject=subject.desired.span,
        address=address,
    )


def unadoptable(subject: Subject, reasons: tuple[Reason, ...]) -> Diagnostic:
    """The refusal to take over what would have to be deleted for it."""
    address = subject.desired.address
    return Diagnostic(
        Severity.ERROR,
        "adopt-would-replace",
        "Adopting would replace the resource",
        f"{address} was not created by this project and differs from the spec in fields that cannot be changed in place "
        f"({in_short(reasons)}). Adopting it would delete and recreate it.",
        "Change the spec to match the live resource, rename it in the spec, or delete the live resource yourself.",
        subject=subject.desired.span,
        address=address,
    )
