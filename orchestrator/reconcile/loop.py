"""The loop: decides again and again what comes next, starts it, waits. Effects around the pure decisions of its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random

from orchestrator.core.ports import Clock
from orchestrator.reconcile.board import Board, Desk
from orchestrator.reconcile.conditions import after_pass
from orchestrator.reconcile.keeper import Keeper
from orchestrator.reconcile.managed import LONGEST_WAIT_S, Fleet, Managed
from orchestrator.reconcile.notices import notices_of
from orchestrator.reconcile.outcome import Outcome, PassFacts
from orchestrator.reconcile.passes import Control, Known, Pass, PassEnd, Watch
from orchestrator.reconcile.ports import Meter, Notifier, PassSummary, SourceError, Tracer
from orchestrator.reconcile.record import Record
from orchestrator.reconcile.schedule import decide_next, pause_after
from orchestrator.reconcile.stages import Engine, Workers
from orchestrator.reconcile.telemetry import NoTracer
from orchestrator.reconcile.windows import frozen

PATIENCE_S = 8.0
"""How long a loop that was told to hurry waits: an apply leaves its steps alone 5 seconds after it was told, and then writes down so."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the loop works with.

    Attributes:
        parallel: how many passes may run at once.
        watch: told of events, for logs.
    """

    engine: Engine
    workers: Workers
    clock: Clock
    watch: Watch
    parallel: int = 4
    notifier: Notifier | None = None
    meter: Meter | None = None
    tracer: Tracer = field(default_factory=NoTracer)
    random: Random = field(default_factory=Random)


class Loop:
    """Keeps projects equal to their specs.

    Args:
        projects: each with a name of its own.
        around: see `Surroundings`.

    Attributes:
        abandoned: the loop ended although a call into a workspace or to a source had not come back. Its threads are still there.
    """

    def __init__(self, projects: Iterable[Managed], around: Surroundings) -> None:
        self._fleet = Fleet(projects)
        self._projects = self._fleet.projects
        self._lock = self._fleet.lock
        self._around = around
        self._keeper = Keeper(around.engine, around.watch, around.notifier)
        self._stopping = ""
        self._hurried_at: float | None = None
        self.abandoned = False
        self._single = False

    @property
    def board(self) -> Board:
        """How everything is, for those who look."""
        return Board(self._fleet, self._around.clock)

    @property
    def desk(self) -> Desk:
        """Where people ask for a pass, a rest or its end."""
        return Desk(self._fleet, self._keeper, self._around.workers, self._around.clock)

    def prepare(self) -> None:
        """Take up what an earlier process left. Before the first round."""
        for project in self._projects.values():
            self._keeper.load(project)

    def run(self) -> None:
        """Go round until `stop`; running passes are drained before it returns."""
        self.prepare()
        while not self._stopping:
            self._around.workers.wait(self.round())
        self._drain()

    def once(self) -> Mapping[str, PassFacts]:
        """Let every project have its pass, in the order of their dependencies. A drift is looked at again after its debounce.

        Returns:
            The facts of each project's last pass. A project that waits for one that did not become ready has none.
        """
        self._single = True
        self.prepare()
        while not self._stopping:
            seconds = self.round()
            with self._lock:
                if all(self._concluded(project) for project in self._projects.values()):
                    break
            self._around.workers.wait(seconds)
        self._drain()
        return dict(self._fleet.ends)

    def stop(self, why: str = "the end of the loop") -> None:
        """Start nothing more. From any thread or signal handler; the second time running steps are not waited for."""
        if self._stopping and self._hurried_at is None:
            self._hurried_at = self._around.clock.monotonic()
        self._stopping = why
        self._around.workers.wake()

    def round(self) -> float:
        """Decide and start once. Returns for how many seconds nothing more is to be done unless something happens."""
        now = self._around.clock.monotonic()
        self._fleet.last_round = now
        if self._stopping:
            self._end_running()
            return 1.0
        with self._lock:
            self._watch_running()
            decision = decide_next([p.standing for p in self._projects.values()], now, self._around.parallel)
            for name in decision.start:
                self._start(self._projects[name], now)
            self._look_for_news(now)
            peeks = [p.peek_at for p in self._projects.values() if self._polls(p) and not p.peeking]
        wakes = [moment for moment in (decision.until, *peeks) if moment is not None]
        return max(0.0, min(LONGEST_WAIT_S, min(wakes, default=float("inf")) - now))

    def _drain(self) -> None:
        while self._end_running() and not self._past_patience():
            self._around.workers.wait(1.0)
        hurried = self._hurried_at is not None
        self.abandoned = not self._around.workers.close(
            0.0 if self._past_patience() else PATIENCE_S if hurried else None
        )
        if not self.abandoned:
            # What still works keeps the right to its project; the end of the process takes that from it.
            self._around.engine.close()

    def _past_patience(self) -> bool:
        return self._hurried_at is not None and self._around.clock.monotonic() - self._hurried_at > PATIENCE_S

    def _end_running(self) -> bool:
        """Tell running passes to end; whether there are any. Not done in `stop`, which may have interrupted anything."""
        controls = [control for project in self._projects.values() if (control := project.control) is not None]
        for control in controls:
            control.stop(self._stopping)
            if self._hurried_at is not None:
                control.cancel.abort()
        return bool(controls)

    def _concluded(self, project: Managed) -> bool:
        """Whether `once` has nothing more to wait for: it is over, or what it depends on did not become ready."""
        if project.control is not None:
            return False
        if project.due_at == float("inf") or project.standing.due_at == float("inf"):
            return True
        others = [self._projects[name] for name in project.policy.depends_on if name in self._projects]
        return any(self._concluded(other) and not other.standing.ready for other in others)

    def _start(self, project: Managed, now: float) -> None:
        control = project.control = Control()
        task = project.task()
        project.cause, project.asked, project.due_at = "interval", False, float("inf")
        project.peek_at = now + (project.policy.poll_s or project.policy.interval_s)
        around = self._around
        known = project.known

        def work() -> None:
            try:
                with around.tracer.span("pass", {"amlctl.project": task.project, "amlctl.cause": task.cause}):
                    end = Pass(task, known, around.engine, around.clock, control, around.watch).run()
                self._conclude(project, end)
            except Exception as error:
                around.watch("loop.defect", {"project": project.name, "exc_info": error})
                with self._lock:
                    project.control = None
                    project.due_at = around.clock.monotonic() + project.policy.interval_s
            around.workers.wake()

        around.workers.start(work)

    def _conclude(self, project: Managed, end: PassEnd) -> None:
        """Take up what a pass found: record, notices, measurements, the time of the next one."""
        facts = end.facts
        before = end.known.record
        after = after_pass(before, facts, project.policy.backoff) if facts.outcome.told else before
        after = replace(after, suspended=before.suspended if project.suspended is None else project.suspended)
        news = facts.standing_by_for != project.standby
        if project.passes == 0 and self._around.notifier is not None:
            self._around.notifier.restore(project.name, before.notified)
        with self._lock:
            now = self._around.clock.monotonic()
            project.known = _kept(end.known, after, facts, now, project)
            project.suspended = after.suspended
            project.standby = facts.standing_by_for
            project.newest = facts.revision.id if facts.revision else project.newest
            project.passes += 1 if facts.outcome is not Outcome.STANDING_BY else 0
            # Somebody resumed the project before its record could be read, which still says that it rests.
            resumed = facts.outcome is Outcome.SUSPENDED and not after.suspended
            wall, chance = self._around.clock.now(), self._around.random.random()
            pause = 0.0 if resumed else pause_after(facts, after.failures, project.policy, wall, chance)
            over = self._single and _finished(facts)
            project.due_at = float("inf") if over else min(project.due_at, now + pause)
            if project.cause == "interval" and facts.outcome is Outcome.FAILED:
                project.cause = "retry"
            self._fleet.ends[project.name] = facts
        if facts.outcome.told or resumed:
            self._keeper.save(project)
        if facts.outcome is not Outcome.STANDING_BY:
            self._tell(project, before, after, facts)
        elif news:
            self._around.watch("standing by", {"project": project.name, "for": facts.standing_by_for})
        if facts.revision is not None:
            project.source.keep([facts.revision.id])
        with self._lock:
            project.control = None

    def _tell(self, project: Managed, before: Record, after: Record, facts: PassFacts) -> None:
        """Tell logs, measurements and people. The record is kept by now, so that whoever hears of the pass finds it there."""
        trouble = facts.trouble or facts.source_trouble
        self._around.watch(
            "pass.end",
            {
                "pass_id": facts.pass_id,
                "project": project.name,
                "outcome": facts.outcome.value,
                "revision": facts.revision.id if facts.revision else "",
                "duration_s": round(facts.duration_s, 3),
                "changed": len(facts.done),
                "waiting": len(facts.waiting),
                "drift": list(facts.drift),
                "healed": list(facts.healed),
                **({"reason": trouble.reason, "message": trouble.message} if trouble else {}),
            },
        )
        if not facts.outcome.told:
            return
        if self._around.meter is not None:
            self._around.meter.passed(_summary(project.name, facts))
        if self._around.notifier is not None:
            for notice in notices_of(project.name, before, after, facts):
                self._around.notifier.notify(notice)

    def _polls(self, project: Managed) -> bool:
        """Whether to look for a newer revision between passes, or beside one that is running."""
        return not project.standby and (project.control is not None or project.policy.poll_s is not None)

    def _look_for_news(self, now: float) -> None:
        for project in self._projects.values():
            if self._polls(project) and not project.peeking and project.peek_at <= now:
                project.peeking = True
                project.peek_at = now + (project.policy.poll_s or project.policy.interval_s)
                self._around.workers.start(partial(self._peek, project))

    def _peek(self, project: Managed) -> None:
        try:
            newest = project.source.fetch().id
        except SourceError:
            newest = ""  # the next pass tells
        except Exception as error:
            newest = ""
            self._around.watch("loop.defect", {"project": project.name, "exc_info": error})
        with self._lock:
            project.peeking = False
            seen = (project.control.revision if project.control else "") or project.newest
            if newest and seen and newest != seen:
                project.newest = newest
                self._news(project, "new revision")
        # Without news as well: a round that finds a look under way does not know when the next one is due.
        self._around.workers.wake()

    def _news(self, project: Managed, cause: str) -> None:
        """A newer revision supersedes waiting on the old one: what runs ends between two steps, and the next pass follows."""
        if project.control is not None:
            project.control.stop("a newer revision")
        project.cause, project.asked = cause, True
        project.due_at = self._around.clock.monotonic()

    def _watch_running(self) -> None:
        for project in self._projects.values():
            window = frozen(project.policy.freezes, self._around.clock.now()) if project.control else None
            if window is not None and window.abort and project.control is not None:
                project.control.stop("a freeze")


def _finished(facts: PassFacts) -> bool:
    """Whether `once` is content: nothing is left that another look within moments would settle."""
    return facts.outcome is not Outcome.INTERRUPTED and facts.retry_in_s is None


def _kept(known: Known, after: Record, facts: PassFacts, now: float, project: Managed) -> Known:
    if facts.outcome is Outcome.STANDING_BY:
        return Known()
    retry_at = known.retry_at
    if facts.outcome is Outcome.FAILED:
        retry_at = now + project.policy.backoff.delay(after.failures)
    return replace(known, record=after, retry_at=retry_at)


def _summary(name: str, facts: PassFacts) -> PassSummary:
    resources: dict[str, int] = {}
    for outcome in facts.done.values():
        resources[outcome] = resources.get(outcome, 0) + 1
    if facts.failures:
        resources["failed"] = len(facts.failures)
    return PassSummary(
        name,
        facts.outcome.value,
        facts.duration_s,
        facts.started_at + facts.duration_s,
        len(facts.drift),
        len(facts.healed),
        len(facts.waiting),
        resources,
    )
