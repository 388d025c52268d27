"""Walk over steps in parallel, in order, journalled.

One thread, the caller's, keeps the order and writes the state; a pool does the steps. Whatever comes back while a sync is under way
shares the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from orchestrator.core import run
from orchestrator.core.run import Event, EventKind, Outcome, Step, StepResult
from orchestrator.core.state import Intent, StateStore
from orchestrator.execution.finished import Finished
from orchestrator.execution.options import ApplyOptions
from orchestrator.execution.pool import Completed, WorkerPool
from orchestrator.execution.steps import STOPPED, StepRunner

CHUNK = 256
"""How many intents share one sync at most."""

REFILL = 128
"""New intents are written once fewer steps than this are under way: enough to keep a pool busy during a sync, few enough that a
crash leaves few intents open."""

_POLL_S = 0.25
"""How often to look whether somebody wants to stop, while nothing comes back."""

_WHY = {Outcome.CANCELLED: "was stopped", Outcome.LEFT_RUNNING: "was left running"}


class Walk:
    """One walk over the steps of an apply.

    Args:
        steps: each after those it must wait for.
        intent: what to journal before a step.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        runner: StepRunner,
        store: StateStore,
        intent: Callable[[Step], Intent],
        options: ApplyOptions,
    ) -> None:
        self._runner = runner
        self._store = store
        self._intent = intent
        self._options = options
        self._steps = {step.id: step for step in steps}
        self._waiting = {step.id: len(step.after) for step in steps}
        self._followers: dict[str, list[Step]] = {}
        for step in steps:
            for earlier in step.after:
                self._followers.setdefault(earlier, []).append(step)
        self._ready = deque(step for step in steps if not step.after)
        self._parked: dict[str, deque[Step]] = {}
        self._under_way: dict[str, Step] = {}
        self._results: dict[str, StepResult] = {}
        self._crash: Exception | None = None
        self._store_failed = False
        self._abort_at: float | None = None

    def run(self) -> list[tuple[Step, StepResult]]:
        """Do all steps that can be done.

        Returns:
            The result of each step, in the order of the steps.

        Raises:
            StateError: the state could not be written. What ran was waited for.
        """
        size = max(1, min(self._options.parallelism, len(self._steps)))
        pool: WorkerPool[Step, Finished] = WorkerPool(size, self._runner.run)
        try:
            while True:
                self._start(pool)
                if not self._under_way or self._past_grace():
                    break
                self._collect(pool.completed(_POLL_S))
        finally:
            pool.shut_down()
        if self._crash is not None:
            raise self._crash
        self._close_rest()
        return [(step, self._results[step.id]) for step in self._steps.values()]

    def _start(self, pool: WorkerPool[Step, Finished]) -> None:
        """Journal what is ready, then hand it over."""
        while self._ready and len(self._under_way) < REFILL and not self._stopping():
            chunk = list(islice(self._startable(), CHUNK))
            if not chunk:
                return
            try:
                self._store.intend([self._intent(step) for step in chunk])
            except Exception as error:
                self._store_failed = True
                self._note(error)
                for step in chunk:
                    del self._under_way[step.id]
                return
            for step in chunk:
                pool.submit(step)

    def _startable(self) -> Iterable[Step]:
        """Ready steps whose queue is free. A step of a busy queue is parked until its turn."""
        while self._ready:
            step = self._ready.popleft()
            if step.queue and step.queue in self._parked:
                self._parked[step.queue].append(step)
                continue
            if step.queue:
                self._parked[step.queue] = deque()
            self._under_way[step.id] = step
            yield step

    def _collect(self, finished: list[Completed[Step, Finished]]) -> None:
        """Make outcomes durable, then let go of what waited for them."""
        for completed in finished:
            del self._under_way[completed.work.id]
            if completed.error is not None:
                self._note(completed.error)
        done = [completed.result for completed in finished if completed.result is not None]
        if not done or self._store_failed:
            return
        try:
            self._store.settle_all([each.change for each in done])
        except Exception as error:
            self._store_failed = True
            self._note(error)
            return
        for each in done:
            self._conclude(each.step, each.result)

    def _conclude(self, step: Step, result: StepResult) -> None:
        self._results[step.id] = result
        self._options.listener(Event(kind=EventKind.FINISHED, address=step.address, verb=step.verb, result=result))
        if step.queue:
            self._ready.extendleft(reversed(self._parked.pop(step.queue)))
        if not result.good:
            self._skip_followers(step, result)
            return
        for follower in self._followers.get(step.id, ()):
            self._waiting[follower.id] -= 1
            if not self._waiting[follower.id] and follower.id not in self._results:
                self._ready.append(follower)

    def _skip_followers(self, culprit: Step, result: StepResult) -> None:
        """Everything that waits for a step that went wrong, directly or not, never starts."""
        cancelled = result.outcome in run.STOPPED
        outcome = Outcome.CANCELLED if cancelled else Outcome.SKIPPED
        why = f"Not started because {culprit.address} {_WHY.get(result.outcome, 'failed')}."
        doomed = deque(self._followers.get(culprit.id, ()))
        while doomed:
            step = doomed.popleft()
            if step.id not in self._results:
                skipped = self._runner.not_started(step, outcome, why).result
                self._results[step.id] = skipped
                self._options.listener(
                    Event(kind=EventKind.FINISHED, address=step.address, verb=step.verb, result=skipped)
                )
                doomed.extend(self._followers.get(step.id, ()))

    def _close_rest(self) -> None:
        """After a stop: what never started, and what was left alone by an abort."""
        for step in self._steps.values():
            if step.id not in self._results:
                going_on = step.id in self._under_way
                why = "It continues in the workspace; the next apply resumes it." if going_on else STOPPED
                outcome = Outcome.LEFT_RUNNING if going_on else Outcome.CANCELLED
                self._results[step.id] = self._runner.not_started(step, outcome, why).result

    def _stopping(self) -> bool:
        return self._crash is not None or self._options.cancel.draining

    def _past_grace(self) -> bool:
        """Whether an abort came so long ago that calls under way are left alone."""
        if not self._options.cancel.aborted:
            return False
        now = self._options.clock.monotonic()
        if self._abort_at is None:
            self._abort_at = now
        return now - self._abort_at > self._options.abort_grace_s

    def _note(self, error: BaseException) -> None:
        """Start nothing new after the first error that is no result of a step; it is raised once what runs has come back."""
        if not isinstance(error, Exception):
            raise error
        self._crash = self._crash or error
