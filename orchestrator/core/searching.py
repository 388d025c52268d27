"""How a search over parameters draws its trials and gives up on bad ones.

Source: Azure ML CLI v2 YAML reference, sweep jobs, and sweep settings of automated ML jobs.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from orchestrator.core.bodies import Number, Whole
from orchestrator.core.kind import Spec


class RandomSampling(Spec):
    """Trials at random."""

    type: Literal["random"]
    seed: Whole | None = None
    rule: Literal["random", "sobol"] | None = None
    logbase: str | Number | None = None


class GridSampling(Spec):
    """All combinations."""

    type: Literal["grid"]


class BayesianSampling(Spec):
    """Trials near good ones."""

    type: Literal["bayesian"]


class Policy(Spec):
    """What policies that end bad trials have."""

    evaluation_interval: Whole | None = None
    delay_evaluation: Whole | None = None


class BanditPolicy(Policy):
    """Ends trials that fall behind the best."""

    type: Literal["bandit"]
    slack_factor: Number | None = None
    slack_amount: Number | None = None


class MedianPolicy(Policy):
    """Ends trials that are below the median."""

    type: Literal["median_stopping"]


class TruncationPolicy(Policy):
    """Ends a share of the trials."""

    type: Literal["truncation_selection"]
    truncation_percentage: Whole


Sampling: TypeAlias = Literal["random", "grid", "bayesian"] | RandomSampling | GridSampling | BayesianSampling
EarlyTermination: TypeAlias = BanditPolicy | MedianPolicy | TruncationPolicy


class Sweep(Spec):
    """How the search goes."""

    sampling_algorithm: Sampling
    early_termination: EarlyTermination | None = None
