"""The stages in order: text to desired, workspace to observed, state to applied, the three to a plan, a plan to a report.

`project` loads a spec, `workspace` opens what it goes to, `plan` compares the two, `apply` does what was agreed to. `lost_state` writes
a lost state again; `stand_ins` is part of `project`, of use to few specs. Nothing here decides or formats anything.
"""

from orchestrator.engine.apply import Confirm, RunOptions, apply_agreed, apply_project, holder
from orchestrator.engine.lost_state import rebuild_state
from orchestrator.engine.plan import Look, Planned, live_status, look_at, plan_project, status_of
from orchestrator.engine.project import load_project
from orchestrator.engine.workspace import Workspace, open_workspace

__all__ = [
    "Confirm",
    "Look",
    "Planned",
    "RunOptions",
    "Workspace",
    "apply_agreed",
    "apply_project",
    "holder",
    "live_status",
    "load_project",
    "look_at",
    "open_workspace",
    "plan_project",
    "rebuild_state",
    "status_of",
]
