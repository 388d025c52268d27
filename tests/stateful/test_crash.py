"""Killed before and after every call of a workspace and every write of a journal, an apply goes on where it was."""

from __future__ import annotations

import os
import pickle
from copy import copy
from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import Project
from orchestrator.core.run import RunReport
from orchestrator.core.state import StateStore
from orchestrator.execution.apply import apply
from orchestrator.execution.options import ApplyOptions
from orchestrator.state.sqlite import SqliteStateStore
from tests.stateful.project import FIRST, SECOND, plan
from tests.unit.execution.simulated import KINDS, Call, Crash, Faults, MemoryStore, SimulatedBackend

Versions = tuple[Project, ...]
Created = dict[tuple[Address, str], int]


class World:
    """A workspace and a state that outlive the processes that use them."""

    def __init__(self) -> None:
        self.backend = SimulatedBackend()
        self.store = MemoryStore()

    def apply(self, project: Project, faults: Faults, parallelism: int) -> RunReport:
        """Plan and apply. Only the apply is exposed to the faults.

        It has its own way to the workspace and to the state, as a process has: a thread that outlives its death stays dead.
        """
        now = plan(project, self.backend, self.store)
        backend, store = copy(self.backend), copy(self.store)
        backend.faults = store.faults = faults
        try:
            return apply(now, backend, store, KINDS, ApplyOptions(parallelism=parallelism))
        finally:
            self.store.lineage, self.store.serial = store.lineage, store.serial


def prepared(versions: Versions) -> World:
    """A world in which all versions but the last were applied."""
    world = World()
    for project in versions[:-1]:
        assert not world.apply(project, Faults(), 4).failed
    return world


def undisturbed(versions: Versions) -> tuple[int, Created]:
    """How many calls the last version takes, and what it makes."""
    world, faults = prepared(versions), Faults()
    assert not world.apply(versions[-1], faults, 1).failed
    return faults.count, world.backend.created


STORIES: dict[str, Versions] = {
    "from nothing": (FIRST,),
    "a new version": (FIRST, SECOND),
    "back again": (FIRST, SECOND, FIRST),
}


@pytest.mark.parametrize("story", STORIES)
def test_undisturbed(story: str) -> None:
    world = prepared(STORIES[story])
    project = STORIES[story][-1]
    assert not world.apply(project, Faults(), 4).failed
    assert plan(project, world.backend, world.store).effective == ()
    live = {address for (address, _), each in world.backend.objects.items() if not each.archived}
    assert live == set(project.resources) == set(world.store.applied)


@pytest.mark.parametrize("crash_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("parallelism", [1, 4])
@pytest.mark.parametrize("story", STORIES)
def test_killed_anywhere_it_goes_on(story: str, parallelism: int, crash_after: bool) -> None:
    versions = STORIES[story]
    calls, expected = undisturbed(versions)
    assert calls > 30
    for number in range(1, calls + 1):
        world = prepared(versions)
        killed(world, versions[-1], number, parallelism, crash_after=crash_after)
        check_resumed(world, versions[-1], expected, f"killed at call {number} of {calls}")


@pytest.mark.parametrize("seed", range(12))
def test_killed_again_and_again(seed: int) -> None:
    world, faults = prepared((FIRST, SECOND)), Faults()
    _, expected = undisturbed((FIRST, SECOND))
    for step in range(40):
        faults = Faults(crash_at=1 + (seed + step) % 7, crash_after=bool((seed + step) % 2))
        try:
            world.apply(SECOND, faults, 2)
        except Crash:
            continue
        break
    check_resumed(world, SECOND, expected, f"seed {seed}")


def killed(world: World, project: Project, number: int, parallelism: int, *, crash_after: bool) -> None:
    try:
        world.apply(project, Faults(crash_at=number, crash_after=crash_after), parallelism)
    except Crash:
        return
    # With several threads the number of calls varies: journal writes are shared differently.
    assert parallelism > 1


def check_resumed(world: World, project: Project, expected: Created, where: str) -> None:
    assert not world.apply(project, Faults(), 4).failed, where
    assert plan(project, world.backend, world.store).effective == (), where
    assert world.backend.created == expected, where
    assert world.store.load().unfinished == (), where
    assert world.backend.overlaps == [], where


class LastingBackend(SimulatedBackend):
    """A workspace in a file: its objects outlive the process as soon as a call has had its effect."""

    def __init__(self, path: Path, faults: Faults) -> None:
        super().__init__(faults)
        self.path = path
        if path.exists():
            self.objects, self.created = pickle.loads(path.read_bytes())

    def save(self) -> None:
        draft = self.path.with_suffix(".new")
        draft.write_bytes(pickle.dumps((self.objects, self.created)))
        draft.replace(self.path)


class DyingFaults(Faults):
    """Ends the process, without any clean-up, instead of raising."""

    backend: LastingBackend | None = None

    def enter(self, call: Call) -> int:
        try:
            return super().enter(call)
        except Crash:
            os._exit(9)

    def leave(self, call: Call, number: int) -> None:
        if self.backend is not None and call.verb in ("create", "update", "delete", "wait"):
            with self.backend._lock:
                self.backend.save()
        try:
            super().leave(call, number)
        except Crash:
            os._exit(9)


class JournalledStore:
    """A real store of which each write is a call that may be the last."""

    def __init__(self, store: SqliteStateStore, faults: Faults) -> None:
        self.store, self.faults = store, faults

    def __getattr__(self, name: str) -> object:
        method = getattr(self.store, name)
        if name not in ("begin", "intend", "settle_all"):
            return method

        def call(*values: object) -> object:
            number = self.faults.enter(Call(name, None))
            answer = method(*values)
            self.faults.leave(Call(name, None), number)
            return answer

        return call


def apply_lasting(folder: Path, project: Project, faults: Faults) -> RunReport:
    backend = LastingBackend(folder / "objects", faults)
    if isinstance(faults, DyingFaults):
        faults.backend = backend
    sqlite = SqliteStateStore(folder / "workspace.db", "demo", SystemClock())
    store: StateStore = JournalledStore(sqlite, faults)  # type: ignore[assignment]
    try:
        backend.faults = Faults()
        now = plan(project, backend, store)
        backend.faults = faults
        report = apply(now, backend, store, KINDS, ApplyOptions(parallelism=4))
        backend.save()
        return report
    finally:
        sqlite.close()


@pytest.mark.slow
@pytest.mark.parametrize("crash_after", [False, True], ids=["before", "after"])
def test_a_process_that_ends_anywhere_leaves_a_database_to_go_on_from(tmp_path: Path, crash_after: bool) -> None:
    calls, expected = undisturbed((FIRST,))
    for number in range(1, calls, 3):
        place = tmp_path / str(number)
        place.mkdir()
        child = os.fork()
        if child == 0:
            try:
                apply_lasting(place, FIRST, DyingFaults(crash_at=number, crash_after=crash_after))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert not apply_lasting(place, FIRST, Faults()).failed
        store = SqliteStateStore(place / "workspace.db", "demo", SystemClock())
        backend = LastingBackend(place / "objects", Faults())
        assert plan(FIRST, backend, store).effective == (), f"ended at call {number}"
        assert backend.created == expected, f"ended at call {number}"
        assert store.load().unfinished == ()
        store.close()
