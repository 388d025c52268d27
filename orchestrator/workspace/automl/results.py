"""The figures of a job as files: ``outputs/leaderboard.json`` and ``metrics.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .metrics import Metric
from .problem import TrialOutcome
from .selection import ranked


@dataclass(frozen=True, slots=True)
class Result:
    """What a job has found.

    Attributes:
        metric: the primary one.
        outcomes: of all trials, in trial order.
        winner: the chosen one.
        rescored: trial number to the finalist's score on other splits.
        tested: metrics on the test table; empty without one.
        children: trial number to MLflow run.
    """

    metric: Metric
    outcomes: Sequence[TrialOutcome]
    winner: TrialOutcome
    rescored: Mapping[int, float]
    tested: Mapping[str, float]
    children: Mapping[int, str]

    @property
    def best_score(self) -> float:
        """The winner's primary metric in the search."""
        return self.winner.scores[self.metric.name]


def write_result(folder: Path, result: Result) -> None:
    """Write the job folder's ``outputs/leaderboard.json`` (best trial first, failed ones last) and ``metrics.json``."""
    leaderboard = [_entry(result, outcome) for outcome in _best_first(result)]
    write_json(folder / "outputs" / "leaderboard.json", {"primary_metric": result.metric.name, "trials": leaderboard})
    winner = result.winner.candidate
    figures = {
        "primary_metric": result.metric.name,
        "best_score": result.best_score,
        "best_child": result.children.get(winner.number),
        "best_trial": winner.number,
        "best_algorithm": winner.learner.name,
        "trials": len(result.outcomes),
        "scores": _plain_values(result.winner.scores),
        "test_scores": _plain_values(result.tested),
    }
    write_json(folder / "metrics.json", figures)


def _best_first(result: Result) -> list[TrialOutcome]:
    order = ranked(result.outcomes, result.metric)
    placed = {outcome.candidate.number for outcome in order}
    return [*order, *(outcome for outcome in result.outcomes if outcome.candidate.number not in placed)]


def _entry(result: Result, outcome: TrialOutcome) -> dict[str, Any]:
    candidate = outcome.candidate
    return {
        "trial": candidate.number,
        "algorithm": candidate.learner.name,
        "origin": candidate.origin,
        "parameters": _plain_values(candidate.parameters),
        "scores": _plain_values(outcome.scores),
        "score_on_other_splits": result.rescored.get(candidate.number),
        "seconds": round(outcome.seconds, 3),
        "run": result.children.get(candidate.number),
        "failure": outcome.failure or None,
    }


def write_json(path: Path, content: Any) -> None:
    """Write JSON whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    scratch.replace(path)


def _plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
