"""The order of trials, when the search stops, and which model is kept: on outcomes made up here, without processes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestrator.workspace.automl.experiment import Experiment
from orchestrator.workspace.automl.learners import choose
from orchestrator.workspace.automl.metrics import Metric
from orchestrator.workspace.automl.pool import Lost
from orchestrator.workspace.automl.problem import Candidate, Evaluate, TrialOutcome
from orchestrator.workspace.automl.search import Search
from orchestrator.workspace.automl.selection import finalists, ranked, settle
from orchestrator.workspace.automl.settings import Algorithms, Limits

AUC = Metric("AUC_weighted", maximise=True)
Score = Callable[[Candidate], float]


class Desk:
    """Answers like a pool, newest task first, so that order of arrival differs from order of trials."""

    def __init__(self, seats: int, score: Score) -> None:
        self._seats, self._score = seats, score
        self._tasks: list[tuple[int, Evaluate]] = []

    @property
    def free(self) -> int:
        return self._seats - len(self._tasks)

    def submit(self, key: int, task: Evaluate, deadline: float) -> None:
        self._tasks.append((key, task))

    def answers(self) -> Iterator[tuple[int, Any]]:
        key, task = self._tasks.pop()
        score = self._score(task.candidate)
        yield key, Lost("ran out of time") if math.isinf(score) else outcome(task.candidate, score)


def outcome(candidate: Candidate, score: float, folds: tuple[float, ...] = ()) -> TrialOutcome:
    return TrialOutcome(candidate, {"AUC_weighted": score}, folds or (score,), 0.1)


def run(
    limits: Limits, score: Score, *, seats: int = 1, allowed: tuple[str, ...] = ()
) -> tuple[list[TrialOutcome], str]:
    learners = choose("classification", Algorithms(allowed=allowed), 300, weighted=False)
    search = Search("classification", learners, AUC, (300, 12), seed=7)
    experiment = Experiment(search, limits, AUC, lambda *_: None)
    outcomes = experiment.run(Desk(seats, score), math.inf)  # type: ignore[arg-type]
    return outcomes, experiment.reason


def by_parameters(candidate: Candidate) -> float:
    """A score that depends on what is tried only."""
    text = f"{candidate.learner.name}{sorted(candidate.parameters.items())}"
    return 0.5 + (sum(map(ord, text)) % 1000) / 2000


def test_the_same_content_tries_the_same_whatever_the_number_of_workers() -> None:
    limits = Limits(max_trials=45, max_concurrent=3, early=False)
    tried = [
        [(o.candidate.learner.name, o.candidate.parameters) for o in run(limits, by_parameters, seats=n)[0]]
        for n in (1, 2, 3)
    ]
    assert tried[0] == tried[1] == tried[2]
    assert len(tried[0]) == 45


def test_outcomes_come_in_the_order_of_trials() -> None:
    outcomes, reason = run(Limits(max_trials=12, max_concurrent=4), by_parameters, seats=4)
    assert [each.candidate.number for each in outcomes] == list(range(1, 13))
    assert reason == "max_trials is reached"


def test_every_learner_is_tried_before_the_search_begins() -> None:
    outcomes, _ = run(Limits(max_trials=25, max_concurrent=1, early=False), by_parameters)
    first = [each for each in outcomes if each.candidate.origin == "known setting"]
    assert {each.candidate.learner.name for each in first} == {
        learner.name for learner in choose("classification", Algorithms(), 300, weighted=False)
    }
    assert [each.candidate.number for each in first] == list(range(1, len(first) + 1))


def test_early_termination_waits_for_twenty_trials_and_a_window_of_ten() -> None:
    outcomes, reason = run(Limits(max_concurrent=1), lambda candidate: 0.9 if candidate.number == 1 else 0.5)
    assert len(outcomes) == 30
    assert "not improved" in reason


def test_an_improvement_prolongs_the_search() -> None:
    outcomes, _ = run(Limits(max_concurrent=1), lambda candidate: 0.9 if candidate.number == 28 else 0.5)
    assert len(outcomes) == 38


def test_exit_score_ends_the_search() -> None:
    limits = Limits(max_concurrent=1, exit_score=0.8)
    outcomes, reason = run(limits, lambda candidate: 0.8 if candidate.number == 4 else 0.5)
    assert (len(outcomes), reason) == (4, "exit_score is reached")


def test_a_trial_that_runs_out_of_time_is_a_failed_one() -> None:
    outcomes, _ = run(Limits(max_trials=3), lambda candidate: math.inf if candidate.number == 2 else 0.5)
    assert [each.failure for each in outcomes] == ["", "it ran out of time", ""]


def test_a_search_that_knows_no_more_ends() -> None:
    outcomes, reason = run(Limits(max_concurrent=2, early=False, max_trials=400), lambda _: 0.5, allowed=("KNN",))
    assert reason == "there is nothing new to try"
    assert len({repr(each.candidate.parameters) for each in outcomes}) > 5


@pytest.fixture
def candidates() -> dict[str, Candidate]:
    learners = choose("classification", Algorithms(), 300, weighted=False)
    return {learner.name: Candidate(number, learner, {}, "search") for number, learner in enumerate(learners, 1)}


def test_the_simplest_within_one_standard_error_is_kept(candidates: dict[str, Candidate]) -> None:
    boosted = outcome(candidates["LightGBM"], 0.85, (0.80, 0.85, 0.90))
    plain = outcome(candidates["LogisticRegression"], 0.84, (0.84, 0.84, 0.84))
    worse = outcome(candidates["DecisionTree"], 0.70, (0.70, 0.70, 0.70))
    choice = settle([boosted, plain, worse], AUC)
    assert choice.outcome is plain
    assert choice.rescored[boosted.candidate.number] == 0.85


def test_a_clear_winner_is_kept_though_it_is_not_simple(candidates: dict[str, Candidate]) -> None:
    boosted = outcome(candidates["LightGBM"], 0.95, (0.94, 0.95, 0.96))
    plain = outcome(candidates["LogisticRegression"], 0.84, (0.84, 0.84, 0.84))
    assert settle([plain, boosted], AUC).outcome is boosted


def test_finalists_are_of_several_learners(candidates: dict[str, Candidate]) -> None:
    forest = [
        outcome(Candidate(n, candidates["RandomForest"].learner, {}, "search"), 0.9 - n / 1000) for n in range(1, 7)
    ]
    others = [outcome(candidates[name], 0.8) for name in ("SVM", "KNN", "SGD")]
    names = [each.candidate.learner.name for each in finalists(ranked([*others, *forest], AUC))]
    assert names.count("RandomForest") == 3
    assert len(names) == 5


def test_undefined_scores_are_not_ranked(candidates: dict[str, Candidate]) -> None:
    assert ranked([outcome(candidates["SVM"], math.nan)], AUC) == []
