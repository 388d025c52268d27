"""Desired, applied and observed to a plan, or to how everything is."""

from __future__ import annotations

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import StateError
from orchestrator.core.kind import Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.project import Project
from orchestrator.core.state import State
from orchestrator.core.status import ResourceStatus
from orchestrator.engine.planned import Planned
from orchestrator.engine.without_state import STATE_DENIED, plan_from_tags
from orchestrator.engine.workspace import Workspace
from orchestrator.kinds import discover
from orchestrator.observe.ahead import listing_ahead, still_good
from orchestrator.observe.observe import observe
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from orchestrator.report.statuses import refused_statuses, statuses


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
    return Planned(project, state, observation, make_plan(project, state, observation, kinds, options))


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


def live_status(project: Project, workspace: Workspace) -> tuple[tuple[ResourceStatus, ...], SpecError | None]:
    """How everything is, now, and why there is no plan if there is none: what lives is told all the same."""
    kinds = discover()
    seen = _seen(project, workspace, kinds, PlanOptions())
    if isinstance(seen, Planned):
        return statuses(seen.plan, seen.observation), None
    state, observation = seen
    try:
        return statuses(make_plan(project, state, observation, kinds, PlanOptions()), observation), None
    except SpecError as refusal:
        return refused_statuses(project, state, observation, refusal.diagnostics), refusal


def status_of(project: Project, workspace: Workspace) -> tuple[ResourceStatus, ...]:
    """How everything in the spec and in the state is, now."""
    planned = plan_project(project, workspace, PlanOptions())
    return statuses(planned.plan, planned.observation)
