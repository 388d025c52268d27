"""How a search over parameters draws its trials and gives up on bad ones.

Source: Azure ML CLI v2 YAML reference, sweep jobs, and sweep settings of automated ML jobs.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import CAMEL, Number, Whole
from orchestrator.core.field_mark import RunSetting
from orchestrator.core.kind import Spec

TIME: Final = RunSetting("limits the time, not the result")
_MOST: Final = 1000
"""Source: Azure ML documentation, limits of sweep jobs: max_total_trials is 1 to 1000."""


class RandomSampling(Spec):
    """Draws values at random."""

    type: Literal["random"] = Field(description="random: values are drawn at random.")
    seed: Whole | None = Field(None, description="Seed of the random generator. Default: a different one for each run.")
    rule: Literal["random", "sobol"] | None = Field(
        None, description="random, or sobol: quasi-random values that cover the space evenly. Default: random."
    )
    logbase: str | Number | None = Field(
        None, description="Base of the logarithm for logarithmic distributions: a number or e. Default: e."
    )


class GridSampling(Spec):
    """Tries every combination."""

    type: Literal["grid"] = Field(description="grid: every combination of the choices.")


class BayesianSampling(Spec):
    """Chooses values from the results of earlier trials."""

    type: Literal["bayesian"] = Field(description="bayesian: values are chosen from the results of earlier trials.")


class TerminationPolicy(Spec):
    """What all early termination policies have."""

    evaluation_interval: Whole | None = Field(
        None, description="How often the policy is applied: every N-th time that trials log the metric. Default: 1."
    )
    delay_evaluation: Whole | None = Field(
        None, description="Number of intervals before the policy is first applied. Default: 0."
    )


class BanditPolicy(TerminationPolicy):
    """Ends trials that are too far behind the best one."""

    type: Literal["bandit"] = Field(description="bandit: ends trials that are too far behind the best one.")
    slack_factor: Number | None = Field(
        None, description="Allowed distance from the best trial, as a ratio. Set this or slack_amount."
    )
    slack_amount: Number | None = Field(
        None, description="Allowed distance from the best trial, in the unit of the metric. Set this or slack_factor."
    )


class MedianPolicy(TerminationPolicy):
    """Ends trials that are worse than the median of the running averages."""

    type: Literal["median_stopping"] = Field(
        description="median_stopping: ends trials that are worse than the median of the running averages."
    )


class TruncationPolicy(TerminationPolicy):
    """Ends the worst trials at each evaluation."""

    type: Literal["truncation_selection"] = Field(
        description="truncation_selection: ends the worst trials at each evaluation."
    )
    truncation_percentage: Whole = Field(description="Percentage of trials to end at each evaluation, 1 to 99.")


Sampling: TypeAlias = Literal["random", "grid", "bayesian"] | RandomSampling | GridSampling | BayesianSampling
EarlyTermination: TypeAlias = BanditPolicy | MedianPolicy | TruncationPolicy


class Sweep(Spec):
    """Sampling and early termination of the search."""

    sampling_algorithm: Sampling = Field(description="How values are chosen: random, grid or bayesian.")
    early_termination: EarlyTermination | None = Field(
        None, description="Policy that ends trials with poor results early. Default: none."
    )


class Objective(Spec):
    """The metric to optimize."""

    goal: Annotated[Literal["minimize", "maximize"], CAMEL] = Field(
        description="Whether the primary metric is minimized or maximized."
    )
    primary_metric: str = Field(description="Name of the metric that trials log to MLflow.")


class SweepLimits(Spec):
    """Limits of a sweep."""

    max_total_trials: Whole = Field(ge=1, le=_MOST, description="Maximum number of trials.")
    max_concurrent_trials: Annotated[Whole | None, RunSetting("affects concurrency only")] = Field(
        None,
        ge=1,
        le=_MOST,
        description="Maximum number of trials that run at the same time. Default: max_total_trials.",
    )
    timeout: Annotated[Whole | None, TIME] = Field(
        None, gt=0, description="Maximum run time of the sweep, in seconds. Default: 604800 (7 days)."
    )
    trial_timeout: Annotated[Whole | None, TIME] = Field(
        None, gt=0, description="Maximum run time of each trial, in seconds. Default: no limit."
    )
