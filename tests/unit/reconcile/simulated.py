"""A world in virtual time: repositories, workspaces, faults and the threads of the loop, all in one thread of the test.

A pass that "takes time" lets the world go on meanwhile: other passes start and end, the loop decides, things break. That is what
threads would do, only that the same seed gives the same story.
"""

from __future__ import annotations

import heapq
import json
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import ABSENT, Action, Change, FieldChange
from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.errors import StateError, Transient
from orchestrator.core.health import Health, Sync
from orchestrator.core.plan import Plan, PlanBase
from orchestrator.core.ports import Cancellation
from orchestrator.core.reason import Cause, Reason
from orchestrator.core.run import Outcome, RunReport, StepResult
from orchestrator.core.span import Span
from orchestrator.core.status import ResourceStatus
from orchestrator.reconcile.ports import Revision, SourceStalled, SourceUnavailable
from orchestrator.reconcile.stages import Look, Session, StandingBy

START = 1_700_000_000.0
SPEC = Path("spec.yaml")
_DESIRED = {Action.CREATE: Outcome.CREATED, Action.UPDATE: Outcome.UPDATED, Action.DELETE: Outcome.DELETED}


class Killed(BaseException):
    """The process of the loop is gone, wherever it was."""


class VirtualClock:
    """Time that passes when somebody waits. `skew` moves the wall clock alone, as an administrator would."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.skew = 0.0

    def now(self) -> float:
        return START + self.seconds + self.skew

    def monotonic(self) -> float:
        return self.seconds


class VirtualWorkers:
    """Implements `stages.Workers` without threads: what is started runs when the loop next waits.

    Attributes:
        events: what happens to the world by itself, by second.
        turn: one round of the loop, run while a pass "takes time"; gives the seconds until the next one.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.turn: Callable[[], float] | None = None
        self.woken = False
        self._started: deque[Callable[[], None]] = deque()
        self._number = 0

    def at(self, second: float, event: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self.events, (second, self._number, event))

    def start(self, work: Callable[[], None]) -> None:
        self._started.append(work)

    def wake(self) -> None:
        self.woken = True

    def close(self, seconds: float | None = None) -> bool:
        while self._started:
            self._started.popleft()()
        return True

    def wait(self, seconds: float | None) -> None:
        self._pass_until(self.clock.seconds + (1e9 if seconds is None else seconds))

    def _pass_until(self, end: float) -> None:
        """Let time pass up to the end, or to something that is worth a decision."""
        # Work that is over ends no wait by itself: like a thread, it has to wake the loop.
        while self._started and not self.woken:
            self._started.popleft()()
        if self.woken:
            self.woken = False
            return
        if self.events and self.events[0][0] <= end:
            second, _, event = heapq.heappop(self.events)
            self.clock.seconds = max(self.clock.seconds, second)
            event()
            return
        self.clock.seconds = max(self.clock.seconds, end)

    def take_time(self, seconds: float) -> None:
        """Called inside of a pass: the world and the loop go on for so long."""
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            pause = self.turn() if self.turn else seconds
            self._pass_until(min(end, self.clock.seconds + pause))

    def drop(self) -> None:
        """What the dead process had begun is lost."""
        self._started.clear()
        self.woken = False


@dataclass(frozen=True)
class Commit:
    """What one commit wants.

    Attributes:
        broken: cannot be loaded.
        refused: can be loaded, cannot be planned.
        failing: addresses that fail whenever they are applied.
    """

    id: str
    wants: Mapping[str, str] = field(default_factory=dict)
    broken: bool = False
    refused: bool = False
    failing: frozenset[str] = frozenset()


@dataclass
class Repository:
    """Implements `ports.Source`."""

    head: Commit
    down: bool = False
    gone: bool = False
    fetched: Commit | None = None
    fetches: int = 0

    def fetch(self) -> Revision:
        self.fetches += 1
        last_good = self._revision(self.fetched) if self.fetched else None
        if self.down:
            raise SourceUnavailable("no answer", code="git-unavailable", last_good=last_good)
        if self.gone:
            raise SourceStalled("the branch is gone", code="git-no-ref", last_good=last_good)
        self.fetched = self.head
        return self._revision(self.head)

    def recall(self, revision: str) -> Revision | None:
        return self._revision(self.fetched) if self.fetched and self.fetched.id == revision else None

    def keep(self, revisions: Collection[str]) -> None:
        pass

    @staticmethod
    def _revision(commit: Commit) -> Revision:
        return Revision(commit.id, SPEC, message=f"commit {commit.id}")


@dataclass
class SimulatedWorkspace:
    """A workspace with its state.

    Attributes:
        live, applied: address to value.
        note: the loop's document, as the JSON text that is durable.
        lease: which engine has the loop's lease.
        writers: how many applies are in it right now.
        changes: every write: the second, the address and the value; bounded by who reads it.
    """

    live: dict[str, str] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)
    unwell: set[str] = field(default_factory=set)
    down: bool = False
    full: bool = False
    note: str = ""
    lease: object = None
    sessions: int = 0
    writers: int = 0
    on_write: Callable[[str, str | None], None] = lambda address, value: None


class SimulatedEngine:
    """Implements `stages.Engine` over simulated workspaces.

    Args:
        flaky: how likely one step of an apply fails by chance.
        known: projects whose workspace is known; outlives the process if it is handed on.
    """

    def __init__(
        self,
        repositories: Mapping[str, Repository],
        workspaces: Mapping[str, SimulatedWorkspace],
        workers: VirtualWorkers,
        random: Random,
        *,
        step_s: float = 0.0,
        flaky: float = 0.0,
        known: set[str] | None = None,
    ) -> None:
        self.repositories = repositories
        self.workspaces = workspaces
        self.workers = workers
        self.random = random
        self.step_s = step_s
        self.flaky = flaky
        self.known: set[str] = set() if known is None else known
        self.name = f"loop {id(self)}"

    @contextmanager
    def open(self, project: str, revision: Revision) -> Iterator[Session]:
        commit = self.repositories[project].fetched
        assert commit is not None
        if commit.id != revision.id:
            raise AssertionError("the checkout of a revision in use is gone")
        if commit.broken:
            raise SpecError([problem("invalid-yaml", Span("spec.yaml", 3, 5, 3, 9))])
        workspace = self.workspaces[project]
        if workspace.down:
            raise Transient("the workspace does not answer")
        self.known.add(project)
        other = self.other_loop(project)
        if other:
            raise StandingBy(other)
        assert workspace.sessions == 0, "two passes of one project"
        workspace.sessions += 1
        try:
            yield SimulatedSession(self, commit, workspace)
        finally:
            workspace.sessions -= 1

    def other_loop(self, project: str) -> str:
        if project not in self.known:
            return ""
        workspace = self.workspaces[project]
        if workspace.lease in (None, self):
            workspace.lease = self
            return ""
        return str(workspace.lease.name)  # type: ignore[attr-defined]

    def recall(self, project: str) -> Mapping[str, Any] | None:
        workspace = self.workspaces[project]
        if project not in self.known or not workspace.note:
            return None
        document: dict[str, Any] = json.loads(workspace.note)
        return document

    def remember(self, project: str, document: Mapping[str, Any]) -> None:
        workspace = self.workspaces[project]
        if workspace.full:
            raise StateError("disk full")
        if project in self.known and not self.other_loop(project):
            workspace.note = json.dumps(document, allow_nan=False)

    def close(self) -> None:
        for workspace in self.workspaces.values():
            if workspace.lease is self:
                workspace.lease = None


@dataclass
class SimulatedSession:
    """Implements `stages.Session`."""

    engine: SimulatedEngine
    commit: Commit
    workspace: SimulatedWorkspace

    @property
    def desired(self) -> int:
        return len(self.commit.wants)

    def look(self, *, prune: bool) -> Look:
        self._reachable()
        if self.commit.refused:
            raise SpecError([problem("protected", Span("spec.yaml", 7, 1, 7, 4))])
        changes = tuple(self._changes(prune=prune))
        plan = Plan(project="p", target="", base=PlanBase("l", 0, self.commit.id, "w"), changes=changes)
        return Look(plan, tuple(self._status(change) for change in changes), prune)

    def apply(self, look: Look, held: Collection[Address], cancel: Cancellation) -> RunReport:
        self._reachable()
        workspace, results = self.workspace, []
        if self.look(prune=look.prune).plan.changes != look.plan.changes:
            raise StateError("moved on", code="plan-outdated")
        assert workspace.writers == 0, "two applies of one project"
        workspace.writers += 1
        try:
            for change in look.plan.effective:
                if change.address not in held:
                    results.append(self._step(change, cancel))
        finally:
            workspace.writers -= 1
        interrupted = any(result.outcome is Outcome.CANCELLED for result in results)
        return RunReport(tuple(results), interrupted)

    def _step(self, change: Change, cancel: Cancellation) -> StepResult:
        if cancel.draining:
            return StepResult(change.address, Outcome.CANCELLED, error="cancelled")
        self.engine.workers.take_time(self.engine.step_s * self.engine.random.random())
        name = str(change.address)
        if self.workspace.full:
            raise StateError("disk full")
        if self.workspace.down:
            return StepResult(change.address, Outcome.FAILED, error="no answer", code="Transient")
        if name in self.commit.failing:
            return StepResult(change.address, Outcome.FAILED, error="exit code 1", code="Failed")
        if self.engine.random.random() < self.engine.flaky:
            return StepResult(change.address, Outcome.FAILED, error="killed", code="Failed")
        self._write(change, name)
        return StepResult(change.address, _DESIRED[change.action])

    def _write(self, change: Change, name: str) -> None:
        if change.action is Action.DELETE:
            self.workspace.live.pop(name, None)
            self.workspace.applied.pop(name, None)
            self.workspace.on_write(name, None)
        else:
            self.workspace.live[name] = self.workspace.applied[name] = self.commit.wants[name]
            self.workspace.unwell.discard(name)
            self.workspace.on_write(name, self.commit.wants[name])

    def _changes(self, *, prune: bool) -> Iterator[Change]:
        wants, live, applied = self.commit.wants, self.workspace.live, self.workspace.applied
        for name in sorted(wants.keys() | applied.keys()):
            address = Address.parse(name)
            if name not in wants:
                gone = _change(address, Action.NOOP, Cause.LEFT_SPEC, orphaned=True)
                yield replace(gone, action=Action.DELETE, orphaned=False) if prune else gone
            elif name not in live:
                lost = applied.get(name) == wants[name]
                yield _change(address, Action.CREATE, Cause.DELETED_OUTSIDE if lost else Cause.NEW, drift=lost)
            elif live[name] != wants[name]:
                one = FieldChange(
                    path=("v",),
                    applied=applied.get(name, ABSENT),
                    desired=wants[name],
                    observed=live[name],
                    action=Action.UPDATE,
                    reason=Reason(Cause.CHANGED),
                )
                yield _change(
                    address, Action.UPDATE, Cause.DRIFT if one.drift else Cause.CHANGED, fields=(one,), drift=one.drift
                )
            elif applied.get(name) != wants[name]:
                yield _change(address, Action.UPDATE, Cause.LIFECYCLE)
            else:
                yield _change(address, Action.NOOP, Cause.UNCHANGED)

    def _status(self, change: Change) -> ResourceStatus:
        name = str(change.address)
        health = Health.MISSING if name not in self.workspace.live else Health.HEALTHY
        if name in self.workspace.unwell:
            health = Health.DEGRADED
        return ResourceStatus(
            address=change.address, health=health, sync=Sync.ORPHANED if change.orphaned else Sync.SYNCED
        )

    def _reachable(self) -> None:
        if self.workspace.down:
            raise Transient("the workspace does not answer")


def problem(code: str, span: Span) -> Diagnostic:
    return Diagnostic(Severity.ERROR, code, summary="Broken", detail="It cannot be used.", fix="Mend it.", subject=span)


def _change(address: Address, action: Action, cause: Cause, **more: Any) -> Change:
    return Change(address=address, action=action, reasons=(Reason(cause),), **more)
