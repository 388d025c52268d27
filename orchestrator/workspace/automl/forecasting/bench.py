"""One forecasting trial inside a worker: rolling origins, each forecast from what was known at its time."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from orchestrator.workspace.automl.bench import Bench, build
from orchestrator.workspace.automl.columns import CATEGORY, NUMBER, Column, Roles
from orchestrator.workspace.automl.metrics import score_numbers
from orchestrator.workspace.automl.preprocessing import preprocessor
from orchestrator.workspace.automl.problem import Candidate, Evaluate

from . import portable
from .portable import BASELINES, CALENDAR, Forecaster
from .problem import ForecastProblem


class ForecastBench(Bench):
    """Scores by rolling origin; ``repeats`` of a task mean nothing here."""

    def __init__(self, problem: ForecastProblem) -> None:
        super().__init__(problem.metric)
        self._problem = problem

    def portable(self) -> ModuleType:
        """The module of ours whose code travels inside the model."""
        return portable

    def folds(self, task: Evaluate) -> list[Mapping[str, float]]:
        """Every metric for each origin, oldest first."""
        problem = self._problem
        span = float(np.ptp(problem.target))
        period = pd.tseries.frequencies.to_offset(problem.frequency)
        scores: list[Mapping[str, float]] = []
        for origin in sorted(problem.origins):
            known = problem.moments <= origin
            asked = (~known) & (problem.moments <= origin + problem.horizon * period)
            if asked.any():
                forecasts = self._fit(task.candidate, known).predict(problem.features[asked])
                scores.append(score_numbers(problem.target[asked], forecasts, span))
        return scores

    def fitted(self, candidate: Candidate) -> Any:
        """A forecaster that knows all rows."""
        return self._fit(candidate, np.ones(len(self._problem.target), dtype=bool))

    def _fit(self, candidate: Candidate, rows: Any) -> Forecaster:
        problem = self._problem
        outside = problem.outside.features if problem.outside else ()
        forecaster = Forecaster(
            self._model(candidate),
            time=problem.settings.time,
            ids=problem.settings.ids,
            outside=tuple(column.name for column in outside),
            frequency=problem.frequency,
            season=problem.season,
            lags=problem.lags,
            window=problem.settings.window,
        )
        return forecaster.fit(problem.features[rows], problem.target[rows])

    def _model(self, candidate: Candidate) -> Any:
        from sklearn.pipeline import Pipeline

        problem = self._problem
        if candidate.learner.name in BASELINES:
            return candidate.learner.name
        made = [
            "level",
            *(f"lag_{lag}" for lag in problem.lags),
            *(["rolling_mean"] if problem.settings.window else []),
        ]
        columns = (
            *(Column(name, NUMBER, "float64") for name in (*made, *CALENDAR)),
            *(Column(name, CATEGORY, "object") for name in problem.settings.ids),
            *(problem.outside.features if problem.outside else ()),
        )
        prepare = preprocessor(Roles(columns, ()), problem.featurization, scaled=candidate.learner.scaled)
        return Pipeline([("prepare", prepare), ("model", build(candidate, problem.seed))])
