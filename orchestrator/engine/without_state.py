"""Planning without the state: the tags of live objects stand in for what was applied."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.errors import StateError
from orchestrator.core.project import Project
from orchestrator.core.state import State
from orchestrator.engine.live_marks import read_marks
from orchestrator.engine.planned import Planned
from orchestrator.engine.workspace import Workspace
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan

STATE_DENIED = "state-denied"
"""Code of the error for a state that may not be read."""


def plan_from_tags(project: Project, workspace: Workspace, options: PlanOptions, error: StateError) -> Planned:
    """Plan for somebody who may read the workspace but not the state: what the live objects' marks say stands in for it."""
    kinds = discover()
    rebuilt, observation = read_marks(project, workspace, "")
    state = State("", 0, rebuilt.applied)
    plan = make_plan(project, state, observation, kinds, options)
    warning = Diagnostic(
        Severity.WARNING,
        STATE_DENIED,
        "Planned from tags, without the state",
        f"The state cannot be read, so what was applied is taken from the tags of live objects. {error.detail}",
        error.fix,
    )
    return Planned(project, state, observation, replace(plan, warnings=(*plan.warnings, warning)))
