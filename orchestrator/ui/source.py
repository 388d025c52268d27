"""Where pages get their facts: the spec and its workspace, looked at again once what is known is old."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from orchestrator.core.address import Address
from orchestrator.core.firings import FIRED_BY
from orchestrator.core.gate_results import NOTE as TESTS
from orchestrator.core.metering import Count, Reading
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Backend, ScoringAnswer, ScoringRequest, SystemClock
from orchestrator.core.project import Project
from orchestrator.core.run import RunReport
from orchestrator.core.tracked import Tracked
from orchestrator.engine import RunOptions, Workspace, apply_project, look_at, open_workspace
from orchestrator.engine.runs import runs_of
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.reconcile.record import NOTE
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.far import FarRuns, Kept
from orchestrator.ui.meter import Meter

_HISTORY: Final = 500
_FRESH_S: Final = {"local": 2.0}
_FRESH_AFAR_S: Final = 30.0
"""A far workspace is asked this seldom, seconds: each look costs it many calls."""


_QUICK: Final = 500
"""So many resources are looked at while the reader waits; with more, the reader gets what was known."""


class Source(Protocol):
    """What pages ask for. All methods may be called from several threads."""

    def snapshot(self) -> Snapshot:
        """How everything is; a few seconds old at most, older while it is being looked at again.

        Raises:
            SpecError, StateError, BackendError, UnsupportedSetup: as planning does.
        """
        ...

    def tracked(self) -> Tracked:
        """What runs have logged."""
        ...

    def readings(self, endpoint: Address) -> Sequence[Reading]:
        """What an endpoint has answered in the last minutes, oldest first; empty if nobody counts."""
        ...

    def log(self, address: Address, revision: str | None) -> list[str]:
        """All lines of a log so far."""
        ...

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        """Send a request to an endpoint."""
        ...

    def apply(self, run: RunOptions, confirm: Callable[[Plan], bool]) -> RunReport | None:
        """Plan, ask, do; see `engine.apply_project`."""
        ...


class LiveSource:
    """A spec and the workspace of its target.

    Args:
        load: reads the spec again.
    """

    def __init__(self, load: Callable[[], Project]) -> None:
        self._load = load
        self._looking = threading.Lock()
        self._known: Snapshot | None = None
        self._kept = Kept()
        self._meter = Meter(self._counts)

    def snapshot(self) -> Snapshot:
        known = self._known
        if known is not None and time.time() - known.taken_at <= _fresh_s(known.project):
            return known
        if known is None or (known.project.workspace.kind in _FRESH_S and len(known.statuses) <= _QUICK):
            with self._looking:
                return self._look() if self._known is known else self._known or self._look()
        self._look_later()
        return known

    def tracked(self) -> Tracked:
        project = self.snapshot().project
        if project.workspace.kind in _FRESH_S:
            from orchestrator.backends.local.tracked import LocalRuns  # reads without opening a workspace

            return LocalRuns(Path(project.workspace.settings["path"]))
        return FarRuns(self._backend, self._kept)

    def readings(self, endpoint: Address) -> Sequence[Reading]:
        return self._meter.readings(endpoint) if self.snapshot().project.workspace.kind in _FRESH_S else ()

    def log(self, address: Address, revision: str | None) -> list[str]:
        with self._open() as (_, workspace):
            return list(workspace.backend.logs(address, revision, follow=False))

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        with self._open() as (_, workspace):
            return workspace.backend.score(endpoint, request)

    def apply(self, run: RunOptions, confirm: Callable[[Plan], bool]) -> RunReport | None:
        with self._open() as (project, workspace):
            try:
                return apply_project(project, workspace, PlanOptions(), run, confirm)[1]
            finally:
                self._known = None

    @contextmanager
    def _backend(self) -> Iterator[Backend]:
        with self._open() as (_, workspace):
            yield workspace.backend

    def _counts(self, endpoint: Address) -> Mapping[str, Count]:
        from orchestrator.backends.local.metering import counts  # reads without opening a workspace

        return counts(Path(self.snapshot().project.workspace.settings["path"]), endpoint)

    def _look_later(self) -> None:
        """Look again meanwhile: a large project or a far workspace takes longer than a reader waits."""
        if self._looking.acquire(blocking=False):
            threading.Thread(target=self._look_and_release, name="look", daemon=True).start()

    def _look_and_release(self) -> None:
        try:
            self._look()
        except Exception:
            self._known = None  # the next reader is told
        finally:
            self._looking.release()

    def _look(self) -> Snapshot:
        try:
            with self._open() as (project, workspace):
                found = look(project, workspace)
        except BaseException:
            self._known = None  # where the spec is broken now, what it was before is no answer
            raise
        self._known = found
        return found

    @contextmanager
    def _open(self) -> Iterator[tuple[Project, Workspace]]:
        project = self._load()
        with open_workspace(project, discover(), SystemClock()) as workspace:
            yield project, workspace


def _fresh_s(project: Project) -> float:
    return _FRESH_S.get(project.workspace.kind, _FRESH_AFAR_S)


def look(project: Project, workspace: Workspace) -> Snapshot:
    """Look at a project once.

    Raises:
        StateError, BackendError: the workspace cannot be read.
    """
    found = look_at(project, workspace)
    scheduled = any(discover()[address.kind].fires for address in project.resources)
    fired = [run for run in runs_of(project, workspace) if run.attributes.get(FIRED_BY)] if scheduled else []
    snapshot = Snapshot(
        project=project,
        kinds=discover(),
        state=found.state,
        observation=found.observation,
        plan=found.plan,
        refusal=found.refusal,
        statuses=found.statuses,
        history=workspace.store.history(_HISTORY),
        fired=tuple(fired),
        note=workspace.store.recall(NOTE),
        tests=workspace.store.recall(TESTS),
        taken_at=time.time(),
    )
    if len(found.statuses) > _QUICK:
        _ = snapshot.plan_digest  # takes a second for thousands of changes; nobody waits here
    return snapshot
