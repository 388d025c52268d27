"""Polls beside passes: what counts as a newer revision."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from orchestrator.reconcile.loop_context import LoopContext
from orchestrator.reconcile.managed import Fleet, Managed, OneAtATime
from orchestrator.reconcile.policy import Policy
from orchestrator.reconcile.polling import Polling
from orchestrator.reconcile.ports import Revision
from orchestrator.reconcile.task import Control
from tests.unit.reconcile.simulated import Commit, Repository, SimulatedEngine, VirtualClock, VirtualWorkers


class Meanwhile(Repository):
    """A source during whose answer something else happens."""

    def __init__(self, head: Commit) -> None:
        super().__init__(head)
        self.happens: Callable[[], None] = lambda: None

    def fetch(self) -> Revision:
        revision = super().fetch()
        self.happens()
        return revision


class Scene:
    """One project whose last pass saw the revision ``one``, and a pass that is running or not."""

    def __init__(self, *, running: bool, poll_s: float | None = 5.0) -> None:
        self.workers = VirtualWorkers(VirtualClock())
        self.source = Meanwhile(Commit("one"))
        self.project = Managed("p", OneAtATime(self.source), Policy(interval_s=600.0, poll_s=poll_s), newest="one")
        self.project.due_at = 600.0
        if running:
            self.project.control = Control()
            self.project.control.revision = "one"
        engine = SimulatedEngine({}, {}, self.workers, Random(1))
        around = LoopContext(engine, self.workers, self.workers.clock, lambda event, facts: None)
        self.polling = Polling(Fleet([self.project]), around)

    def poll(self, now: float = 0.0) -> float | None:
        following = self.polling.start_due(now)
        self.workers.close()
        return following


@pytest.mark.parametrize("running", [True, False], ids=["a pass runs", "between passes"])
def test_a_newer_revision_asks_for_a_pass_and_ends_the_one_that_runs(running: bool) -> None:
    scene = Scene(running=running)
    scene.source.head = Commit("two")
    scene.poll()
    assert (scene.project.due_at, scene.project.cause, scene.project.asked) == (0.0, "new revision", True)
    if scene.project.control is not None:
        assert scene.project.control.stopped_for == "a newer revision"


@pytest.mark.parametrize("running", [True, False], ids=["a pass runs", "between passes"])
def test_the_same_revision_changes_nothing_but_wakes_the_loop(running: bool) -> None:
    scene = Scene(running=running)
    scene.poll()
    assert scene.project.due_at == 600.0
    assert scene.workers.woken
    assert not scene.project.polling


def test_a_poll_that_was_overtaken_by_a_pass_is_no_news() -> None:
    scene = Scene(running=True)

    def passes() -> None:
        assert scene.project.control is not None
        scene.project.control.revision = "two"

    scene.source.happens = passes
    scene.poll()
    assert scene.project.control is not None
    assert scene.project.control.stopped_for == ""
    assert scene.project.due_at == 600.0


@pytest.mark.parametrize(
    ("changes", "polls", "why"),
    [
        ({}, True, "it is due"),
        ({"poll_at": 7.0}, False, "it is not due yet"),
        ({"polling": True}, False, "one is under way"),
        ({"standby": "another loop"}, False, "another loop has the project"),
    ],
)
def test_when_a_source_is_asked(changes: dict[str, Any], polls: bool, why: str) -> None:
    scene = Scene(running=False)
    for name, value in changes.items():
        setattr(scene.project, name, value)
    scene.poll(now=6.0)
    assert (scene.source.fetches == 1) is polls, why


def test_without_a_period_only_a_running_pass_is_watched() -> None:
    idle, busy = Scene(running=False, poll_s=None), Scene(running=True, poll_s=None)
    assert idle.poll() is None
    assert idle.source.fetches == 0
    busy.poll()
    assert busy.source.fetches == 1
    assert busy.poll(1.0) == 600.0, "as often as passes would follow each other"
