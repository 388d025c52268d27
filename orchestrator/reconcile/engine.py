"""The stages behind the loop's port: loads, plans and applies with `orchestrator.engine`, and keeps each project's lease."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.boundary import Boundary
from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.errors import Locked
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Cancellation, Clock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.run import Listener, RunReport
from orchestrator.core.state import StateStore
from orchestrator.core.value import Secret
from orchestrator.engine import (
    RunOptions,
    Workspace,
    apply_agreed,
    holder,
    load_project,
    open_workspace,
    plan_project,
)
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.reconcile.places import Place, PlacesFile
from orchestrator.reconcile.ports import Revision
from orchestrator.reconcile.record import NOTE
from orchestrator.reconcile.stages import Look, Session, StandingBy
from orchestrator.reconcile.unplaced import Unplaced
from orchestrator.report.statuses import statuses
from orchestrator.spec.problems import OUTSIDE, SUMMARIES
from orchestrator.spec.secrets import read_again

_LEASE = "reconcile"


@dataclass(frozen=True, slots=True)
class Aim:
    """How a project of the loop is loaded and where it goes.

    Attributes:
        load: target, variables and environment.
        workspace: the folder of the embedded workspace, if not the one that the spec chooses.
        checkouts: only a workspace that would lie inside this folder is moved to `workspace`; None moves any.
        trees: where each revision has a folder of its own: of these the spec may read its own only.
        parallelism: how many steps may run at once.
        lock_wait_s: how long to wait for somebody else's apply.
        revives: what ran in the workspace before its machine went down is brought back; not so for a loop that only observes.
    """

    load: LoadOptions = field(default_factory=LoadOptions)
    workspace: Path | None = None
    checkouts: Path | None = None
    trees: Path | None = None
    parallelism: int = 10
    lock_wait_s: float = 5.0
    revives: bool = True


class Stages:
    """Implements `stages.Engine`.

    Args:
        aims: by the loop's name of each project.
        clock: the machine's, or a test's.
        listener: told what happens while applying.
        places: a file that keeps where each project's state is, so that a new process knows it before it can load a spec.
        unplaced: keeps what is to be remembered of projects whose place is not known.
    """

    def __init__(
        self,
        aims: Mapping[str, Aim],
        clock: Clock,
        listener: Listener,
        places: PlacesFile | None = None,
        unplaced: Unplaced | None = None,
    ) -> None:
        self._aims = aims
        self._clock = clock
        self._listener = listener
        self._file = places
        self._unplaced = unplaced
        self._places = places.read(self._secret) if places is not None else {}
        self._leases: dict[str, _Lease] = {}
        self._guard = threading.Lock()

    @contextmanager
    def open(self, project: str, revision: Revision) -> Iterator[Session]:
        """See `stages.Engine`."""
        aim = self._aims[project]
        loaded = loaded_at(aim, revision)
        with open_workspace(loaded, discover(), self._clock) as workspace:
            self._settle_at(project, Place.of(loaded))
            taken = self.other_loop(project)
            if taken:
                raise StandingBy(taken)
            yield _Session(loaded, workspace, aim, self._clock, self._listener)

    def other_loop(self, project: str) -> str:
        """See `stages.Engine`."""
        with self._guard:
            place = self._places.get(project)
            if place is None:
                return ""
            lease = self._leases.get(project)
            if lease is not None:
                if not place.gone:
                    return ""
                # With the workspace went the file that was locked; another loop could lock a new one.
                self._leases.pop(project).close()
            return self._take(project, place)

    def recall(self, project: str) -> Mapping[str, Any] | None:
        """See `stages.Engine`."""
        place = self._places.get(project)
        if place is None:
            with self._guard:
                return self._unplaced.read(project) if self._unplaced is not None else None
        with open_workspace(self._bare(project, place), discover(), self._clock) as workspace:
            return workspace.store.recall(NOTE)

    def remember(self, project: str, document: Mapping[str, Any]) -> None:
        """See `stages.Engine`."""
        if project not in self._places:
            with self._guard:
                if self._unplaced is not None:
                    self._unplaced.write(project, document)
            return
        if not self.other_loop(project) and project in self._leases:
            self._leases[project].store.remember(NOTE, document)

    def close(self) -> None:
        """Let go of every project."""
        with self._guard:
            for lease in self._leases.values():
                lease.close()
            self._leases.clear()

    def _bare(self, project: str, place: Place) -> Project:
        aim = self._aims.get(project)
        return place.bare(aim.load.allowed_hosts if aim is not None else ())

    def _secret(self, project: str, name: str, origin: tuple[str, ...]) -> Secret | None:
        aim = self._aims.get(project)
        return None if aim is None else read_again(name, origin, aim.load)

    def _settle_at(self, project: str, place: Place) -> None:
        with self._guard:
            if self._places.get(project) == place:
                return
            if project in self._leases:
                self._leases.pop(project).close()
            self._places[project] = place
            if self._unplaced is not None:
                self._unplaced.drop(project)
            if self._file is not None:
                self._file.write(self._places)

    def _take(self, project: str, place: Place) -> str:
        with ExitStack() as opening:
            workspace = opening.enter_context(open_workspace(self._bare(project, place), discover(), self._clock))
            try:
                opening.enter_context(workspace.store.lease(_LEASE, holder("reconcile")))
            except Locked as error:
                return error.detail
            self._leases[project] = _Lease(workspace.store, opening.pop_all())
        return ""


def loaded_at(aim: Aim, revision: Revision) -> Project:
    """A revision of a project, as the loop sees it: in the workspace that its configuration says.

    Raises:
        SpecError: it cannot be loaded, or its workspace is in a folder that it may not use.
    """
    load = _bounded(aim, revision.path)
    project = _moved(load_project([revision.path], load), aim)
    _require_inside(project, aim, load.boundary)
    return project


def _moved(project: Project, aim: Aim) -> Project:
    chosen = project.workspace
    if aim.workspace is None or chosen.kind != "local":
        return project
    if aim.checkouts is not None and not Path(chosen.settings["path"]).is_relative_to(aim.checkouts):
        return project
    settings = {**chosen.settings, "path": str(aim.workspace)}
    return replace(project, workspace=replace(chosen, settings=settings))


def _bounded(aim: Aim, spec: Path) -> LoadOptions:
    """The options with the checkout of the very revision as a folder that may be read."""
    load = aim.load
    if aim.trees is None or not spec.is_relative_to(aim.trees):
        return load
    own = aim.trees / spec.relative_to(aim.trees).parts[0]
    return replace(load, boundary=Boundary((own, *load.boundary.roots)))


def _require_inside(project: Project, aim: Aim, boundary: Boundary) -> None:
    """Refuse an embedded workspace in a folder that neither the source nor the configuration has.

    Raises:
        SpecError: saying so.
    """
    chosen = project.workspace
    path = Path(str(chosen.settings.get("path", "")))
    if chosen.kind != "local" or path == aim.workspace or boundary.admits(path):
        return
    code = "outside-boundary"
    detail = f"The folder of the embedded workspace {OUTSIDE}."
    fix = "Remove `path`, or set the folder as `workspace` in the loop's configuration."
    raise SpecError(
        [Diagnostic(Severity.ERROR, code, summary=SUMMARIES[code], detail=detail, fix=fix, subject=chosen.span)]
    )


@dataclass(frozen=True, slots=True)
class _Lease:
    """The right to a project, with its open state."""

    store: StateStore
    held: ExitStack

    def close(self) -> None:
        self.held.close()


class _Session:
    """Implements `stages.Session`."""

    def __init__(self, project: Project, workspace: Workspace, aim: Aim, clock: Clock, listener: Listener) -> None:
        self._project = project
        self._workspace = workspace
        self._aim = aim
        self._clock = clock
        self._listener = listener

    @property
    def desired(self) -> int:
        """See `stages.Session`."""
        return len(self._project.resources)

    def look(self, *, prune: bool) -> Look:
        """See `stages.Session`."""
        if self._aim.revives:
            self._workspace.revive(Cancellation(), lambda line: None)
        planned = plan_project(self._project, self._workspace, PlanOptions(prune=prune))
        return Look(planned.plan, statuses(planned.plan, planned.observation), prune)

    def apply(self, look: Look, held: Collection[Address], cancel: Cancellation) -> RunReport:
        """See `stages.Session`."""

        def narrow(plan: Plan) -> Plan:
            return replace(plan, changes=tuple(change for change in plan.changes if change.address not in held))

        run = RunOptions(
            parallelism=self._aim.parallelism,
            lock_wait_s=self._aim.lock_wait_s,
            command="reconcile",
            cancel=cancel,
            listener=self._listener,
            clock=self._clock,
        )
        options = PlanOptions(prune=look.prune)
        return apply_agreed(narrow(look.plan), self._project, self._workspace, options, run, narrow)[1]
