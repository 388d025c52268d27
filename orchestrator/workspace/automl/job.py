"""An AutoML job from its folder to its model."""

from __future__ import annotations

import json
import math
import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.deep_learning import is_deep

from .artefact import save_model
from .curves import FILE as CURVES
from .curves import write_curves
from .data import read_table
from .experiment import Experiment, Progress
from .forecasting.problem import ForecastProblem, make_forecast_problem
from .foreseen import FORECASTING_REFUSED
from .learners import choose as choose_learners
from .pool import Lost, Pool, cores, warm_up
from .preparation import make_problem
from .problem import Fit, Problem, TrialOutcome
from .refusal import JobRefused
from .results import Result, write_result
from .search import Search
from .selection import ModelChoice, choose, ranked
from .settings import Settings, read_settings
from .testing import check_test_table, test_scores
from .tracking import TrialTracking
from .unsupported import notes

Say = Callable[[str], None]
# The share of the time limit that is kept for scoring the finalists again and fitting the winner.
_RESERVE = 0.15
_LAST_WRITES_S = 30.0


@dataclass(frozen=True, slots=True)
class JobFolder:
    """What ``run.json`` says: where the tables are and where the model goes."""

    folder: Path
    body: Mapping[str, Any]
    inputs: Mapping[str, str]
    model: Path


def read_folder(folder: Path) -> JobFolder:
    """The job that a folder's ``run.json`` describes.

    Raises:
        JobRefused: it has no training data.
    """
    text = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    inputs = {name: str(value) for name, value in (text.get("inputs") or {}).items()}
    if "training_data" not in inputs:
        raise JobRefused("training_data is missing: say which table to learn from.")
    outputs = text.get("outputs") or {}
    model = Path(outputs.get("best_model") or folder / "outputs" / "best_model")
    return JobFolder(folder, text["body"], inputs, model)


def run(job: JobFolder, say: Say) -> None:
    """Search, choose, fit and save.

    Args:
        job: what to do.
        say: takes one line for the log.

    Raises:
        JobRefused: the job cannot be done as it is asked for.
    """
    if is_deep(str(job.body.get("task"))):
        from .deep.job import Place, run_deep  # its libraries are an extra

        run_deep(Place(job.folder, job.body, job.inputs, job.model), say)
        return
    began = time.monotonic()
    settings = read_settings(job.body)
    for note in notes(job.body):
        say(note)
    warm_up()
    deadline = began + settings.limits.timeout_s
    tables = {name: read_table(Path(path), name) for name, path in job.inputs.items() if name.endswith("_data")}
    problem = _problem(settings, tables, say)
    size = min(settings.limits.max_concurrent, cores())
    with Pool(pickle.dumps(problem), size) as pool, TrialTracking(say) as tracking:
        outcomes = _search(settings, problem, pool, tracking, deadline, say)
        choice = _choose(settings, problem, pool, outcomes, deadline)
        winner = next(each for each in outcomes if each.candidate.number == choice.outcome.candidate.number)
        say(f"Best model: trial {winner.candidate.number}, {winner.candidate.learner.name} ({choice.why}).")
        model = _fitted(pool, winner)
        save_model(model, problem, winner.candidate.learner.estimator, job.model)
        tested = _tested(settings, problem, tables.get("test_data"), model, say)
        figures = {**winner.scores, **{f"test_{name}": value for name, value in tested.items()}}
        tracking.best(winner.candidate.number, job.model)
        tracking.parent(figures, {"best_trial": str(winner.candidate.number)})
        tracking.drain(timeout_s=_LAST_WRITES_S)
        result = Result(settings.metric, outcomes, winner, choice.rescored, tested, dict(tracking.children))
        write_result(job.folder, result)
        if time.monotonic() + winner.seconds < deadline:
            _draw(job.folder, problem, model, settings.target, tables.get("test_data"), say)
    spent = time.monotonic() - began
    say(f"{settings.metric.name} {result.best_score:.4f} after {len(outcomes)} trials in {spent:.1f} s.")


def _draw(folder: Path, problem: Problem | ForecastProblem, model: Any, target: str, test: Any, say: Say) -> None:
    """Write what pictures of the model are made from. The job does not hang on it."""
    try:
        write_curves(folder / "outputs" / CURVES, problem, model, (target, test) if test is not None else None)
    except Exception as error:
        say(f"No curves are written: {' '.join(str(error).split())[:200] or type(error).__name__}.")


def _problem(settings: Settings, tables: Mapping[str, Any], say: Say) -> Problem | ForecastProblem:
    problem = _stated(settings, tables, say)
    if "test_data" in tables:
        check_test_table(problem, settings.target, tables["test_data"])
    return problem


def _stated(settings: Settings, tables: Mapping[str, Any], say: Say) -> Problem | ForecastProblem:
    if settings.task != "forecasting":
        problem = make_problem(settings, tables["training_data"], tables.get("validation_data"), say)
        _describe(problem, say)
        return problem
    if "validation_data" in tables:
        raise JobRefused(FORECASTING_REFUSED["validation_data"])
    return make_forecast_problem(settings, tables["training_data"], say)


def _describe(problem: Problem, say: Say) -> None:
    what = f"classes {', '.join(map(str, problem.classes[:10]))}" if problem.classes else "a number"
    held = problem.held_out
    how = f"{problem.folds}-fold cross-validation" if held is None else f"{len(held)} held-out rows"
    say(f"{len(problem.target)} rows, {len(problem.roles.features)} features, {what}; scored by {how}.")


def _search(
    settings: Settings,
    problem: Problem | ForecastProblem,
    pool: Pool,
    tracking: TrialTracking,
    deadline: float,
    say: Say,
) -> list[TrialOutcome]:
    rows = len(problem.target)
    learners = choose_learners(settings.task, settings.algorithms, rows, weighted=settings.weight is not None)
    search = Search(settings.task, learners, settings.metric, problem.features.shape, problem.seed)

    def listen(outcome: TrialOutcome, progress: Progress) -> None:
        say(trial_line(outcome, progress))
        tracking.trial(outcome)

    experiment = Experiment(search, settings.limits, settings.metric, listen)
    reserve = _RESERVE * settings.limits.timeout_s
    outcomes = experiment.run(pool, deadline - reserve)
    pool.abandon()
    say(f"The search ends: {experiment.reason}.")
    return outcomes


def trial_line(outcome: TrialOutcome, progress: Progress) -> str:
    """One trial for the log."""
    name, metric = outcome.candidate.learner.name, progress.metric.name
    head = f"trial {outcome.candidate.number:<3} {name:<22}"
    if outcome.failure:
        return f"{head} failed: {outcome.failure}"
    best = progress.best_score
    known = "" if best is None else f" (best {best:.4f})"
    return f"{head} {metric} {outcome.scores[metric]:.4f}{known}  {outcome.seconds:.1f} s"


def _choose(
    settings: Settings, problem: Problem | ForecastProblem, pool: Pool, outcomes: list[TrialOutcome], deadline: float
) -> ModelChoice:
    best_first = ranked(outcomes, settings.metric)
    if not best_first:
        raise JobRefused(_nothing(outcomes))
    again = isinstance(problem, Problem) and problem.held_out is None
    return choose(pool, best_first, settings.metric, len(problem.target), deadline, again=again)


def _nothing(outcomes: list[TrialOutcome]) -> str:
    if not outcomes:
        return "No trial finished within timeout_minutes: allow more time."
    return f"No trial gave a score; the first failed because: {outcomes[0].failure or 'the metric is undefined here'}."


def _fitted(pool: Pool, winner: TrialOutcome) -> Any:
    pool.submit(winner.candidate.number, Fit(winner.candidate))
    answer = next(iter(pool.answers()))[1]
    if isinstance(answer, Lost):
        raise JobRefused(f"The best model could not be fitted on the whole table: the fit {answer.reason}.")
    return pickle.loads(answer)  # noqa: S301 (written by our own worker a moment ago)


def _tested(
    settings: Settings, problem: Problem | ForecastProblem, table: Any, model: Any, say: Say
) -> dict[str, float]:
    if table is None:
        return {}
    scores = test_scores(model, problem, settings.target, table, say)
    say(f"On test_data: {settings.metric.name} {scores.get(settings.metric.name, math.nan):.4f}.")
    return scores
