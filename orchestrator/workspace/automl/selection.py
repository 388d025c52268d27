"""Choosing the model: on little data the top few are scored again, and the simpler of equals wins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .metrics import Metric
from .pool import Lost, Pool
from .problem import Evaluate, TrialOutcome

FEW_ROWS = 1_000
_FINALISTS = 5
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The chosen trial's outcome, with ``why`` and each finalist's score on other splits, by trial number."""

    outcome: TrialOutcome
    why: str
    rescored: dict[int, float]


def ranked(outcomes: Sequence[TrialOutcome], metric: Metric) -> list[TrialOutcome]:
    """The outcomes that have a score, best first; the earlier trial first among equals."""
    scored = [each for each in outcomes if not math.isnan(each.scores.get(metric.name, math.nan))]
    return sorted(scored, key=lambda each: (metric.loss(each.scores[metric.name]), each.candidate.number))


def finalists(best_first: Sequence[TrialOutcome]) -> list[TrialOutcome]:
    """At most five: the best three, then the best of the learners that are not among them."""
    chosen = list(best_first[:3])
    for outcome in best_first[3:]:
        if outcome.candidate.learner.name not in {each.candidate.learner.name for each in chosen}:
            chosen.append(outcome)
    return chosen[:_FINALISTS]


def choose(
    pool: Pool, best_first: Sequence[TrialOutcome], metric: Metric, rows: int, deadline: float, *, again: bool
) -> ModelChoice:
    """The model to keep.

    With fewer than 1,000 rows the finalists are scored by repeated cross-validation on splits that the search has not
    seen, and the simplest within one standard error of the best is taken: the best of many trials on few rows is
    partly luck.

    Args:
        pool: with no task running.
        best_first: scored outcomes.
        metric: the primary one.
        rows: of the table.
        deadline: on the monotonic clock; past it the search's own order decides.
        again: whether the finalists may be scored on other splits.
    """
    top = best_first[0]
    if not again or rows >= FEW_ROWS or len(best_first) == 1:
        return ModelChoice(top, "best score of the search", {})
    rescored = _rescore(pool, finalists(best_first), deadline)
    if not rescored:
        return ModelChoice(top, "best score of the search; no time was left to score it again", {})
    return settle(rescored, metric)


def settle(again: Sequence[TrialOutcome], metric: Metric) -> ModelChoice:
    """The simplest of the rescored outcomes within one standard error of the best."""
    order = ranked(again, metric)
    best = order[0]
    folds = np.asarray([fold for fold in best.folds if not math.isnan(fold)])
    error = float(folds.std(ddof=1) / math.sqrt(len(folds))) if len(folds) > 1 else 0.0
    bound = metric.loss(best.scores[metric.name]) + error
    near = [each for each in order if metric.loss(each.scores[metric.name]) <= bound]
    simplest = min(near, key=lambda each: (each.candidate.learner.simplicity, metric.loss(each.scores[metric.name])))
    scores = {each.candidate.number: each.scores[metric.name] for each in order}
    why = (
        "best on other splits" if simplest is best else "simplest within one standard error of the best on other splits"
    )
    return ModelChoice(simplest, why, scores)


def _rescore(pool: Pool, top: Sequence[TrialOutcome], deadline: float) -> list[TrialOutcome]:
    todo = [outcome.candidate for outcome in top]
    done: dict[int, TrialOutcome] = {}
    while todo or pool.busy:
        while todo and pool.free:
            candidate = todo.pop(0)
            pool.submit(candidate.number, Evaluate(candidate, repeats=_REPEATS), deadline)
        for number, answer in pool.answers():
            if isinstance(answer, Lost):
                pool.abandon()
                return []
            if not answer.failure:
                done[number] = answer
    return [done[number] for number in sorted(done)]
