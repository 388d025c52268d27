"""What a job body asks for, as typed values with Azure ML's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.deep_learning import is_deep

from .featurization import Featurization, read_featurization
from .forecasting.settings import ForecastSettings, read_forecast
from .metrics import Metric, primary_metric
from .names import canonical
from .refusal import JobRefused

TASKS = ("classification", "regression", "forecasting")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the search.

    Source: learn.microsoft.com/azure/machine-learning/reference-automated-ml (limits and their defaults).

    Attributes:
        timeout_s: for the whole search.
        trial_timeout_s: for one trial, or None.
        max_trials: how many trials at most.
        max_concurrent: how many trials at once.
        early: stop when the best score no longer improves.
        exit_score: stop when the best score reaches this.
    """

    timeout_s: float = 360 * 60
    trial_timeout_s: float | None = None
    max_trials: int = 1000
    max_concurrent: int = 1
    early: bool = True
    exit_score: float | None = None


@dataclass(frozen=True, slots=True)
class Algorithms:
    """Which algorithms may be tried, as the body spells them; empty means no restriction."""

    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """How a trial is scored when no validation data is given: ``folds``, or a held-out ``share``, or the default."""

    folds: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """An AutoML job's body."""

    task: str
    target: str
    metric: Metric
    limits: Limits = field(default_factory=Limits)
    algorithms: Algorithms = field(default_factory=Algorithms)
    validation: Validation = field(default_factory=Validation)
    featurization: Featurization = field(default_factory=Featurization)
    weight: str | None = None
    forecast: ForecastSettings | None = None


def read_settings(body: Mapping[str, Any]) -> Settings:
    """The body's settings.

    Args:
        body: an AutoML job in CLI v2 form.

    Raises:
        JobRefused: something is unknown, missing or not done on this machine.
    """
    task = _task(body)
    target = body.get("target_column_name")
    if not target:
        raise JobRefused("target_column_name is missing: say which column is to be predicted.")
    forecast = read_forecast(_section(body, "forecasting")) if task == "forecasting" else None
    return Settings(
        task=task,
        target=str(target),
        metric=primary_metric(task, body.get("primary_metric")),
        limits=read_limits(_section(body, "limits"), Limits()),
        algorithms=_algorithms(_section(body, "training")),
        validation=_validation(body),
        featurization=read_featurization(body.get("featurization")),
        weight=body.get("weight_column_name") or None,
        forecast=forecast,
    )


def _task(body: Mapping[str, Any]) -> str:
    task = str(body.get("task") or "")
    if is_deep(task):
        raise JobRefused(f"task {task!r} needs deep learning; the tasks on tables are {', '.join(TASKS)}.")
    return canonical(task, TASKS, what="task")


def _section(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = body.get(name) or {}
    if not isinstance(section, Mapping):
        raise JobRefused(f"{name} must be a mapping, not {type(section).__name__}.")
    return section


def _number(section: Mapping[str, Any], name: str, default: float | None, *, least: float) -> float | None:
    value = section.get(name)
    if value is None:
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise JobRefused(f"{name} must be a number, not {value!r}.") from None
    if number < least:
        raise JobRefused(f"{name} must be at least {least:g}, not {number:g}.")
    return number


def read_limits(section: Mapping[str, Any], base: Limits) -> Limits:
    """Bounds of a search.

    Args:
        base: the limits where the section says nothing.

    Raises:
        JobRefused: one is no number, or too small.
    """
    minutes = _number(section, "timeout_minutes", None, least=0.01)
    per_trial = _number(section, "trial_timeout_minutes", None, least=0.01)
    max_trials = _number(section, "max_trials", base.max_trials, least=1)
    at_once = _number(section, "max_concurrent_trials", base.max_concurrent, least=1)
    early = section.get("enable_early_termination", base.early)
    return Limits(
        timeout_s=minutes * 60 if minutes is not None else base.timeout_s,
        trial_timeout_s=per_trial * 60 if per_trial is not None else None,
        max_trials=int(max_trials or 1),
        max_concurrent=int(at_once or 1),
        early=early not in (False, "false", "False"),
        exit_score=_number(section, "exit_score", None, least=float("-inf")),
    )


def _algorithms(section: Mapping[str, Any]) -> Algorithms:
    return Algorithms(
        allowed=tuple(section.get("allowed_training_algorithms") or ()),
        blocked=tuple(section.get("blocked_training_algorithms") or ()),
    )


def _validation(body: Mapping[str, Any]) -> Validation:
    folds: float | None = None
    if body.get("n_cross_validations") not in (None, "auto"):
        folds = _number(body, "n_cross_validations", None, least=2)
    share = _number(body, "validation_data_size", None, least=0.0)
    if share is not None and not 0 < share < 1:
        raise JobRefused(f"validation_data_size must lie between 0 and 1, not {share:g}.")
    return Validation(folds=int(folds) if folds else None, share=share)
