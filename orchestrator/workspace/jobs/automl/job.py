"""An AutoML job from its folder to its model."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .data import read_table
from .experiment import Experiment, Progress
from .forecasting.problem import ForecastProblem, make_forecast_problem
from .learners import choose as choose_learners
from .pool import Lost, Pool, cores, warm_up
from .preparation import make_problem
from .problem import Fit, Outcome, Problem
from .refusal import Refusal
from .results import leaderboard, write_json
from .search import Search
from .selection import Choice, choose, ranked
from .settings import Settings, read_settings
from .tracking import Tracking

Say = Callable[[str], None]
# The share of the time limit that is kept for scoring the finalists again and fitting the winner.
_RESERVE = 0.15


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
        Refusal: it has no training data.
    """
    text = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    inputs = {name: str(value) for name, value in (text.get("inputs") or {}).items()}
    if "training_data" not in inputs:
        raise Refusal("training_data is missing: say which table to learn from.")
    outputs = text.get("outputs") or {}
    model = Path(outputs.get("best_model") or folder / "outputs" / "best_model")
    return JobFolder(folder, text["body"], inputs, model)


def run(job: JobFolder, say: Say) -> None:
    """Search, choose, fit and save.

    Args:
        job: what to do.
        say: takes one line for the log.

    Raises:
        Refusal: the job cannot be done as it is asked for.
    """
    began = time.monotonic()
    settings = read_settings(job.body)
    warm_up()
    deadline = began + settings.limits.timeout_s
    tables = {name: read_table(Path(path), name) for name, path in job.inputs.items() if name.endswith("_data")}
    problem = _problem(settings, tables, say)
    size = min(settings.limits.max_concurrent, cores())
    with Pool(pickle.dumps(problem), size) as pool, Tracking(say) as tracking:
        outcomes = _search(settings, problem, pool, tracking, deadline, say)
        best_first = ranked(outcomes, settings.metric)
        if not best_first:
            raise Refusal(_nothing(outcomes))
        choice = choose(
            pool, best_first, settings.metric, len(problem.target), deadline, again=settings.task != "forecasting"
        )
        winner = next(each for each in outcomes if each.candidate.number == choice.outcome.candidate.number)
        say(f"Best model: trial {winner.candidate.number}, {winner.candidate.learner.name} ({choice.why}).")
        _save(pool, problem, winner, job.model)
        score = winner.scores[settings.metric.name]
        tracking.parent(dict(winner.scores), {"best_trial": str(winner.candidate.number)})
        tracking.drain(timeout_s=30)
        _write(job, settings, outcomes, choice, winner, tracking)
    say(f"{settings.metric.name} {score:.4f} after {len(outcomes)} trials in {time.monotonic() - began:.1f} s.")


def _problem(settings: Settings, tables: Mapping[str, Any], say: Say) -> Problem | ForecastProblem:
    if settings.task != "forecasting":
        problem = make_problem(settings, tables["training_data"], tables.get("validation_data"), say)
        _describe(problem, tables["training_data"], say)
        return problem
    if "validation_data" in tables:
        raise Refusal("validation_data is not used for forecasting, which is checked by rolling origin: leave it out.")
    return make_forecast_problem(settings, tables["training_data"], say)


def _describe(problem: Problem, table: Any, say: Say) -> None:
    what = f"classes {', '.join(map(str, problem.classes[:10]))}" if problem.classes else "a number"
    how = (
        f"{problem.folds}-fold cross-validation"
        if problem.held_out is None
        else f"{len(problem.held_out)} held-out rows"
    )
    say(f"{len(problem.target)} of {len(table)} rows, {len(problem.roles.features)} features, {what}; scored by {how}.")


def _search(
    settings: Settings, problem: Problem | ForecastProblem, pool: Pool, tracking: Tracking, deadline: float, say: Say
) -> list[Outcome]:
    rows = len(problem.target)
    learners = choose_learners(settings.task, settings.algorithms, rows, weighted=settings.weight is not None)
    search = Search(settings.task, learners, settings.metric, problem.features.shape, problem.seed)

    def listen(outcome: Outcome, progress: Progress) -> None:
        say(trial_line(outcome, progress))
        tracking.trial(outcome)

    experiment = Experiment(search, settings.limits, settings.metric, listen)
    reserve = _RESERVE * settings.limits.timeout_s
    outcomes = experiment.run(pool, deadline - reserve)
    pool.abandon()
    say(f"The search ends: {experiment.reason}.")
    return outcomes


def trial_line(outcome: Outcome, progress: Progress) -> str:
    """One trial for the log."""
    name, metric = outcome.candidate.learner.name, progress.metric.name
    head = f"trial {outcome.candidate.number:<3} {name:<22}"
    if outcome.failure:
        return f"{head} failed: {outcome.failure}"
    best = progress.best_score
    known = "" if best is None else f" (best {best:.4f})"
    return f"{head} {metric} {outcome.scores[metric]:.4f}{known}  {outcome.seconds:.1f} s"


def _nothing(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return "No trial finished within timeout_minutes: allow more time."
    return f"No trial gave a score; the first failed because: {outcomes[0].failure or 'the metric is undefined here'}."


def _save(pool: Pool, problem: Problem | ForecastProblem, winner: Outcome, folder: Path) -> None:
    from .artefact import save_model

    pool.submit(0, Fit(winner.candidate))
    answer = next(iter(pool.answers()))[1]
    if isinstance(answer, Lost):
        raise Refusal(f"The best model could not be fitted on the whole table: {answer.reason}.")
    # Written by our own worker a moment ago.
    save_model(pickle.loads(answer), problem, winner.candidate.learner.estimator, folder)  # noqa: S301


def _write(
    job: JobFolder, settings: Settings, outcomes: list[Outcome], choice: Choice, winner: Outcome, tracking: Tracking
) -> None:
    metric = settings.metric
    order = ranked(outcomes, metric)
    failed = [outcome for outcome in outcomes if outcome not in order]
    board = leaderboard([*order, *failed], tracking.children, choice.rescored)
    write_json(job.folder / "outputs" / "leaderboard.json", {"primary_metric": metric.name, "trials": board})
    figures = {
        "primary_metric": metric.name,
        "best_score": winner.scores[metric.name],
        "best_child": tracking.children.get(winner.candidate.number),
        "best_trial": winner.candidate.number,
        "best_algorithm": winner.candidate.learner.name,
        "trials": len(outcomes),
    }
    write_json(job.folder / "metrics.json", figures)
