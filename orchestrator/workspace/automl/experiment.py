"""The search as a whole: trials side by side, outcomes taken in the order of the trials, and when to stop."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .metrics import Metric
from .pool import Lost, Pool
from .problem import Candidate, Evaluate, TrialOutcome
from .search import Search
from .settings import Limits

# Early termination. Source: learn.microsoft.com/azure/machine-learning/how-to-configure-auto-train (20 landmarks, then
# a window of 10 trials without improvement).
_LANDMARKS = 20
_WINDOW = 10

Listener = Callable[[TrialOutcome, "Progress"], None]


@dataclass(slots=True)
class Progress:
    """How far the search is: trials taken, and the best outcome with the number of the trial that gave it."""

    metric: Metric
    taken: int = 0
    best: TrialOutcome | None = None

    @property
    def best_score(self) -> float | None:
        """The best primary metric so far."""
        return None if self.best is None else self.best.scores[self.metric.name]

    def take(self, outcome: TrialOutcome) -> None:
        """Count an outcome."""
        self.taken += 1
        score = outcome.scores.get(self.metric.name, float("nan"))
        if self.metric.better(score, self.best_score):
            self.best = outcome


class Experiment:
    """Runs trials until a limit is reached.

    A trial is proposed when all but the last ``limits.max_concurrent - 1`` outcomes have been taken, and outcomes are
    taken in trial order, so what is tried does not depend on which worker is faster.
    """

    def __init__(self, search: Search, limits: Limits, metric: Metric, listener: Listener) -> None:
        self._search, self._limits, self._listener = search, limits, listener
        self._outcomes: list[TrialOutcome] = []
        self._queue: deque[Candidate] = deque()
        self._running: dict[int, Candidate] = {}
        self._early: dict[int, TrialOutcome] = {}
        self._proposed = 0
        self._progress = Progress(metric)
        self._floor = max(_LANDMARKS, search.landmarks)
        self.reason = ""

    def run(self, pool: Pool, deadline: float) -> list[TrialOutcome]:
        """All outcomes, in trial order.

        Args:
            pool: of workers that know the problem.
            deadline: on the monotonic clock; trials still running then are stopped and do not count.
        """
        self._propose()
        while self._queue or self._running:
            self._launch(pool, deadline)
            for number, answer in pool.answers():
                candidate = self._running.pop(number)
                if isinstance(answer, Lost) and time.monotonic() >= deadline:
                    self.reason = "the time limit is reached"
                    return self._outcomes
                lost = isinstance(answer, Lost)
                self._early[number] = TrialOutcome(candidate, {}, (), 0.0, f"it {answer.reason}") if lost else answer
            self._take()
            if self.reason:
                return self._outcomes
        self.reason = "there is nothing new to try"
        return self._outcomes

    def _propose(self) -> None:
        while len(self._queue) + len(self._running) + len(self._early) < self._limits.max_concurrent:
            if self._proposed >= self._limits.max_trials or (candidate := self._search.ask()) is None:
                return
            self._proposed += 1
            self._queue.append(candidate)

    def _launch(self, pool: Pool, deadline: float) -> None:
        while pool.free and self._queue:
            candidate = self._queue.popleft()
            self._running[candidate.number] = candidate
            own = self._limits.trial_timeout_s
            end = deadline if own is None else min(deadline, time.monotonic() + own)
            pool.submit(candidate.number, Evaluate(candidate), end)

    def _take(self) -> None:
        while (number := self._progress.taken + 1) in self._early and not self.reason:
            outcome = self._early.pop(number)
            self._outcomes.append(outcome)
            self._progress.take(outcome)
            self._search.tell(outcome)
            self._listener(outcome, self._progress)
            self.reason = self._finished()
            self._propose()

    def _finished(self) -> str:
        progress, limits = self._progress, self._limits
        if progress.taken >= limits.max_trials:
            return "max_trials is reached"
        best, score = progress.best, progress.best_score
        if best is None or score is None:
            return ""
        if limits.exit_score is not None and not progress.metric.better(limits.exit_score, score):
            return "exit_score is reached"
        idle = progress.taken - max(best.candidate.number, self._floor)
        if limits.early and idle >= _WINDOW:
            return f"the best score has not improved in {progress.taken - best.candidate.number} trials"
        return ""
