"""A plan to a report: shown, agreed to, made once more under the lock, done."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.core.errors import StateError
from orchestrator.core.plan import Plan
from orchestrator.core.project import Project
from orchestrator.core.run import RunReport
from orchestrator.engine.lock_holder import holder
from orchestrator.engine.options import RunOptions
from orchestrator.engine.plan import plan_project
from orchestrator.engine.workspace import Workspace
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions

Confirm = Callable[[Plan], bool]
"""Shows a plan to a person (or a policy) and says whether to go on. Asked about empty plans too: they may not be what was agreed to."""


def apply_project(
    project: Project, workspace: Workspace, options: PlanOptions, run: RunOptions, confirm: Confirm
) -> tuple[Plan, RunReport | None]:
    """Plan, ask, do.

    The plan is made once without the lock, to show it, and once more under the lock: what is done is what was agreed to.
    A plan without changes takes no lock and writes nothing; what the workspace promises is brought back all the same.

    Returns:
        The plan, and what was done; None if there was nothing to do or the answer was no.

    Raises:
        SpecError, StateError: as when planning; StateError too if the workspace moved on while the plan was being read.
    """
    shown = plan_project(project, workspace, options).plan
    if not confirm(shown):
        return shown, None
    if not options.destroy:
        workspace.revive(run.cancel, run.notice)
    if not shown.effective:
        return shown, None
    return apply_agreed(shown, project, workspace, options, run)


def apply_agreed(
    agreed: Plan,
    project: Project,
    workspace: Workspace,
    options: PlanOptions,
    run: RunOptions,
    narrow: Callable[[Plan], Plan] = lambda plan: plan,
) -> tuple[Plan, RunReport]:
    """Do a plan that was agreed to, after making it once more under the lock.

    Args:
        agreed: as `narrow` left it.
        narrow: leaves out of a new plan what was not agreed to.

    Raises:
        SpecError, StateError: as when planning; StateError too if the new plan is another one.
    """
    from orchestrator.execution.apply import apply  # not needed to plan
    from orchestrator.execution.options import ApplyOptions

    with workspace.store.lock(holder(run.command), wait_s=run.lock_wait_s):
        fresh = narrow(plan_project(project, workspace, options).plan)
        if fresh.changes != agreed.changes and not (run.fewer and _is_part(fresh, agreed)):
            raise StateError(
                "The workspace or its state changed after the plan was shown, so the plan no longer holds.",
                code="plan-outdated",
                fix="Look at the new plan and apply again.",
            )
        run.begun()
        settings = ApplyOptions(parallelism=run.parallelism, cancel=run.cancel, listener=run.listener, clock=run.clock)
        report = apply(fresh, workspace.backend, workspace.store, discover(), settings)
    return fresh, report


def _is_part(fresh: Plan, agreed: Plan) -> bool:
    """Whether a plan does nothing that was not agreed to. Fields may be known by now that only the apply could know."""
    expected = {(change.address, change.action, change.before, change.after) for change in agreed.effective}
    return all((change.address, change.action, change.before, change.after) in expected for change in fresh.effective)
