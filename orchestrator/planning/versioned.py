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
from orchestrator.planning.resource_states import Decision, ResourceStates
from orchestrator.planning.revisions import version_name


def decide_versioned(states: ResourceStates) -> Decision | Diagnostic:
    """Decide on an asset with versions.

    Returns:
        The decision; a problem if the asset is not ours or the pinned version has other content.
    """
    problem = ownership_problem(states)
    if problem is not None:
        return problem
    settled = _pinned(states)
    if settled is not None:
        return settled
    matching = _with_this_content(states)
    if matching is None:
        return _publish(states)
    if _rotated(states, matching):
        return _conflict(states) if states.desired.version else _publish(states)
    if states.applied is not None and matching.revision == states.applied.revision:
        return keep(states, states.applied, matching)
    return reuse(states, matching, CulpritKind.VERSION)


def _pinned(states: ResourceStates) -> Decision | Diagnostic | None:
    """What follows from the version that the spec pins alone; None if it is free or has the wanted content."""
    version = states.desired.version
    taken = next((observed for observed in states.live if observed.revision == version), None)
    if version is None or taken is None:
        return None
    if has_this_content(taken, states):
        return _take_over(states, taken) if taken.archived and taken.fingerprint is None else None
    if is_ours(taken, states) or taken.owner is not None:
        return _conflict(states)
    return _take_over(states, taken) if states.adopt else unowned(states)


def _with_this_content(states: ResourceStates) -> Observed | None:
    """The live version that is what is wanted: the one in force if it is, else the newest."""
    version = states.desired.version
    found = [
        observed
        for observed in states.live
        if not observed.archived and version in (None, observed.revision) and has_this_content(observed, states)
    ]
    revision = states.applied.revision if states.applied else None
    return next((observed for observed in found if observed.revision == revision), found[-1] if found else None)


def _publish(states: ResourceStates) -> Decision:
    """A new version; an archived one with this content comes back instead."""
    archived = next((o for o in reversed(states.live) if o.archived and _restorable(o, states)), None)
    applied = states.applied
    last = applied.revision if applied else ""
    after = states.desired.version or (
        archived.revision if archived else version_name(states.kind, states.fingerprint, states.live, last)
    )
    current = live_in_force(states)
    fields = compared(states, current) if current else new_fields(states)
    others = any(not observed.archived for observed in states.live)
    reasons, drift = _why(states, archived, current)
    if others and reasons[0].cause is Cause.NEW:
        reasons = (Reason(Cause.OTHER_CONTENT),)
    change = states.change(
        Action.REVISE if others else Action.CREATE,
        reasons,
        fields,
        before=revision_in_force(states),
        after=after,
        drift=drift,
    )
    return Decision(change=change)


def _rotated(states: ResourceStates, matching: Observed) -> bool:
    """Whether a secret in the content, such as the signature in an address, is another than the version in force was made with.

    The mark of a version cannot tell: a digest of a password there could be guessed from.
    """
    applied = states.applied
    if applied is None or matching.revision != applied.revision:
        return False
    return any(
        field.action is Action.REVISE and _without_digests(field.desired) == _without_digests(field.applied)
        for field in compared(states, matching)
        if field.desired != field.applied and _without_digests(field.desired) != field.desired
    )


def _without_digests(value: Any) -> Any:
    if isinstance(value, Mapping):
        secret = "$secret" in value
        return {name: _without_digests(item) for name, item in value.items() if not secret or name != "digest"}
    return [_without_digests(item) for item in value] if isinstance(value, list) else value


def _restorable(observed: Observed, states: ResourceStates) -> bool:
    version = states.desired.version
    marked = observed.fingerprint is not None  # without a mark, to publish it again would be a conflict
    return marked and version in (None, observed.revision) and has_this_content(observed, states)


def _why(
    states: ResourceStates, archived: Observed | None, current: Observed | None
) -> tuple[tuple[Reason, ...], bool]:
    """The reasons, and whether it is that somebody else took the version away."""
    applied = states.applied
    if applied is not None and current is None and states.fingerprint.matches(applied.fingerprint.pack()):
        gone = Cause.ARCHIVED_OUTSIDE if archived is not None else Cause.DELETED_OUTSIDE
        return (because(gone, CulpritKind.VERSION, applied.revision),), True
    if archived is not None:
        return (because(Cause.RESTORE, CulpritKind.VERSION, archived.revision),), False
    return content_reasons(states, compared(states, current) if current else ()), False


def _take_over(states: ResourceStates, observed: Observed) -> Decision:
    """The spec pins a version that bears no mark, and adopting was asked for: mark it as it is."""
    fields = compared(states, observed, recorded=False)
    change = states.change(
        Action.UPDATE,
        (because(Cause.ADOPT, CulpritKind.VERSION, observed.revision),),
        fields,
        before=revision_in_force(states),
        after=observed.revision,
    )
    return Decision(change=change, observed=observed)


def _conflict(states: ResourceStates) -> Diagnostic:
    address, version = states.desired.address, states.desired.version
    known = f" ({in_short(content_reasons(states, ()))})" if states.applied is not None else ""
    return Diagnostic(
        Severity.ERROR,
        "version-content-conflict",
        summary="Pinned version exists with different content",
        detail=f"{address} pins version {version}, which already exists with different content{known}. Published versions are immutable.",
        fix="Pin another version, or remove `version` to derive it from the content.",
        subject=states.desired.span,
        address=address,
    )
