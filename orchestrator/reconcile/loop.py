"""The loop: decides again and again what comes next, starts it, waits. Effects around the pure decisions of its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.reconcile.fleet_view import LiveControls, LiveFleetStatus
from orchestrator.reconcile.followup import FollowUp
from orchestrator.reconcile.keeper import Keeper
from orchestrator.reconcile.loop_context import LoopContext
from orchestrator.reconcile.managed import LONGEST_WAIT_S, Fleet, Managed
from orchestrator.reconcile.outcome import PassFacts
from orchestrator.reconcile.passes import Pass
from orchestrator.reconcile.polling import Polling, next_poll
from orchestrator.reconcile.ports import Revision
from orchestrator.reconcile.schedule import decide_next
from orchestrator.reconcile.task import Control
from orchestrator.reconcile.windows import frozen

PATIENCE_S = 8.0
"""How long a loop that was told to hurry waits: an apply leaves its steps alone 5 seconds after it was told, and then writes down so."""


class Loop:
    """Keeps projects equal to their specs.

    Args:
        projects: each with a name of its own.
        context: see `LoopContext`.

    Attributes:
        abandoned: the loop ended although a call into a workspace or to a source had not come back. Its threads are still there.
    """

    def __init__(self, projects: Iterable[Managed], context: LoopContext) -> None:
        self._fleet = Fleet(projects)
        self._projects = self._fleet.projects
        self._lock = self._fleet.lock
        self._context = context
        self._keeper = Keeper(context.engine, context.watch, context.notifier)
        self._follow_up = FollowUp(self._fleet, self._keeper, context)
        self._polling = Polling(self._fleet, context)
        self._stopping = ""
        self._hurried_at: float | None = None
        self.abandoned = False
        self._single = False

    @property
    def fleet_status(self) -> LiveFleetStatus:
        """How everything is, for those who look."""
        return LiveFleetStatus(self._fleet, self._context.clock)

    @property
    def controls(self) -> LiveControls:
        """Where people ask for a pass, a rest or its end."""
        return LiveControls(self._fleet, self._keeper, self._context.workers, self._context.clock)

    def revision(self, project: str) -> Revision | None:
        """What the last pass of a project saw; None before it, and where the source has it no more."""
        managed, end = self._projects[project], self._fleet.ends.get(project)
        seen = (managed.newest, end.revision.id if end is not None and end.revision is not None else "")
        return next((found for each in seen if each and (found := managed.source.recall(each)) is not None), None)

    def prepare(self) -> None:
        """Take up what an earlier process left. Before the first round."""
        for project in self._projects.values():
            self._keeper.load(project)

    def run(self) -> None:
        """Go round until `stop`; running passes are drained before it returns."""
        self.prepare()
        while not self._stopping:
            self._context.workers.wait(self.round())
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
            self._context.workers.wait(seconds)
        self._drain()
        return dict(self._fleet.ends)

    def stop(self, why: str = "the end of the loop") -> None:
        """Start nothing more. From any thread or signal handler; the second time running steps are not waited for."""
        if self._stopping and self._hurried_at is None:
            self._hurried_at = self._context.clock.monotonic()
        self._stopping = why
        self._context.workers.wake()

    def round(self) -> float:
        """Decide and start once. Returns for how many seconds nothing more is to be done unless something happens."""
        now = self._context.clock.monotonic()
        self._fleet.last_round = now
        if self._stopping:
            self._end_running()
            return 1.0
        with self._lock:
            self._watch_running()
            decision = decide_next([p.schedule for p in self._projects.values()], now, self._context.parallel)
            for name in decision.start:
                self._start(self._projects[name], now)
            next_poll_at = self._polling.start_due(now)
        wakes = [moment for moment in (decision.until, next_poll_at) if moment is not None]
        return max(0.0, min(LONGEST_WAIT_S, min(wakes, default=float("inf")) - now))

    def _drain(self) -> None:
        while self._end_running() and not self._past_patience():
            self._context.workers.wait(1.0)
        hurried = self._hurried_at is not None
        self.abandoned = not self._context.workers.close(
            0.0 if self._past_patience() else PATIENCE_S if hurried else None
        )
        if not self.abandoned:
            # What still works keeps the right to its project; the end of the process takes that from it.
            self._context.engine.close()

    def _past_patience(self) -> bool:
        return self._hurried_at is not None and self._context.clock.monotonic() - self._hurried_at > PATIENCE_S

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
        if project.due_at == float("inf") or project.schedule.due_at == float("inf"):
            return True
        others = [self._projects[name] for name in project.policy.depends_on if name in self._projects]
        return any(self._concluded(other) and not other.schedule.ready for other in others)

    def _start(self, project: Managed, now: float) -> None:
        control = project.control = Control()
        task = project.task()
        project.cause, project.asked, project.due_at = "interval", False, float("inf")
        project.poll_at = next_poll(project, now)
        context = self._context
        known = project.known

        def work() -> None:
            try:
                with context.tracer.span("pass", {"amlctl.project": task.project, "amlctl.cause": task.cause}):
                    end = Pass(task, known, context.engine, context.clock, control, context.watch).run()
                self._follow_up.take_up(project, end, once=self._single)
            except Exception as error:
                context.watch("loop.defect", {"project": project.name, "exc_info": error})
                with self._lock:
                    project.control = None
                    project.due_at = context.clock.monotonic() + project.policy.interval_s
            context.workers.wake()

        context.workers.start(work)

    def _watch_running(self) -> None:
        for project in self._projects.values():
            window = frozen(project.policy.freezes, self._context.clock.now()) if project.control else None
            if window is not None and window.abort and project.control is not None:
                project.control.stop("a freeze")
