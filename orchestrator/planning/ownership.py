"""Whose a live object is. What is not ours is never touched."""

from __future__ import annotations

from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.resource import Observed
from orchestrator.planning.subject import Subject


def is_ours(observed: Observed, subject: Subject) -> bool:
    """Whether we may act on an object: it bears our mark, or none although our records name it."""
    if observed.owner is not None:
        return observed.owner == subject.owner
    if not subject.ours:
        return False
    return subject.applied is None or subject.applied.revision == observed.revision


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
        return _unowned(subject)
    return None


def _foreign(subject: Subject, observed: Observed) -> Diagnostic:
    address = subject.desired.address
    return Diagnostic(
        Severity.ERROR,
        "foreign-owner",
        "Another project owns this resource",
        f"{address} exists and belongs to the project '{observed.owner}', so that '{subject.owner}' must not change it.",
        f"Give it another name here, or refer to it instead of declaring it: azureml:{address.leaf}.",
        subject=subject.desired.span,
        address=address,
    )


def _unowned(subject: Subject) -> Diagnostic:
    address = subject.desired.address
    return Diagnostic(
        Severity.ERROR,
        "not-owned",
        "The resource exists and was not made by this tool",
        f"{address} exists in the workspace without an owner's mark: somebody made it by hand or with another tool.",
        "Take it over with `--adopt`, or give it another name here.",
        subject=subject.desired.span,
        address=address,
    )
