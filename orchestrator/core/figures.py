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
        status: MLflow's word: ``SCHEDULED``, ``RUNNING``, ``FINISHED``, ``FAILED``, ``KILLED``.
        started, ended: milliseconds since the epoch; 0 if not yet.
        parameters: what it has logged, and before that what its parent has chosen for it.
        metrics: each with all its values, in the order of their steps.
        job: the name of its job in the workspace; empty if it has none of its own.
        step: of a pipeline, the name of its step; otherwise empty.
        reused_from: the run whose result it took over; empty if it ran itself.
        experiment: the name of its experiment.
    """

    run_id: str
    name: str = ""
    status: str = ""
    started: int = 0
    ended: int = 0
    parameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    job: str = ""
    step: str = ""
    reused_from: str = ""
    experiment: str = ""

    @property
    def duration_s(self) -> float | None:
        """How long it ran; None if it has not ended."""
        return (self.ended - self.started) / 1000 if self.ended and self.started else None

    def last(self, metric: str) -> float | None:
        """The last value of a metric."""
        points = self.metrics.get(metric)
        return points[-1].value if points else None
