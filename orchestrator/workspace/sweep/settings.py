"""What a sweep's body says, as plain values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSettings:
    """A sweep.

    Attributes:
        spaces: parameter to search space, as the body has it.
        algorithm: ``random``, ``grid`` or ``bayesian``.
        sampling: the rest of what is said about sampling: ``seed``, ``rule``, ``logbase``.
        metric: name of the primary metric.
        maximize: whether more is better.
        trials: how many at most.
        concurrent: how many at a time.
        trial_timeout_s: bound on each; None means none.
        policy: how bad trials are ended early; empty means not at all.
    """

    spaces: Mapping[str, Mapping[str, Any]]
    algorithm: str
    sampling: Mapping[str, Any]
    metric: str
    maximize: bool
    trials: int
    concurrent: int
    trial_timeout_s: float | None
    policy: Mapping[str, Any]

    def better(self, one: float, other: float) -> bool:
        """Whether one value of the metric is better than another."""
        return one > other if self.maximize else one < other


def read_settings(body: Mapping[str, Any]) -> SweepSettings:
    """The settings of a sweep's body that was validated before."""
    said = body.get("sampling_algorithm") or "random"
    sampling = dict(said) if isinstance(said, Mapping) else {"type": said}
    limits, objective = body.get("limits") or {}, body.get("objective") or {}
    total = int(limits.get("max_total_trials") or 1)
    return SweepSettings(
        spaces=body.get("search_space") or {},
        algorithm=str(sampling.pop("type", "random")).lower(),
        sampling=sampling,
        metric=str(objective.get("primary_metric")),
        maximize=str(objective.get("goal")).lower() == "maximize",
        trials=total,
        concurrent=min(int(limits.get("max_concurrent_trials") or _at_once()), total),
        trial_timeout_s=float(limits["trial_timeout"]) if limits.get("trial_timeout") else None,
        policy=body.get("early_termination") or {},
    )


def _at_once() -> int:
    """So many trials at a time where the body does not say: as many as this machine runs jobs. More would only wait, and learn nothing."""
    return max(2, os.cpu_count() or 1)
