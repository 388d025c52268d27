"""Desired, applied and observed to a plan, or to how everything is."""

from __future__ import annotations

from orchestrator.core.errors import StateError
from orchestrator.core.project import Project
from orchestrator.core.status import ResourceStatus
from orchestrator.engine.planned import Planned
from orchestrator.engine.without_state import STATE_DENIED, plan_from_tags
from orchestrator.engine.workspace import Workspace
from orchestrator.kinds import discover
from orchestrator.observe.observe import observe
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from orchestrator.planning.status import statuses


def plan_project(project: Project, workspace: Workspace, options: PlanOptions) -> Planned:
    """Desired, Applied and Observed → Plan. Reads only.

    Raises:
        SpecError: the spec cannot be planned against this workspace; with every reason.
    """
    kinds = discover()
    try:
        state = workspace.store.load()
    except StateError as error:
        if error.code != STATE_DENIED:
            raise
        return plan_from_tags(project, workspace, options, error)
    if workspace.interest is not None:
        workspace.interest.narrow(state)
    observation = observe(project, state, workspace.backend, kinds)
    return Planned(project, state, observation, make_plan(project, state, observation, kinds, options))


def status_of(project: Project, workspace: Workspace) -> tuple[ResourceStatus, ...]:
    """How everything in the spec and in the state is, now."""
    planned = plan_project(project, workspace, PlanOptions())
    return statuses(planned.plan, planned.observation)
