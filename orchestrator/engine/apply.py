"""A plan to a report: shown, agreed to, made once more under the lock, done."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestrator.core.errors import StateError
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Cancellation, Clock, Progress, SystemClock
from orchestrator.core.project import Project
from orchestrator.core.run import Listener, RunReport
from orchestrator.core.state import Holder
from orchestrator.engine.agreement import still_agreed
from orchestrator.engine.gates import GateKeeper
from orchestrator.engine.plan import plan_project
from orchestrator.engine.workspace import Workspace
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to apply.

    Attributes:
        parallelism: how many steps may run at once.
        lock_wait_s: how long to wait for another apply to finish, seconds.
        fewer: do what is left of an agreed plan if somebody else has done the rest meanwhile; without it that is refused.
        begun: called when nothing stands in the way any more, right before the first step.
        command: what is being done, for those who find the lock taken.
        notice: told what is waited for before the first step.
    """

    parallelism: int = 10
    lock_wait_s: float = 0.0
    command: str = "apply"
    fewer: bool = False
    begun: Callable[[], None] = lambda: None
    cancel: Cancellation = field(default_factory=Cancellation)
    notice: Progress = lambda line: None
    listener: Listener = lambda event: None
    clock: Clock = field(default_factory=SystemClock)


def holder(command: str) -> Holder:
    """Who we are, for those who find the lock taken."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return Holder(
        f"{user}@{socket.gethostname()}", command, os.getpid(), datetime.now(UTC).isoformat(timespec="seconds")
    )


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
        if fresh.changes != agreed.changes and not still_agreed(fresh, agreed, fewer=run.fewer):
            raise StateError(
                "The workspace or its state changed after the plan was shown, so the plan is stale.",
                code="plan-outdated",
                fix="Review the new plan and apply again.",
            )
        run.begun()
        listener = GateKeeper(workspace.store, run.clock, run.listener)
        settings = ApplyOptions(parallelism=run.parallelism, cancel=run.cancel, listener=listener, clock=run.clock)
        report = apply(fresh, workspace.backend, workspace.store, discover(), settings)
    return fresh, report
