"""Desired, applied and observed to a plan, or to how everything is; without the state, from the marks of live objects."""

from __future__ import annotations

from dataclasses import dataclass, replace

from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.errors import StateError
from orchestrator.core.kind import Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan
from orchestrator.core.project import Project
from orchestrator.core.state import State
from orchestrator.core.status import ResourceStatus
from orchestrator.engine.workspace import Workspace
from orchestrator.kinds import discover
from orchestrator.observe.ahead import listing_ahead, still_good
from orchestrator.observe.confirm import confirmed, suspects
from orchestrator.observe.observe import observe
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from orchestrator.report.statuses import refused_statuses, statuses
from orchestrator.state.rebuild import Rebuilt, rebuild

STATE_DENIED = "state-denied"
"""Code of the error for a state that may not be read."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with everything it was made from."""

    project: Project
    state: State
    observation: Observation
    plan: Plan


def read_marks(project: Project, workspace: Workspace, secret_key: str) -> tuple[Rebuilt, Observation]:
    """What the marks of all live objects say, whatever the spec mentions."""
    kinds = discover()
    empty = State("", 0, {})
    if workspace.interest is not None:
        workspace.interest.widen()
    observation = observe(project, empty, workspace.backend, kinds)
    others = kinds.keys() - {address.kind for address in project.resources}
    left = [live for kind in sorted(others) for live in workspace.backend.list(kind) if live.owner == project.name]
    objects = {**observation.objects}
    for live in left:
        objects[live.address] = (*objects.get(live.address, ()), live)
    observation = replace(observation, objects=objects)
    return rebuild(make_plan(project, empty, observation, kinds, PlanOptions()), observation, secret_key), observation


def plan_from_tags(project: Project, workspace: Workspace, options: PlanOptions, error: StateError) -> Planned:
    """Plan for somebody who may read the workspace but not the state: what the live objects' marks say stands in for it."""
    kinds = discover()
    rebuilt, observation = read_marks(project, workspace, "")
    state = State("", 0, rebuilt.applied)
    plan = make_plan(project, state, observation, kinds, options)
    warning = Diagnostic(
        Severity.WARNING,
        STATE_DENIED,
        summary="Planned without the state",
        detail=f"The state cannot be read, so the applied configuration is taken from the tags of live resources. {error.detail}",
        fix=error.fix,
    )
    return Planned(project, state, observation, replace(plan, warnings=(*plan.warnings, warning)))


def plan_project(project: Project, workspace: Workspace, options: PlanOptions) -> Planned:
    """Desired, Applied and Observed → Plan. Reads only.

    Raises:
        SpecError: the spec cannot be planned against this workspace; with every reason.
    """
    kinds = discover()
    seen = _seen(project, workspace, kinds, options)
    if isinstance(seen, Planned):
        return seen
    state, observation = seen
    observation, plan = _made(project, workspace, state, observation, options)
    return Planned(project, state, observation, plan)


def _made(
    project: Project, workspace: Workspace, state: State, observation: Observation, options: PlanOptions
) -> tuple[Observation, Plan]:
    """A plan, and what it is made from. Where lists may lag behind writes, what it would change is read once more first."""
    kinds = discover()
    plan = make_plan(project, state, observation, kinds, options)
    if workspace.interest is None or not plan.effective:
        return observation, plan
    doubtful = suspects((change.address for change in plan.effective), state.applied, observation)
    fresh = confirmed(observation, doubtful, state.applied, project, workspace.backend, kinds)
    return (observation, plan) if fresh is observation else (fresh, make_plan(project, state, fresh, kinds, options))


def _seen(
    project: Project, workspace: Workspace, kinds: Kinds, options: PlanOptions
) -> tuple[State, Observation] | Planned:
    """What was applied and what is there; for somebody who may not read the state, the plan that can be made without it."""
    try:
        return _look(project, workspace, kinds)
    except StateError as error:
        if error.code != STATE_DENIED:
            raise
        return plan_from_tags(project, workspace, options, error)


def _look(project: Project, workspace: Workspace, kinds: Kinds) -> tuple[State, Observation]:
    """What was applied and what is there. A far workspace is asked for both at once."""
    interest = workspace.interest
    if interest is None:
        state = workspace.store.load()
        return state, observe(project, state, workspace.backend, kinds)
    with listing_ahead(project, workspace.backend, kinds) as begun:
        state = workspace.store.load()
        interest.narrow(state)
        return state, observe(project, state, workspace.backend, kinds, still_good(begun, project, state))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How everything is, with what that was told from.

    Attributes:
        plan: None where the spec cannot be planned against this workspace.
        refusal: why not.
        statuses: what lives is told all the same.
    """

    state: State
    observation: Observation
    plan: Plan | None
    refusal: SpecError | None
    statuses: tuple[ResourceStatus, ...]


def look_at(project: Project, workspace: Workspace) -> Look:
    """How everything is, now, and why there is no plan if there is none."""
    kinds = discover()
    seen = _seen(project, workspace, kinds, PlanOptions())
    if isinstance(seen, Planned):
        found = statuses(seen.plan, seen.observation)
        return Look(state=seen.state, observation=seen.observation, plan=seen.plan, refusal=None, statuses=found)
    state, observation = seen
    try:
        observation, plan = _made(project, workspace, state, observation, PlanOptions())
    except SpecError as refusal:
        found = refused_statuses(project, state, observation, refusal.diagnostics)
        return Look(state=state, observation=observation, plan=None, refusal=refusal, statuses=found)
    found = statuses(plan, observation)
    return Look(state=state, observation=observation, plan=plan, refusal=None, statuses=found)


def live_status(project: Project, workspace: Workspace) -> tuple[tuple[ResourceStatus, ...], SpecError | None]:
    """How everything is, now, and why there is no plan if there is none: what lives is told all the same."""
    found = look_at(project, workspace)
    return found.statuses, found.refusal


def status_of(project: Project, workspace: Workspace) -> tuple[ResourceStatus, ...]:
    """How everything in the spec and in the state is, now."""
    planned = plan_project(project, workspace, PlanOptions())
    return statuses(planned.plan, planned.observation)
