"""The loop in virtual time: what a person sees happen, one story each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from random import Random
from typing import Any

import pytest

from orchestrator.reconcile.loop import Loop
from orchestrator.reconcile.loop_context import LoopContext
from orchestrator.reconcile.managed import Managed, OneAtATime
from orchestrator.reconcile.policy import Backoff, Policy
from orchestrator.reconcile.ports import Notice, PassSummary, Revision, SourceUnavailable
from orchestrator.reconcile.record import from_document
from orchestrator.reconcile.stages import StandingBy
from orchestrator.reconcile.windows import Freeze
from tests.unit.reconcile.simulated import (
    Commit,
    Killed,
    Repository,
    SimulatedEngine,
    SimulatedWorkspace,
    VirtualClock,
    VirtualWorkers,
)

TWO = Commit("one", {"data.a": "1", "jobs.b": "1"})


class Recorder:
    """Implements `ports.Notifier` and `ports.Meter`."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.summaries: list[PassSummary] = []
        self.restored: list[str] = []

    def notify(self, notice: Notice) -> None:
        self.notices.append(notice)

    def delivered(self, project: str) -> list[str]:
        return list(dict.fromkeys([*self.restored, *(notice.key for notice in self.notices)]))

    def restore(self, project: str, delivered: Any) -> None:
        self.restored += delivered

    def passed(self, summary: PassSummary) -> None:
        self.summaries.append(summary)


class World:
    """Projects, each with a repository and a workspace, and a loop over them."""

    def __init__(self, policies: Mapping[str, Policy], *, step_s: float = 0.0, parallel: int = 4) -> None:
        self.clock = VirtualClock()
        self.workers = VirtualWorkers(self.clock)
        self.policies = {name: replace(policy, jitter_s=0.0) for name, policy in policies.items()}
        self.repositories = {name: Repository(TWO) for name in policies}
        self.workspaces = {name: SimulatedWorkspace() for name in policies}
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        self.recorder = Recorder()
        self.known: set[str] = set()
        self.step_s = step_s
        self.parallel = parallel
        self.loop, self.engine = self.start()
        self.workers.turn = self.loop.round

    def start(self) -> tuple[Loop, SimulatedEngine]:
        """A process of its own."""
        engine = SimulatedEngine(
            self.repositories, self.workspaces, self.workers, Random(1), step_s=self.step_s, known=self.known
        )
        projects = [Managed(name, OneAtATime(self.repositories[name]), p) for name, p in self.policies.items()]
        around = LoopContext(
            engine, self.workers, self.clock, self.watch, self.parallel, self.recorder, self.recorder, random=Random(1)
        )
        loop = Loop(projects, around)
        loop.prepare()
        return loop, engine

    def watch(self, event: str, facts: Mapping[str, object]) -> None:
        self.events.append((event, facts))

    def run(self, seconds: float) -> None:
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            self.workers.wait(min(self.loop.round(), end - self.clock.seconds))

    def starts(self) -> list[str]:
        return [str(facts["project"]) for event, facts in self.events if event == "pass.start"]

    def ends(self) -> list[str]:
        return [str(facts["outcome"]) for event, facts in self.events if event == "pass.end"]

    def status(self, name: str = "p") -> dict[str, Any]:
        return self.loop.fleet_status.documents()[name]

    def answer(self, condition: str, name: str = "p") -> tuple[bool, str]:
        found = next(c for c in self.status(name)["conditions"] if c["type"] == condition)
        return found["status"], found["reason"]

    def message(self, condition: str, name: str = "p") -> str:
        return str(next(c for c in self.status(name)["conditions"] if c["type"] == condition)["message"])


def raising(error: Exception) -> Callable[[], Revision]:
    def fetch() -> Revision:
        raise error

    return fetch


def world(policy: Policy | None = None, **options: Any) -> World:
    return World({"p": policy or Policy()}, **options)


def test_the_first_commit_is_applied_and_the_next_pass_finds_nothing_to_do() -> None:
    w = world()
    w.run(1)
    assert w.workspaces["p"].live == TWO.wants
    assert w.answer("Ready") == (True, "UpToDate")
    assert w.status()["applied"]["id"] == "one"
    w.run(200)
    assert w.ends() == ["changed", "clean"]
    assert w.status()["counts"]["changed"] == 1


def test_passes_that_find_nothing_share_one_line_of_history() -> None:
    w = world()
    w.run(3600)
    history = w.status()["history"]
    assert [(entry["outcome"], entry["times"]) for entry in history] == [("clean", 19), ("changed", 1)]


def test_a_broken_commit_stalls_with_its_place_and_leaves_everything_as_it_is() -> None:
    w = world()
    w.run(1)
    w.repositories["p"].head = Commit("two", {}, broken=True)
    w.run(200)
    assert w.answer("Stalled") == (True, "InvalidSpec")
    assert w.message("Stalled").startswith("spec.yaml:3:5: ")
    assert w.answer("Ready") == (False, "InvalidSpec")
    assert w.workspaces["p"].live == TWO.wants
    assert (w.status()["attempted"]["id"], w.status()["applied"]["id"]) == ("two", "one")
    w.repositories["p"].head = Commit("three", {"data.a": "2"})
    w.run(200)
    assert w.answer("Stalled") == (False, "Working")
    assert w.workspaces["p"].live["data.a"] == "2"


def test_a_failing_revision_is_retried_once_then_backed_off_and_a_new_one_is_tried_at_once() -> None:
    w = world(Policy(interval_s=100.0, backoff=Backoff(1000.0, 4000.0)))
    w.repositories["p"].head = replace(TWO, failing=frozenset({"jobs.b"}))
    w.run(50)
    assert w.ends() == ["failed", "failed"], "the automatic retry comes at once"
    assert w.answer("Stalled") == (True, "ApplyFailed")
    assert "jobs.b: exit code 1" in w.message("Stalled")
    w.run(900)
    assert set(w.ends()[2:]) == {"backed-off"}
    w.run(100)
    assert w.ends().count("failed") == 3
    assert w.status()["failures"] == 3
    w.repositories["p"].head = Commit("two", {"data.a": "1"})
    w.run(101)
    assert w.ends()[-1] == "clean"
    assert w.status()["failures"] == 0


def test_a_fault_outside_of_the_revision_is_no_stall() -> None:
    w = world()
    w.run(1)
    w.workspaces["p"].down = True
    w.run(400)
    assert w.answer("Stalled") == (False, "Working")
    assert w.answer("Reconciling") == (True, "WorkspaceUnavailable")
    w.workspaces["p"].down = False
    w.run(2000)
    assert w.answer("Ready") == (True, "UpToDate")


def test_an_unreachable_source_stops_nothing() -> None:
    w = world()
    w.run(1)
    w.repositories["p"].down = True
    del w.workspaces["p"].live["data.a"]
    w.run(400)
    assert w.workspaces["p"].live == TWO.wants, "drift is healed from the last good checkout"
    assert w.answer("Ready") == (True, "UpToDate")
    assert w.answer("Reconciling") == (True, "SourceUnavailable")


def test_a_deleted_branch_stalls_and_the_last_good_revision_stays_in_force() -> None:
    w = world()
    w.run(1)
    w.repositories["p"].gone = True
    w.workspaces["p"].live["data.a"] = "by hand"
    w.run(400)
    assert w.answer("Stalled") == (True, "SourceStalled")
    assert w.workspaces["p"].live == TWO.wants


def test_drift_is_healed_once_it_lasted() -> None:
    w = world(Policy(interval_s=100.0, debounce_s=30.0))
    w.run(1)
    w.workspaces["p"].live["data.a"] = "by hand"
    w.run(100)
    assert w.answer("Ready") == (False, "Drifted")
    assert w.answer("Reconciling") == (True, "DriftSeen")
    assert list(w.status()["drift"]) == ["data.a"]
    w.run(31)
    assert w.workspaces["p"].live["data.a"] == "1"
    assert w.status()["history"][0]["healed"] == ["data.a"]
    assert w.status()["counts"] == {"passes": 3, "changed": 2, "failed": 0, "drift_found": 1, "drift_healed": 1}


def test_a_heal_that_succeeds_after_a_failed_try_counts() -> None:
    w = world(Policy(interval_s=100.0, debounce_s=0.0, backoff=Backoff(10.0, 10.0)))
    w.run(1)
    w.workspaces["p"].live["data.a"] = "by hand"
    w.repositories["p"].head = replace(TWO, failing=frozenset({"data.a"}))
    w.run(100)
    assert w.ends()[-1] == "failed"
    # The failed try leaves a mark in the state, by which the next plan sees a half-done change and no drift.
    w.workspaces["p"].applied["data.a"] = "half-way"
    w.run(30)
    assert list(w.status()["drift"]) == ["data.a"], "still to be set back"
    w.repositories["p"].head = w.repositories["p"].fetched = TWO
    w.run(300)
    assert w.workspaces["p"].live["data.a"] == "1"
    assert [entry["healed"] for entry in w.status()["history"] if entry["healed"]] == [["data.a"]]
    assert (w.status()["counts"]["drift_found"], w.status()["counts"]["drift_healed"]) == (1, 1)


def test_what_a_killed_loop_had_set_back_is_counted_by_its_successor() -> None:
    w = world(Policy(interval_s=100.0, debounce_s=30.0))
    w.run(1)
    w.workspaces["p"].live["data.a"] = "by hand"
    w.run(100)
    assert list(w.status()["drift"]) == ["data.a"]
    w.workspaces["p"].live["data.a"] = "1"  # its last deed, of which it could not tell any more
    w.workers.drop()
    w.engine.close()
    w.loop, w.engine = w.start()
    w.workers.turn = w.loop.round
    w.run(300)
    assert w.status()["counts"]["drift_healed"] == 1
    assert [entry["healed"] for entry in w.status()["history"] if entry["healed"]] == [["data.a"]]


def test_drift_that_goes_by_itself_is_left_alone() -> None:
    w = world(Policy(interval_s=100.0, debounce_s=30.0))
    w.run(1)
    w.workspaces["p"].live["data.a"] = "by hand"
    w.run(100)
    w.workspaces["p"].live["data.a"] = "1"
    w.run(40)
    w.workspaces["p"].live["data.a"] = "by hand"
    w.run(95)
    assert w.workspaces["p"].live["data.a"] == "by hand", "its age starts anew"
    w.run(40)
    assert w.workspaces["p"].live["data.a"] == "1"


def test_observe_only_shows_the_plan_and_writes_nothing() -> None:
    w = world(Policy(auto_apply=False))
    w.run(1)
    assert w.workspaces["p"].live == {}
    assert [(change["address"], change["why"]) for change in w.status()["pending"]] == [
        ("data.a", "observe-only"),
        ("jobs.b", "observe-only"),
    ]
    assert w.answer("Ready") == (False, "ObserveOnly")
    assert w.status()["applied"] is None


@pytest.mark.parametrize(
    ("policy", "left", "why"),
    [
        (Policy(), {"data.a": "1", "jobs.b": "1"}, "prune is off"),
        (Policy(prune=True), {"data.a": "1"}, "prune is on"),
        (Policy(prune=True, max_deletions=0), {"data.a": "1", "jobs.b": "1"}, "more than a pass may do"),
    ],
)
def test_what_left_the_spec(policy: Policy, left: Mapping[str, str], why: str) -> None:
    w = world(policy)
    w.run(1)
    w.repositories["p"].head = Commit("two", {"data.a": "1"})
    w.run(200)
    assert w.workspaces["p"].live == left, why
    assert w.answer("Ready") == (True, "UpToDate"), "what the spec wants is there in any case"
    assert (w.answer("Stalled")[1] == "DeletionsHeld") is (policy.max_deletions == 0)


@pytest.mark.parametrize(("allow", "left"), [(False, TWO.wants), (True, {})])
def test_an_empty_spec_prunes_only_if_that_is_allowed(allow: bool, left: Mapping[str, str]) -> None:
    w = world(Policy(prune=True, allow_empty=allow))
    w.run(1)
    w.repositories["p"].head = Commit("two", {})
    w.run(200)
    assert w.workspaces["p"].live == left


def test_nothing_is_written_in_a_freeze_and_the_wait_ends_with_it() -> None:
    # The virtual clock starts on 2023-11-14 at 22:13:20 UTC.
    w = world(Policy(interval_s=3600.0, freezes=(Freeze(start=time(22), end=time(22, 30), reason="audit"),)))
    w.run(600)
    assert w.workspaces["p"].live == {}
    assert w.answer("Ready") == (False, "Frozen")
    assert w.status()["pending"][0]["reason"] == "frozen: audit"
    w.run(500)
    assert w.workspaces["p"].live == TWO.wants


@pytest.mark.parametrize("abort", [True, False])
def test_what_runs_when_a_freeze_begins(abort: bool) -> None:
    many = Commit("one", {f"jobs.j{number:02}": "1" for number in range(20)})
    w = world(Policy(freezes=(Freeze(start=time(22, 14), end=time(23), abort=abort),)), step_s=60.0)
    w.repositories["p"].head = many
    w.run(1800)
    assert (len(w.workspaces["p"].live) < 20) is abort
    assert ("interrupted" in w.ends()) is abort


def test_a_newer_commit_ends_the_wait_on_an_older_one() -> None:
    many = Commit("one", {f"jobs.j{number:02}": "1" for number in range(20)})
    w = world(Policy(interval_s=300.0, poll_s=20.0), step_s=60.0)
    w.repositories["p"].head = many
    w.workers.at(100.0, lambda: setattr(w.repositories["p"], "head", Commit("two", {"jobs.j00": "2"})))
    w.run(400)
    assert w.ends()[:2] == ["interrupted", "changed"]
    assert w.workspaces["p"].live["jobs.j00"] == "2"
    assert len(w.workspaces["p"].live) < 10, "most steps of the first commit never started"


def test_a_file_that_changes_is_noticed_between_passes() -> None:
    w = world(Policy(interval_s=3600.0, poll_s=5.0))
    w.run(60)
    w.repositories["p"].head = Commit("two", {"data.a": "2"})
    w.run(6)
    assert w.workspaces["p"].live["data.a"] == "2"
    assert [facts["cause"] for event, facts in w.events if event == "pass.start"] == ["start", "new revision"]


def test_a_source_is_asked_as_often_as_its_policy_says() -> None:
    w = world(Policy(interval_s=3600.0, poll_s=5.0))
    w.run(60)
    assert 11 <= w.repositories["p"].fetches <= 14, "the pass, then one look every five seconds"


def test_a_poll_that_fails_ends_no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world(Policy(interval_s=3600.0, poll_s=5.0))
    w.run(10)
    defect, unreachable = OSError("odd"), SourceUnavailable("no answer", code="git-unavailable", last_good=None)
    for error in (defect, unreachable):
        with monkeypatch.context() as patch:
            patch.setattr(w.repositories["p"], "fetch", raising(error))
            w.run(10)
    defects = [facts["exc_info"] for event, facts in w.events if event == "loop.defect"]
    assert set(defects) == {defect}, "an unreachable source is for the next pass to tell"
    w.repositories["p"].head = Commit("two", {"data.a": "2"})
    w.run(6)
    assert w.workspaces["p"].live["data.a"] == "2"


def test_projects_wait_for_those_they_depend_on() -> None:
    w = World({"upper": Policy(depends_on=("base",)), "base": Policy()})
    w.repositories["base"].head = replace(TWO, failing=frozenset({"data.a"}))
    w.run(600)
    assert "upper" not in w.starts()
    w.repositories["base"].head = Commit("two", {"data.a": "2"})
    w.run(400)
    assert w.workspaces["upper"].live == TWO.wants


def test_passes_run_side_by_side_up_to_the_bound_and_never_twice_in_one_project() -> None:
    w = World({f"p{number}": Policy(interval_s=10.0) for number in range(5)}, step_s=100.0, parallel=2)
    busy: list[int] = []
    for workspace in w.workspaces.values():
        workspace.on_write = lambda address, value: busy.append(sum(s.sessions for s in w.workspaces.values()))
    w.run(2000)
    assert max(busy) == 2
    assert all(workspace.live == TWO.wants for workspace in w.workspaces.values())


def test_a_killed_loop_leaves_what_the_next_one_needs() -> None:
    w = world(Policy(backoff=Backoff(1000.0, 4000.0)))
    w.repositories["p"].head = replace(TWO, failing=frozenset({"jobs.b"}))
    w.run(50)
    w.workers.drop()
    w.engine.close()
    w.loop, w.engine = w.start()
    assert w.status()["failures"] == 2, "known before the first pass"
    w.repositories["p"].head = TWO
    w.run(200)
    assert w.answer("Ready") == (True, "UpToDate")
    assert w.status()["counts"]["failed"] == 2


def test_killed_in_the_middle_of_an_apply() -> None:
    def kill() -> None:
        raise Killed

    w = world(step_s=60.0)
    w.workers.at(30.0, kill)
    with pytest.raises(Killed):
        w.run(100)
    assert w.workspaces["p"].sessions == 0
    w.workers.drop()
    w.engine.close()
    w.loop, w.engine = w.start()
    w.workers.turn = w.loop.round
    w.run(600)
    assert w.workspaces["p"].live == TWO.wants


def test_a_second_loop_stands_by_and_takes_over() -> None:
    w = world()
    w.run(1)
    first_loop, first_engine = w.loop, w.engine
    w.loop, w.engine = w.start()
    w.run(400)
    assert w.status()["standing_by_for"] == first_engine.name
    assert w.ends() == ["changed"], "it makes no pass of its own"
    assert [event for event, _ in w.events].count("standing by") == 1, "and says so once"
    for ask in (w.loop.controls.suspend, w.loop.controls.resume):
        with pytest.raises(StandingBy, match=first_engine.name):
            ask("p")
    assert w.status()["suspended"] is False
    first_engine.close()
    w.workspaces["p"].live["data.a"] = "by hand"
    w.run(100)
    assert w.workspaces["p"].live == TWO.wants
    assert w.status()["standing_by_for"] == ""
    assert w.status()["counts"]["changed"] == 2, "the record of the first one goes on"
    assert first_loop is not w.loop


def test_a_rest_outlives_a_restart() -> None:
    w = world()
    w.run(1)
    w.loop.controls.suspend("p")
    w.workspaces["p"].live["data.a"] = "by hand"
    w.run(1000)
    w.engine.close()
    w.loop, w.engine = w.start()
    w.run(1000)
    assert w.workspaces["p"].live["data.a"] == "by hand"
    assert w.status()["suspended"] is True
    w.loop.controls.resume("p")
    w.run(100)
    assert w.workspaces["p"].live["data.a"] == "1"
    assert json.loads(w.workspaces["p"].note)["suspended"] is False


def test_a_person_s_trigger_tries_a_failing_revision_at_once() -> None:
    w = world(Policy(backoff=Backoff(10_000.0, 10_000.0)))
    w.repositories["p"].head = replace(TWO, failing=frozenset({"jobs.b"}))
    w.run(50)
    before = w.ends().count("failed")
    w.loop.controls.trigger("p")
    w.run(1)
    assert w.ends().count("failed") == before + 1


def test_a_full_disk_is_told_and_passes() -> None:
    w = world()
    w.run(1)
    w.workspaces["p"].full = True
    w.repositories["p"].head = Commit("two", {"data.a": "2"})
    w.run(400)
    assert w.answer("Reconciling") == (True, "StateUnusable")
    assert "record.unsaved" in [event for event, _ in w.events]
    w.workspaces["p"].full = False
    w.run(4000)
    assert w.answer("Ready") == (True, "UpToDate")
    assert from_document(json.loads(w.workspaces["p"].note)).ready


def test_a_wall_clock_that_is_set_moves_no_pass() -> None:
    w = world(Policy(interval_s=100.0))
    w.run(1)
    w.clock.skew = -86_400.0
    w.run(100)
    w.clock.skew = 10 * 86_400.0
    w.run(100)
    assert len(w.starts()) == 3


def test_people_are_told_what_happened() -> None:
    w = world(Policy(interval_s=100.0, debounce_s=0.0))
    w.run(1)
    w.workspaces["p"].live["data.a"] = "by hand"
    w.run(100)
    w.repositories["p"].head = Commit("two", {}, broken=True)
    w.run(100)
    told = [(str(notice.trigger), notice.revision) for notice in w.recorder.notices]
    assert list(dict.fromkeys(told)) == [("applied", "one"), ("healed", "one"), ("stalled", "two"), ("failed", "two")]
    assert w.recorder.summaries[0].resources == {"created": 2}
    w.run(100)
    assert json.loads(w.workspaces["p"].note)["notified"] == w.recorder.delivered("p"), "kept with the next pass"


def test_unwell_resources_are_not_ready() -> None:
    w = world()
    w.run(1)
    w.workspaces["p"].unwell.add("jobs.b")
    w.run(200)
    assert w.answer("Ready") == (False, "Unhealthy")


class TestOnce:
    def test_every_project_has_its_pass_in_order(self) -> None:
        w = World({"upper": Policy(depends_on=("base",)), "base": Policy()})
        ends = w.loop.once()
        assert w.starts() == ["base", "upper"]
        assert {name: facts.outcome.value for name, facts in ends.items()} == {"upper": "changed", "base": "changed"}
        assert w.clock.seconds < 60

    def test_what_waits_for_a_failed_project_is_not_tried(self) -> None:
        w = World({"upper": Policy(depends_on=("base",)), "base": Policy()})
        w.repositories["base"].head = Commit("one", broken=True)
        ends = w.loop.once()
        assert ends["base"].outcome.value == "failed"
        assert "upper" not in ends
        assert w.starts() == ["base"], "no retry: whoever runs it once decides"

    def test_drift_is_looked_at_again_after_its_debounce(self) -> None:
        w = world(Policy(debounce_s=45.0))
        w.loop.once()
        w.workspaces["p"].live["data.a"] = "by hand"
        w.loop, w.engine = w.start()
        ends = w.loop.once()
        assert ends["p"].healed == ("data.a",)

    def test_a_rest_ends_it(self) -> None:
        assert world(Policy(suspended=True)).loop.once() == {}


def test_an_end_that_is_asked_for_lets_running_steps_end_and_starts_no_others() -> None:
    many = Commit("one", {f"jobs.j{number:02}": "1" for number in range(20)})
    w = world(step_s=60.0)
    w.repositories["p"].head = many
    w.workers.at(100.0, w.loop.stop)
    w.loop.run()
    assert 0 < len(w.workspaces["p"].live) < 20
    assert w.ends() == ["interrupted"]
    assert w.workspaces["p"].lease is None
    assert from_document(json.loads(w.workspaces["p"].note)).attempted is not None
