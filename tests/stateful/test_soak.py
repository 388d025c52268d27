"""Thirty days of ten projects in virtual time: commits, drift and faults at random, and what must hold all the while."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import time
from functools import partial
from random import Random

import pytest

from orchestrator.reconcile.loop import Loop
from orchestrator.reconcile.loop_context import LoopContext
from orchestrator.reconcile.managed import Managed, OneAtATime
from orchestrator.reconcile.policy import Backoff, Policy
from orchestrator.reconcile.record import HISTORY, ConditionType, from_document, to_document
from orchestrator.reconcile.windows import Freeze, frozen
from tests.unit.reconcile.simulated import (
    Commit,
    Killed,
    Repository,
    SimulatedEngine,
    SimulatedWorkspace,
    VirtualClock,
    VirtualWorkers,
)

DAY = 86_400.0
HOUR = 3_600.0
QUIET = 6 * HOUR
"""Calm at the end of each stretch: longer than the longest back-off, freeze and fault together."""
PARALLEL = 3
SECTIONS = ("compute", "data", "environments", "models", "jobs")

POLICIES = {
    "plain": Policy(poll_s=120.0),
    "pruned": Policy(prune=True, max_deletions=4),
    "careful": Policy(prune=True, max_deletions=0),
    "observed": Policy(auto_apply=False),
    "lax": Policy(self_heal=False),
    "frozen": Policy(freezes=(Freeze(start=time(22), end=time(2), time_zone="Europe/Berlin", abort=True),)),
    "patient": Policy(debounce_s=900.0, backoff=Backoff(60.0, 7200.0)),
    "base": Policy(prune=True, poll_s=60.0),
    "upper": Policy(depends_on=("base",)),
    "top": Policy(depends_on=("upper", "plain"), prune=True, allow_empty=True),
}


@dataclass
class Story:
    """The world of one soak.

    Attributes:
        truth: what the repositories will want once every fault is over.
        seen: what happened, for the count at the end.
    """

    seed: int
    clock: VirtualClock = field(default_factory=VirtualClock)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.workers = VirtualWorkers(self.clock)
        self.policies = {
            name: replace(policy, interval_s=self.random.choice((900.0, 1200.0, 1800.0)), jitter_s=120.0)
            for name, policy in POLICIES.items()
        }
        self.repositories = {name: Repository(self.commit("0")) for name in POLICIES}
        self.workspaces = {name: SimulatedWorkspace(on_write=partial(self.written, name)) for name in POLICIES}
        self.known: set[str] = set()
        self.running: set[str] = set()
        self.most_running = 0
        self.set_at = 0.0
        self.loop = self.start()

    def start(self) -> Loop:
        """A new process: it knows nothing but what is in the workspaces."""
        self.engine = SimulatedEngine(
            self.repositories, self.workspaces, self.workers, self.random, step_s=120.0, flaky=0.03, known=self.known
        )
        projects = [
            Managed(name, OneAtATime(self.repositories[name]), policy) for name, policy in self.policies.items()
        ]
        around = LoopContext(
            self.engine, self.workers, self.clock, self.watch, parallel=PARALLEL, random=Random(self.seed)
        )
        loop = Loop(projects, around)
        loop.prepare()
        self.workers.turn = loop.round
        self.running.clear()
        return loop

    def watch(self, event: str, facts: object) -> None:
        assert isinstance(facts, dict)
        assert "exc_info" not in facts, facts
        if event == "pass.start":
            assert facts["project"] not in self.running, "two passes of one project"
            self.running.add(facts["project"])
            self.most_running = max(self.most_running, len(self.running))
        elif event == "pass.end":
            self.running.discard(facts["project"])
            self.seen[f"pass {facts['outcome']}"] += 1

    def written(self, name: str, address: str, value: str | None) -> None:
        """Every write must be allowed by the project's switches."""
        policy, commit = self.policies[name], self.repositories[name].fetched
        assert commit is not None
        assert policy.auto_apply
        if value is None:
            assert policy.prune, f"{name} does not prune"
            assert policy.max_deletions != 0
            assert commit.wants or policy.allow_empty, "pruned on an empty desired set"
        if self.clock.seconds - self.set_at > 300:
            assert frozen(policy.freezes, self.clock.now() - 300) is None or not self._frozen(name), "in a freeze"
        self.seen["writes"] += 1

    def _frozen(self, name: str) -> bool:
        return frozen(self.policies[name].freezes, self.clock.now()) is not None

    def commit(self, number: str) -> Commit:
        wants = {
            f"{self.random.choice(SECTIONS)}.r{self.random.randrange(12)}": str(self.random.randrange(1000))
            for _ in range(self.random.randrange(1, 9))
        }
        return Commit(number, wants)

    def push(self, name: str, number: int) -> None:
        """A commit; one in ten is broken in some way, and mended by a later one."""
        commit = self.commit(str(number))
        kind = self.random.randrange(40)
        if kind == 0:
            commit = replace(commit, broken=True)
        elif kind == 1:
            commit = replace(commit, refused=True)
        elif kind == 2:
            commit = replace(commit, failing=frozenset(list(commit.wants)[:1]))
        elif kind == 3:
            commit = replace(commit, wants={})
        if kind <= 3:
            self.workers.at(self.clock.seconds + 2 * HOUR * self.random.random(), partial(self.mend, name, number))
        self.seen["commits"] += 1
        self.repositories[name].head = commit

    def mend(self, name: str, number: int) -> None:
        if self.repositories[name].head.id == str(number):
            self.repositories[name].head = self.commit(f"{number}-mended")

    def drift(self, name: str) -> None:
        live = self.workspaces[name].live
        if live:
            address = self.random.choice(sorted(live))
            if self.random.random() < 0.3:
                del live[address]
            else:
                live[address] = f"hand {self.random.randrange(1000)}"
            self.seen["drift"] += 1

    def fault(self, name: str) -> None:
        kind = self.random.choice(("source", "branch", "workspace", "disk", "clock", "kill", "restless"))
        end = self.clock.seconds + 2 * HOUR * self.random.random()
        workspace, repository = self.workspaces[name], self.repositories[name]
        self.seen[f"fault {kind}"] += 1
        if kind == "source":
            self.window(end, repository, "down")
        elif kind == "branch":
            self.window(end, repository, "gone")
        elif kind == "workspace":
            self.window(end, workspace, "down")
        elif kind == "disk":
            self.window(end, workspace, "full")
        elif kind == "clock":
            self.set_at = self.clock.seconds
            self.clock.skew += self.random.choice((-1, 1)) * 900 * self.random.random()
        elif kind == "restless":
            self.loop.controls.suspend(name)
            self.workers.at(end, partial(self.resume, name))
        else:
            raise Killed

    def resume(self, name: str) -> None:
        """A person resumes a project, and again if a full disk forgot it: a kill would bring the rest back."""
        self.loop.controls.resume(name)
        if self.workspaces[name].note and json.loads(self.workspaces[name].note)["suspended"]:
            self.workers.at(self.clock.seconds + 600, partial(self.resume, name))

    def window(self, end: float, thing: object, flag: str) -> None:
        setattr(thing, flag, True)
        self.workers.at(end, lambda: setattr(thing, flag, False))

    def run_until(self, second: float) -> None:
        while self.clock.seconds < second:
            try:
                pause = self.loop.round()
                self.workers.wait(min(pause, second - self.clock.seconds))
                assert sum(workspace.sessions for workspace in self.workspaces.values()) <= PARALLEL
            except Killed:
                self.workers.drop()
                self.engine.close()
                self.loop = self.start()


def plan_story(story: Story, days: int, commits: int, disturbances: int) -> None:
    """Put everything that will happen on the calendar, but for the calm at the end of each day."""
    names = list(POLICIES)

    def moment() -> float:
        return story.random.randrange(days) * DAY + story.random.random() * (DAY - QUIET - 4 * HOUR)

    for number in range(1, commits + 1, 2):
        name, second = story.random.choice(names), moment()
        story.workers.at(second, partial(story.push, name, number))
        if story.random.random() < 0.5:  # the next commit comes while the first one is applied
            story.workers.at(second + 1500 * story.random.random(), partial(story.push, name, number + 1))
        else:
            story.workers.at(moment(), partial(story.push, story.random.choice(names), number + 1))
    for _ in range(disturbances):
        happening: Callable[[str], None] = story.drift if story.random.random() < 0.6 else story.fault
        story.workers.at(moment(), partial(happening, story.random.choice(names)))


def wrong(story: Story) -> Iterator[str]:
    """What is not as the switches want it, after a calm."""
    for name, policy in story.policies.items():
        workspace, wants = story.workspaces[name], story.repositories[name].head.wants
        record = from_document(json.loads(workspace.note))
        if json.dumps(to_document(record)) != workspace.note:
            yield f"{name}: the record does not survive"
        if len(record.history) > HISTORY:
            yield f"{name}: the history grows"
        differing = {address for address, value in wants.items() if workspace.live.get(address) != value}
        if policy.auto_apply and policy.self_heal and differing:
            yield f"{name}: {differing} not as wanted: {record.conditions}"
        if policy.auto_apply and policy.self_heal and not record.ready:
            yield f"{name}: not ready: {record.conditions}"
        if not policy.self_heal and differing - set(record.drift):
            yield f"{name}: {differing - set(record.drift)} neither applied nor reported as drift"
        if not policy.auto_apply and (workspace.applied or not record.pending):
            yield f"{name}: observe-only wrote, or shows nothing"
        if policy.prune and policy.max_deletions != 0 and not _kept(policy, workspace, wants):
            yield f"{name}: orphans {set(workspace.applied) - set(wants)}"
        stalled = record.condition(ConditionType.STALLED)
        if stalled is not None and stalled.status and stalled.reason != "DeletionsHeld":
            yield f"{name}: stalled: {stalled}"


def _kept(policy: Policy, workspace: SimulatedWorkspace, wants: object) -> bool:
    """Whether what left the spec is gone, or more than a pass may remove by itself."""
    assert isinstance(wants, dict)
    left = set(workspace.applied) - set(wants)
    return not left or (policy.max_deletions is not None and len(left) > policy.max_deletions)


@pytest.mark.parametrize("seed", [1])
def test_a_month_of_ten_projects(seed: int) -> None:
    story = Story(seed)
    days = 30
    plan_story(story, days, commits=500, disturbances=2000)
    sizes = []
    for day in range(1, days + 1):
        story.run_until(day * DAY)
        assert list(wrong(story)) == []
        if day in (10, 20, 30):
            gc.collect()
            sizes.append(len(gc.get_objects()) - 3 * len(story.workers.events))
    assert story.seen["commits"] == 500
    assert 1 < story.most_running <= PARALLEL
    assert story.seen["fault kill"] > 50
    for outcome in ("clean", "changed", "pending", "failed", "backed-off", "interrupted"):
        assert story.seen[f"pass {outcome}"], f"no pass was {outcome}: the story is too tame"
    assert sizes[2] - sizes[1] < 500, f"memory grows: {sizes}"
