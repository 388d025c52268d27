"""How good a run was: the figure that AutoML or a sweep chose its best model by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AUTOML = "automl"
"""The attribute of a finished run under which its figures are: `primary_metric`, `best_score`, `best_algorithm`, `trials`."""


@dataclass(frozen=True, slots=True)
class Score:
    """The result of a search for the best model.

    Attributes:
        metric: the primary metric's name.
        value: the best model's.
        model: which model that is: its algorithm, else its trial; empty if nobody says.
        trials: how many were tried; None if nobody says.
    """

    metric: str
    value: float
    model: str = ""
    trials: int | None = None

    def __str__(self) -> str:
        best = f", best model {self.model}" if self.model else ""
        tried = f" of {self.trials} trial{'' if self.trials == 1 else 's'}" if self.trials else ""
        return f"{self.metric} {self.value:.4g}{best}{tried}"

    def document(self) -> dict[str, Any]:
        """As plain data."""
        return {"metric": self.metric, "value": self.value, "model": self.model or None, "trials": self.trials}


def score_of(attributes: Mapping[str, Any]) -> Score | None:
    """The score among the attributes of a live run; None if it has none."""
    found = attributes.get(AUTOML)
    if not isinstance(found, Mapping):
        return None
    metric, value = found.get("primary_metric"), found.get("best_score")
    if not isinstance(metric, str) or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    model, trials = found.get("best_algorithm") or found.get("best_child") or "", found.get("trials")
    return Score(metric, float(value), str(model), trials if isinstance(trials, int) else None)
