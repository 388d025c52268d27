"""The stages in order: text to desired, workspace to observed, state to applied, the three to a plan, a plan to a report.

Reads like a table of contents. Nothing here decides or formats anything.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.errors import StateError, UnsupportedSetup
from orchestrator.core.kind import Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan
from orchestrator.core.ports import (
    Backend,
    Cancellation,
    Clock,
    Holder,
    State,
    StateChange,
    StateStore,
    SystemClock,
)
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.resource import Applied
from orchestrator.core.run import Listener, RunReport
from orchestrator.core.status import ResourceStatus
from orchestrator.kinds import discover
from orchestrator.observe.observe import observe
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from orchestrator.planning.status import statuses
from orchestrator.spec.load import load
from orchestrator.state.rebuild import Rebuilt, rebuild, told

REGISTRY = "azureml://registries/"
"""How mentions of a registry's assets begin."""

STATE_DENIED = "state-denied"
"""Code of the error for a state that may not be read."""

Confirm = Callable[[Plan], bool]
"""Shows a plan to a person (or a policy) and says whether to go on. Asked about empty plans too: they may not be what was agreed to."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """An open workspace together with the project's state in it.

    Attributes:
        interest: for backends that list better if they know what matters; None for others.
    """

    backend: Backend
    store: StateStore
    interest: Interest | None = None


class Interest:
    """Which addresses a plan may be about, for a workspace where looking at everything costs a call for each name."""

    def __init__(self, project: Project) -> None:
        self._wanted = dict.fromkeys(project.resources, "")
        self._known: dict[Address, str] | None = dict(self._wanted)

    def addresses(self) -> Mapping[Address, str] | None:
        """Addresses, each with the revision on record; None means everything."""
        return self._known

    def narrow(self, state: State) -> None:
        """Look at the spec's and the state's addresses only."""
        self._known = self._wanted | {address: applied.revision for address, applied in state.applied.items()}

    def widen(self) -> None:
        """Look at everything."""
        self._known = None


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
    workspace = _azure(project, kinds, clock) if project.workspace.kind == "azure" else _local(project, kinds, clock)
    try:
        yield workspace
    finally:
        workspace.store.close()
        workspace.backend.close()


def _local(project: Project, kinds: Kinds, clock: Clock) -> Workspace:
    from orchestrator.backends.local.backend import LocalBackend
    from orchestrator.state.sqlite import SqliteStateStore

    backend = LocalBackend(project.workspace, project.name, kinds, clock)
    store = SqliteStateStore(Path(project.workspace.settings["path"]) / "workspace.db", project.name, clock)
    return Workspace(backend, store)


def _importable(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even the package around it
        return False


def _speaking_of(project: Project) -> str:
    return f"The target '{project.target}'" if project.target else "The spec"


def _azure(project: Project, kinds: Kinds, clock: Clock) -> Workspace:
    if not all(map(_importable, ("azure", "azure.ai", "azure.ai.ml", "azure.identity"))):
        raise UnsupportedSetup(
            f"{_speaking_of(project)} goes to an Azure workspace, for which azure-ai-ml is not installed.",
            fix="pip install 'amlctl[azure]'",
        )
    from orchestrator.backends.azure.backend import AzureBackend
    from orchestrator.backends.azure.blobs import BlobObjects
    from orchestrator.state.document import DocumentStateStore
    from orchestrator.state.objects import Moved, Stored

    interest = Interest(project)
    elsewhere = frozenset(found.target for found in project.externals if str(found).startswith(REGISTRY))
    backend = AzureBackend(project.workspace, kinds, clock, interest.addresses, elsewhere)
    store = DocumentStateStore(BlobObjects(backend.client, Moved, Stored), project.name, clock)
    return Workspace(backend, store, interest)


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
        return _plan_from_tags(project, workspace, options, error)
    if workspace.interest is not None:
        workspace.interest.narrow(state)
    observation = observe(project, state, workspace.backend, kinds)
    return Planned(project, state, observation, make_plan(project, state, observation, kinds, options))


def _plan_from_tags(project: Project, workspace: Workspace, options: PlanOptions, error: StateError) -> Planned:
    """Plan for somebody who may read the workspace but not the state: what the live objects' marks say stands in for it."""
    kinds = discover()
    rebuilt, observation = _rebuilt(project, workspace, "")
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


def rebuild_state(project: Project, workspace: Workspace, run: RunOptions) -> Mapping[Address, Applied]:
    """Write a lost state again, from the marks of live objects.

    Returns:
        The records.

    Raises:
        StateError: there is a state already; an address has two objects that may be in force.
    """
    with workspace.store.lock(holder(run.command), wait_s=run.lock_wait_s):
        if workspace.store.load().applied:
            raise StateError(
                f"Project '{project.name}' has a state in this workspace; nothing was rebuilt.",
                code="state-exists",
                fix="Plan as usual: what differs is shown as a change.",
            )
        state = workspace.store.begin()
        rebuilt, _ = _rebuilt(project, workspace, state.lineage)
        if rebuilt.ambiguous:
            raise StateError(
                f"Several objects may be in force, and nothing tells which one was: {told(rebuilt.ambiguous)}.",
                code="state-ambiguous",
                fix="Archive or delete all but one of each, then rebuild again.",
            )
        workspace.store.settle_all(
            [StateChange(f"rebuild {at}", at, applied, "rebuilt") for at, applied in rebuilt.applied.items()]
        )
    return rebuilt.applied


def _rebuilt(project: Project, workspace: Workspace, secret_key: str) -> tuple[Rebuilt, Observation]:
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
    "rebuild_state",
    "status_of",
]
