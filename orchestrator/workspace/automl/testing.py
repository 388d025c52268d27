"""The fitted model on the rows of ``test_data``, which no trial has seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .forecasting.problem import ForecastProblem
from .metrics import score_classes, score_numbers
from .problem import Problem
from .refusal import JobRefused

Say = Callable[[str], None]


def check_test_table(problem: Problem | ForecastProblem, target: str, table: Any) -> None:
    """Refuse, before any training, a test table that could not be scored.

    Raises:
        JobRefused: a column is missing, or no row has a label.
    """
    missing = [name for name in (target, *problem.features.columns) if name not in table.columns]
    if missing:
        raise JobRefused(f"Columns {', '.join(missing)} are not in test_data, which must look like training_data.")
    if table[target].notna().sum() == 0:
        raise JobRefused(f"test_data has no row with a value in {target!r}.")


def test_scores(model: Any, problem: Problem | ForecastProblem, target: str, table: Any, say: Say) -> dict[str, float]:
    """All metrics of the task on the test table; rows whose label is missing or was never seen are left out.

    Args:
        model: fitted.
        problem: that it was fitted on.
        target: name of the label's column.
        table: a pandas frame that ``check_test_table`` accepts.
        say: takes one line for the log.
    """
    known = table[table[target].notna()]
    if problem.classes:
        known = known[known[target].isin(problem.classes)]
    if len(known) < len(table):
        say(f"{len(table) - len(known)} rows of test_data are left out: no label, or one that training has not seen.")
    if len(known) == 0:
        return {}
    features = known[list(problem.features.columns)]
    if not problem.classes:
        span = float(np.ptp(problem.target))
        return score_numbers(known[target].to_numpy(dtype=float), np.asarray(model.predict(features)), span)
    places = {label: place for place, label in enumerate(problem.classes)}
    truth = np.array([places[label] for label in known[target].tolist()])
    return score_classes(truth, model.predict_proba(features), problem.classes)
