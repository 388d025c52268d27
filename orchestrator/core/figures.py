"""What a run has logged: parameters, and metrics over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric.

    Attributes:
        at: milliseconds since the epoch.
    """

    step: int
    value: float
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run has logged.

    Attributes:
        status: MLflow's word: ``RUNNING``, ``FINISHED``, ``FAILED``, ``KILLED``.
        started, ended: milliseconds since the epoch; 0 if not yet.
        metrics: each with all its values, in the order of their steps.
    """

    run_id: str
    name: str = ""
    status: str = ""
    started: int = 0
    ended: int = 0
    parameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    def last(self, metric: str) -> float | None:
        """The last value of a metric."""
        points = self.metrics.get(metric)
        return points[-1].value if points else None
