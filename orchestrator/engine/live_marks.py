"""What the marks of all live objects say about what was applied."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.observation import Observation
from orchestrator.core.project import Project
from orchestrator.core.state import State
from orchestrator.engine.workspace import Workspace
from orchestrator.kinds import discover
from orchestrator.observe.observe import observe
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from orchestrator.state.rebuild import Rebuilt, rebuild


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
