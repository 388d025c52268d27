"""RUN: executed once per content. What has run is used again, what runs is awaited, what failed is tried again."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.change import Action, FieldChange
from orchestrator.core.fingerprint import Fingerprint, digest_text
from orchestrator.core.health import Health
from orchestrator.core.reason import Cause, Culprit, CulpritKind, Reason, because
from orchestrator.core.resource import Applied, Observed, Rerun
from orchestrator.planning.existing import keep, live_in_force, reuse, revision_in_force
from orchestrator.planning.fields import compared, new_fields
from orchestrator.planning.ownership import has_this_content
from orchestrator.planning.reasons import content_reasons
from orchestrator.planning.revisions import attempts, run_name
from orchestrator.planning.subject import Decision, Subject

_UNDER_WAY = (Health.PROGRESSING, Health.UNKNOWN)
"""The status of an UNKNOWN run cannot be read; waiting for it is cheaper than training twice."""


def decide_run(subject: Subject) -> Decision:
    """Decide on a job. Runs of other projects under the same job name are in nobody's way: only their names are taken."""
    runs = [run for run in subject.live if not run.archived and has_this_content(run, subject)]
    under_way = [run for run in runs if run.health in _UNDER_WAY]
    completed = [run for run in runs if run.health is Health.HEALTHY]
    policy = subject.desired.lifecycle.rerun
    if policy is Rerun.ALWAYS:
        return _always(subject, under_way)
    if completed:
        return _completed(subject, completed)
    if under_way:
        return _await(subject, under_way[-1])
    current = live_in_force(subject)
    if policy is Rerun.MANUAL and subject.applied and current and current.health is Health.HEALTHY:
        return _run(subject, runs, current) if subject.chosen else _manual(subject, subject.applied, current)
    return _run(subject, runs, current)


def _completed(subject: Subject, completed: list[Observed]) -> Decision:
    applied = subject.applied
    if applied is not None and not applied.tainted:
        for run in completed:
            if run.revision == applied.revision:
                return keep(subject, applied, run)
    return reuse(subject, completed[-1], CulpritKind.RUN)


def _await(subject: Subject, run: Observed) -> Decision:
    """Submitting it again under the same name has no second effect; the apply then waits for its end."""
    change = subject.change(
        Action.RUN,
        (because(Cause.IN_FLIGHT, CulpritKind.RUN, run.revision),),
        _fields(subject),
        before=revision_in_force(subject),
        after=run.revision,
    )
    return Decision(change=change, observed=run)


def _manual(subject: Subject, applied: Applied, current: Observed) -> Decision:
    """It changed, but runs only when somebody selects it by name; what is downstream goes on with the run in force."""
    fields = compared(subject, current)
    change = subject.change(
        Action.NOOP,
        (Reason(Cause.MANUAL), *content_reasons(subject, fields)),
        tuple(replace(field, action=Action.NOOP) for field in fields),
        before=current.revision,
        after=current.revision,
    )
    return Decision(
        change=change,
        observed=current,
        reused=current,
        identity=applied.fingerprint.identity,
    )


def _always(subject: Subject, under_way: list[Observed]) -> Decision:
    """Each run is another one, and so is everything made from it."""
    if under_way:
        decision = _await(subject, under_way[-1])
    else:
        reason = Reason(Cause.ALWAYS if subject.applied else Cause.NEW)
        decision = _next(subject, (reason,), _fields(subject))
    return replace(decision, identity=identity_of_run(subject.fingerprint, decision.change.after or ""))


def identity_of_run(fingerprint: Fingerprint, run: str) -> str:
    """What cascades from a job that always runs: its content and which run it was."""
    return digest_text(f"{fingerprint.identity}\n{run}")


def _run(subject: Subject, failed: list[Observed], current: Observed | None) -> Decision:
    fields = _fields(subject)
    if failed:
        number = attempts(subject.desired.address.leaf, subject.fingerprint, subject.live) + 1
        tried = (Culprit(CulpritKind.ATTEMPT, str(number)), Culprit(CulpritKind.RUN, failed[-1].revision))
        return _next(subject, (Reason(Cause.RETRY, tried),), fields)
    applied = subject.applied
    if applied is not None and current is None and subject.fingerprint.matches(applied.fingerprint.pack()):
        if applied.tainted:
            return _next(subject, (Reason(Cause.LAST_APPLY_FAILED),), fields)
        lost = because(Cause.DELETED_OUTSIDE, CulpritKind.RUN, applied.revision)
        return _next(subject, (lost,), fields, drift=True)
    return _next(subject, content_reasons(subject, fields), fields)


def _fields(subject: Subject) -> tuple[FieldChange, ...]:
    current = live_in_force(subject)
    return compared(subject, current) if current else new_fields(subject)


def _next(
    subject: Subject, reasons: tuple[Reason, ...], fields: tuple[FieldChange, ...], *, drift: bool = False
) -> Decision:
    job = subject.desired.address.leaf
    made = attempts(job, subject.fingerprint, subject.live)
    change = subject.change(
        Action.RUN,
        reasons,
        fields,
        before=revision_in_force(subject),
        after=run_name(job, subject.fingerprint, made + 1),
        drift=drift,
        last_run_s=subject.applied.duration_s if subject.applied else None,
    )
    return Decision(change=change)
