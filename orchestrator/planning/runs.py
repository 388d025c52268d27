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
from orchestrator.planning.resource_states import Decision, ResourceStates
from orchestrator.planning.revisions import attempts, run_name

_UNDER_WAY = (Health.PROGRESSING, Health.UNKNOWN)
"""The status of an UNKNOWN run cannot be read; waiting for it is cheaper than training twice."""


def decide_run(states: ResourceStates) -> Decision:
    """Decide on a job. Runs of other projects under the same job name are in nobody's way: only their names are taken."""
    runs = [run for run in states.live if not run.archived and has_this_content(run, states)]
    under_way = [run for run in runs if run.health in _UNDER_WAY]
    completed = [run for run in runs if run.health is Health.HEALTHY]
    policy = states.desired.lifecycle.rerun
    if policy is Rerun.ALWAYS:
        return _always(states, under_way)
    if completed:
        return _completed(states, completed)
    if under_way:
        return _await(states, under_way[-1])
    current = live_in_force(states)
    if policy is Rerun.MANUAL and states.applied and current and current.health is Health.HEALTHY:
        return _run(states, runs, current) if states.chosen else _manual(states, states.applied, current)
    return _run(states, runs, current)


def _completed(states: ResourceStates, completed: list[Observed]) -> Decision:
    applied = states.applied
    if applied is not None and not applied.tainted:
        for run in completed:
            if run.revision == applied.revision:
                return keep(states, applied, run)
    return reuse(states, completed[-1], CulpritKind.RUN)


def _await(states: ResourceStates, run: Observed) -> Decision:
    """Submitting it again under the same name has no second effect; the apply then waits for its end."""
    change = states.change(
        Action.RUN,
        (because(Cause.IN_FLIGHT, CulpritKind.RUN, run.revision),),
        _fields(states),
        before=revision_in_force(states),
        after=run.revision,
    )
    return Decision(change=change, observed=run)


def _manual(states: ResourceStates, applied: Applied, current: Observed) -> Decision:
    """It changed, but runs only when somebody selects it by name; what is downstream goes on with the run in force."""
    fields = compared(states, current)
    change = states.change(
        Action.NOOP,
        (Reason(Cause.MANUAL), *content_reasons(states, fields)),
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


def _always(states: ResourceStates, under_way: list[Observed]) -> Decision:
    """Each run is another one, and so is everything made from it."""
    if under_way:
        decision = _await(states, under_way[-1])
    else:
        reason = Reason(Cause.ALWAYS if states.applied else Cause.NEW)
        decision = _next(states, (reason,), _fields(states))
    return replace(decision, identity=identity_of_run(states.fingerprint, decision.change.after or ""))


def identity_of_run(fingerprint: Fingerprint, run: str) -> str:
    """What cascades from a job that always runs: its content and which run it was."""
    return digest_text(f"{fingerprint.identity}\n{run}")


def _run(states: ResourceStates, failed: list[Observed], current: Observed | None) -> Decision:
    fields = _fields(states)
    if failed:
        number = attempts(states.desired.address.leaf, states.fingerprint, states.live) + 1
        tried = (Culprit(CulpritKind.ATTEMPT, str(number)), Culprit(CulpritKind.RUN, failed[-1].revision))
        return _next(states, (Reason(Cause.RETRY, tried),), fields)
    applied = states.applied
    if applied is not None and current is None and states.fingerprint.matches(applied.fingerprint.pack()):
        if applied.tainted:
            return _next(states, (Reason(Cause.LAST_APPLY_FAILED),), fields)
        lost = because(Cause.DELETED_OUTSIDE, CulpritKind.RUN, applied.revision)
        return _next(states, (lost,), fields, drift=True)
    return _next(states, content_reasons(states, fields), fields)


def _fields(states: ResourceStates) -> tuple[FieldChange, ...]:
    current = live_in_force(states)
    return compared(states, current) if current else new_fields(states)


def _next(
    states: ResourceStates, reasons: tuple[Reason, ...], fields: tuple[FieldChange, ...], *, drift: bool = False
) -> Decision:
    job = states.desired.address.leaf
    made = attempts(job, states.fingerprint, states.live)
    change = states.change(
        Action.RUN,
        reasons,
        fields,
        before=revision_in_force(states),
        after=run_name(job, states.fingerprint, made + 1),
        drift=drift,
        last_run_s=states.applied.duration_s if states.applied else None,
    )
    return Decision(change=change)
