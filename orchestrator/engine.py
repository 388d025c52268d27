"""The stages in order: text to desired, workspace to observed, state to applied, the three to a plan, a plan to a report.

Reads like a table of contents. Nothing here decides or formats anything.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.core.errors import StateError, UnsupportedSetup
from orchestrator.core.kind import Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Backend, Cancellation, Clock, Holder, State, StateStore, SystemClock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.run import Listener, RunReport
from orchestrator.core.status import ResourceStatus
from orchestrator.kinds import discover
from orchestrator.observe.observe import observe
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from orchestrator.planning.status import statuses
from orchestrator.spec.load import load

Confirm = Callable[[Plan], bool]
"""Shows a plan to a person (or a policy) and says whether to go on. Asked about empty plans too: they may not be what was agreed to."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """An open workspace together with the project's state in it."""

    backend: Backend
    store: StateStore


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with everything it was made from."""

    project: Project
    state: State
    observation: Observation
    plan: Plan


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to apply.

    Attributes:
        parallelism: how many steps may run at once.
        lock_wait_s: how long to wait for another apply to finish, seconds.
        command: what is being done, for those who find the lock taken.
    """

    parallelism: int = 10
    lock_wait_s: float = 0.0
    command: str = "apply"
    cancel: Cancellation = field(default_factory=Cancellation)
    listener: Listener = lambda event: None
    clock: Clock = field(default_factory=SystemClock)


def load_project(paths: Sequence[Path], options: LoadOptions) -> Project:
    """Text → Desired.

    Raises:
        SpecError: with every problem of the spec.
    """
    return load(paths, options, discover())


@contextmanager
def open_workspace(project: Project, kinds: Kinds, clock: Clock) -> Iterator[Workspace]:
    """Open the workspace that the project's target names. Imports that backend only.

    Raises:
        UnsupportedSetup: the backend's extra is not installed.
    """
    if project.workspace.kind != "local":
        raise UnsupportedSetup(
            f"The target '{project.target}' goes to an Azure workspace, which this version cannot reach.",
            fix="Choose a target with `workspace: {local: {}}`; Azure workspaces come with a later version.",
        )
    from orchestrator.backends.local.backend import LocalBackend
    from orchestrator.state.sqlite import SqliteStateStore

    backend = LocalBackend(project.workspace, project.name, kinds, clock)
    store = SqliteStateStore(Path(project.workspace.settings["path"]) / "workspace.db", project.name, clock)
    try:
        yield Workspace(backend, store)
    finally:
        store.close()
        backend.close()


def plan_project(project: Project, workspace: Workspace, options: PlanOptions) -> Planned:
    """Desired, Applied and Observed → Plan. Reads only.

    Raises:
        SpecError: the spec cannot be planned against this workspace; with every reason.
    """
    kinds = discover()
    state = workspace.store.load()
    observation = observe(project, state, workspace.backend, kinds)
    return Planned(project, state, observation, make_plan(project, state, observation, kinds, options))


def apply_project(
    project: Project, workspace: Workspace, options: PlanOptions, run: RunOptions, confirm: Confirm
) -> tuple[Plan, RunReport | None]:
    """Plan, ask, do.

    The plan is made once without the lock, to show it, and once more under the lock: what is done is what was agreed to.
    A plan without changes takes no lock and writes nothing.

    Returns:
        The plan, and what was done; None if there was nothing to do or the answer was no.

    Raises:
        SpecError, StateError: as when planning; StateError too if the workspace moved on while the plan was being read.
    """
    shown = plan_project(project, workspace, options).plan
    if not confirm(shown) or not shown.effective:
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
        if fresh.changes != agreed.changes:
            raise StateError(
                "The workspace or its state changed after the plan was shown, so the plan no longer holds.",
                code="plan-outdated",
                fix="Look at the new plan and apply again.",
            )
        settings = ApplyOptions(parallelism=run.parallelism, cancel=run.cancel, listener=run.listener, clock=run.clock)
        report = apply(fresh, workspace.backend, workspace.store, discover(), settings)
    return fresh, report


def status_of(project: Project, workspace: Workspace) -> tuple[ResourceStatus, ...]:
    """How everything in the spec and in the state is, now."""
    planned = plan_project(project, workspace, PlanOptions())
    return statuses(planned.plan, planned.observation)


def holder(command: str) -> Holder:
    """Who we are, for those who find the lock taken."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return Holder(
        f"{user}@{socket.gethostname()}", command, os.getpid(), datetime.now(UTC).isoformat(timespec="seconds")
    )


__all__ = [
    "Planned",
    "RunOptions",
    "Workspace",
    "apply_agreed",
    "apply_project",
    "load_project",
    "open_workspace",
    "plan_project",
    "status_of",
]
