"""VERSIONED: other content is another version; the old one stays, and what exists is used again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.change import Action
from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.reason import Cause, CulpritKind, Reason, because, in_short
from orchestrator.core.resource import Observed
from orchestrator.planning.existing import keep, live_in_force, reuse, revision_in_force
from orchestrator.planning.fields import compared, new_fields
from orchestrator.planning.ownership import has_this_content, is_ours, ownership_problem, unowned
from orchestrator.planning.reasons import content_reasons
from orchestrator.planning.revisions import version_name
from orchestrator.planning.subject import Decision, Subject


def decide_versioned(subject: Subject) -> Decision | Diagnostic:
    """Decide on an asset with versions.

    Returns:
        The decision; a problem if the asset is not ours or the pinned version has other content.
    """
    problem = ownership_problem(subject)
    if problem is not None:
        return problem
    settled = _pinned(subject)
    if settled is not None:
        return settled
    wanted = _with_this_content(subject)
    if wanted is None:
        return _publish(subject)
    if _rotated(subject, wanted):
        return _conflict(subject) if subject.desired.version else _publish(subject)
    if subject.applied is not None and wanted.revision == subject.applied.revision:
        return keep(subject, subject.applied, wanted)
    return reuse(subject, wanted, CulpritKind.VERSION)


def _pinned(subject: Subject) -> Decision | Diagnostic | None:
    """What follows from the version that the spec pins alone; None if it is free or has the wanted content."""
    version = subject.desired.version
    taken = next((observed for observed in subject.live if observed.revision == version), None)
    if version is None or taken is None:
        return None
    if has_this_content(taken, subject):
        return _take_over(subject, taken) if taken.archived and taken.fingerprint is None else None
    if is_ours(taken, subject) or taken.owner is not None:
        return _conflict(subject)
    return _take_over(subject, taken) if subject.adopt else unowned(subject)


def _with_this_content(subject: Subject) -> Observed | None:
    """The live version that is what is wanted: the one in force if it is, else the newest."""
    version = subject.desired.version
    found = [
        observed
        for observed in subject.live
        if not observed.archived and version in (None, observed.revision) and has_this_content(observed, subject)
    ]
    revision = subject.applied.revision if subject.applied else None
    return next((observed for observed in found if observed.revision == revision), found[-1] if found else None)


def _publish(subject: Subject) -> Decision:
    """A new version; an archived one with this content comes back instead."""
    archived = next((o for o in reversed(subject.live) if o.archived and _restorable(o, subject)), None)
    applied = subject.applied
    last = applied.revision if applied else ""
    after = subject.desired.version or (
        archived.revision if archived else version_name(subject.kind, subject.fingerprint, subject.live, last)
    )
    current = live_in_force(subject)
    fields = compared(subject, current) if current else new_fields(subject)
    others = any(not observed.archived for observed in subject.live)
    reasons, drift = _why(subject, archived, current)
    if others and reasons[0].cause is Cause.NEW:
        reasons = (Reason(Cause.OTHER_CONTENT),)
    change = subject.change(
        Action.REVISE if others else Action.CREATE,
        reasons,
        fields,
        before=revision_in_force(subject),
        after=after,
        drift=drift,
    )
    return Decision(change=change)


def _rotated(subject: Subject, wanted: Observed) -> bool:
    """Whether a secret in the content, such as the signature in an address, is another than the version in force was made with.

    The mark of a version cannot tell: a digest of a password there could be guessed from.
    """
    applied = subject.applied
    if applied is None or wanted.revision != applied.revision:
        return False
    return any(
        field.action is Action.REVISE and _without_digests(field.desired) == _without_digests(field.applied)
        for field in compared(subject, wanted)
        if field.desired != field.applied and _without_digests(field.desired) != field.desired
    )


def _without_digests(value: Any) -> Any:
    if isinstance(value, Mapping):
        secret = "$secret" in value
        return {name: _without_digests(item) for name, item in value.items() if not secret or name != "digest"}
    return [_without_digests(item) for item in value] if isinstance(value, list) else value


def _restorable(observed: Observed, subject: Subject) -> bool:
    version = subject.desired.version
    marked = observed.fingerprint is not None  # without a mark, to publish it again would be a conflict
    return marked and version in (None, observed.revision) and has_this_content(observed, subject)


def _why(subject: Subject, archived: Observed | None, current: Observed | None) -> tuple[tuple[Reason, ...], bool]:
    """The reasons, and whether it is that somebody else took the version away."""
    applied = subject.applied
    if applied is not None and current is None and subject.fingerprint.matches(applied.fingerprint.pack()):
        gone = Cause.ARCHIVED_OUTSIDE if archived is not None else Cause.DELETED_OUTSIDE
        return (because(gone, CulpritKind.VERSION, applied.revision),), True
    if archived is not None:
        return (because(Cause.RESTORE, CulpritKind.VERSION, archived.revision),), False
    return content_reasons(subject, compared(subject, current) if current else ()), False


def _take_over(subject: Subject, observed: Observed) -> Decision:
    """The spec pins a version that bears no mark, and adopting was asked for: mark it as it is."""
    fields = compared(subject, observed, recorded=False)
    change = subject.change(
        Action.UPDATE,
        (because(Cause.ADOPT, CulpritKind.VERSION, observed.revision),),
        fields,
        before=revision_in_force(subject),
        after=observed.revision,
    )
    return Decision(change=change, observed=observed)


def _conflict(subject: Subject) -> Diagnostic:
    address, version = subject.desired.address, subject.desired.version
    known = f" ({in_short(content_reasons(subject, ()))})" if subject.applied is not None else ""
    return Diagnostic(
        Severity.ERROR,
        "version-content-conflict",
        "Pinned version exists with different content",
        f"{address} pins version {version}, which already exists with different content{known}. Published versions are immutable.",
        "Pin another version, or remove `version` to derive it from the content.",
        subject=subject.desired.span,
        address=address,
    )
