"""What is there already and has the wanted content: kept, or used again."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from orchestrator.core.change import Action, FieldChange
from orchestrator.core.health import Health
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.resource import Applied, Observed
from orchestrator.planning.fields import compared, drifted, worst
from orchestrator.planning.reasons import culprits, field_reasons, lifecycle_reasons, unseen_label
from orchestrator.planning.subject import Decision, Subject


class Verdict(NamedTuple):
    """What to do with a live object that is in force.

    Attributes:
        reuse: only the record moves.
    """

    action: Action
    reasons: tuple[Reason, ...]
    reuse: bool = False


def keep(subject: Subject, applied: Applied, observed: Observed) -> Decision:
    """The version or run in force has the wanted content: at most its labels change."""
    fields = tuple(_settled(field) for field in compared(subject, observed))
    verdict = upkeep(subject, applied, observed, fields)
    return decided(subject, verdict, observed, fields)


def _settled(field: FieldChange) -> FieldChange:
    """A field of an asset whose content as a whole is the same: another mention of the same thing."""
    if field.action in (Action.REVISE, Action.RUN):
        return replace(field, action=Action.NOOP, reason=Reason(Cause.SAME_CONTENT))
    return field


def upkeep(subject: Subject, applied: Applied, observed: Observed, fields: tuple[FieldChange, ...]) -> Verdict:
    """The first rule that holds for a live object that the record names."""
    if worst(fields) is Action.UPDATE:
        return Verdict(Action.UPDATE, field_reasons(subject, fields))
    if applied.tainted:
        return Verdict(Action.UPDATE, (Reason(Cause.LAST_APPLY_FAILED),))
    if observed.owner is None and subject.kind.taggable:
        return Verdict(Action.UPDATE, (Reason(Cause.OWNER_MARK_REMOVED),))
    guilty = culprits(subject)
    if guilty:
        return Verdict(Action.UPDATE, (Reason(Cause.UPSTREAM, guilty),))
    if unseen_label(subject, applied, fields):
        return Verdict(Action.UPDATE, (because(Cause.METADATA, CulpritKind.FIELD, "tests"),))
    moved = lifecycle_reasons(subject.desired, applied)
    if moved:
        return Verdict(Action.UPDATE, moved, reuse=True)
    return Verdict(Action.NOOP, (Reason(Cause.UNCHANGED),))


def decided(subject: Subject, verdict: Verdict, observed: Observed, fields: tuple[FieldChange, ...]) -> Decision:
    """The decision on a live object that stays in force."""
    done = verdict.reuse or verdict.action is Action.NOOP
    change = subject.change(
        verdict.action,
        verdict.reasons,
        fields,
        before=observed.revision,
        after=observed.revision,
        reuse=verdict.reuse,
        drift=drifted(fields) or verdict.reasons[0].cause is Cause.OWNER_MARK_REMOVED,
    )
    return Decision(
        change=change,
        observed=observed,
        reused=observed if done else None,
    )


def reuse(subject: Subject, observed: Observed, noun: CulpritKind) -> Decision:
    """Another version or run than the one in force has the wanted content: nothing is done twice.

    Its labels may be those of another time; then they are updated along the way.
    """
    fields = compared(subject, observed, recorded=False)
    labelled = observed.fingerprint == subject.fingerprint.pack() and worst(fields) is Action.NOOP
    clean = labelled and observed.health is Health.HEALTHY
    cause = Cause.ADOPT_SAME if subject.applied is None else Cause.REUSE
    change = subject.change(
        Action.UPDATE,
        (because(cause, noun, observed.revision),),
        fields,
        before=revision_in_force(subject),
        after=observed.revision,
        reuse=clean,
    )
    return Decision(change=change, observed=observed, reused=observed if clean else None)


def revision_in_force(subject: Subject) -> str | None:
    """The revision that the record names, if it is still there."""
    found = live_in_force(subject)
    return found.revision if found else None


def live_in_force(subject: Subject) -> Observed | None:
    """The live object that the record names, if it is still there."""
    if subject.applied is None:
        return None
    for observed in subject.live:
        if observed.revision == subject.applied.revision and not observed.archived:
            return observed
    return None
