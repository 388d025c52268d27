"""When which project has its next pass. Pure; in monotonic seconds, so that a clock that is set moves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.reconcile.outcome import PassFacts, PassOutcome
from orchestrator.reconcile.policy import Policy

STANDBY_S = 5.0
"""How often a loop that stands by looks whether the other one is dead: one attempt to lock a file."""


@dataclass(frozen=True, slots=True)
class ProjectSchedule:
    """What the decision needs to know of a project.

    Attributes:
        due_at: the monotonic second of the next pass; infinite if none is wanted.
        ready: other projects may rely on it.
        busy: a pass is running.
    """

    name: str
    due_at: float
    ready: bool = False
    busy: bool = False
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Next:
    """What to do now.

    Attributes:
        start: projects whose pass begins, in this order.
        blocked: project that is due to the project that must be ready first.
        until: the monotonic second at which to decide again if nothing happens before; None if only an event can change anything.
    """

    start: tuple[str, ...] = ()
    blocked: Mapping[str, str] = field(default_factory=dict)
    until: float | None = None


def decide_next(projects: Sequence[ProjectSchedule], now: float, parallel: int) -> Next:
    """Start what is due, longest overdue first, as far as the bound on parallel passes allows.

    A project waits for those it depends on until they are ready, and also while one of them is busy or due itself: on the same
    trigger the foundation is laid first.
    """
    by_name = {project.name: project for project in projects}
    free = parallel - sum(project.busy for project in projects)
    due = sorted((p for p in projects if not p.busy and p.due_at <= now), key=lambda p: p.due_at)
    blocked: dict[str, str] = {}
    start: list[str] = []
    for project in due:
        needed = _not_ready(project, by_name, now)
        if needed:
            blocked[project.name] = needed
        elif len(start) < free:
            start.append(project.name)
    later = [p.due_at for p in projects if not p.busy and p.due_at > now and p.due_at != float("inf")]
    return Next(tuple(start), blocked, min(later, default=None))


def _not_ready(project: ProjectSchedule, by_name: Mapping[str, ProjectSchedule], now: float) -> str:
    for name in project.depends_on:
        other = by_name.get(name)
        if other is not None and (not other.ready or other.busy or other.due_at <= now):
            return name
    return ""


def pause_after(facts: PassFacts, failures: int, policy: Policy, wall: float, chance: float) -> float:
    """Seconds from the end of a pass to the next one.

    A failing revision is left alone for longer than that, but its source is looked at as often as ever: a new revision is tried at
    once.

    Args:
        facts: of the pass.
        failures: how often in a row the revision has failed by now.
        policy: of the project.
        wall: seconds since the epoch, for the end of a freeze.
        chance: between 0 and 1, for the jitter.
    """
    if facts.outcome is PassOutcome.STANDING_BY:
        return STANDBY_S
    if facts.outcome is PassOutcome.SUSPENDED:
        return float("inf")
    if facts.outcome is PassOutcome.INTERRUPTED:
        return 0.0
    pauses = [policy.interval_s + chance * policy.jitter_s]
    if facts.outcome is PassOutcome.FAILED:
        pauses.append(policy.backoff.delay(failures))
    if facts.retry_in_s is not None:
        pauses.append(facts.retry_in_s)
    if facts.frozen_until is not None and facts.waiting:
        pauses.append(max(0.0, facts.frozen_until - wall))
    return min(pauses)
