"""What a job on texts or images asks for, and the parameters of its trials. Needs no library."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.workspace.automl.metrics import CLASSIFICATION, Metric
from orchestrator.workspace.automl.names import canonical
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.automl.settings import Limits, read_limits
from orchestrator.workspace.sweep.spaces import combinations, value_at

_DAY_S: Final = 24 * 3600.0
_TIMEOUT_S: Final = 7 * _DAY_S
"""Source: CLI v2 YAML reference, automated ML image jobs, limits."""

_METRICS: Final[Mapping[str, tuple[str, ...]]] = {
    "text_classification": CLASSIFICATION,
    "text_classification_multilabel": ("accuracy",),
    "text_ner": ("accuracy",),
    "image_classification": CLASSIFICATION,
    "image_classification_multilabel": ("iou", *CLASSIFICATION),
    "image_object_detection": ("mean_average_precision",),
    "image_instance_segmentation": ("mean_average_precision",),
}
_DEFAULT_METRICS: Final = {
    "image_classification_multilabel": "iou",
    "text_classification": "accuracy",
    "image_classification": "accuracy",
}
_SAMPLINGS: Final = ("random", "grid", "bayesian")
_TARGETLESS: Final = ("text_ner",)
_RATES: Final = (1e-4, 1e-2)
"""Bounds of the learning rates that trials draw where a body asks for several without a search space."""


@dataclass(frozen=True, slots=True)
class DeepSettings:
    """A job on texts or images.

    Attributes:
        target: the column of the labels; empty for named entities.
        share: of the training data that is held out where there is no validation data.
        fixed: training parameters of every trial.
        spaces: groups of parameters to search; each trial draws from one.
        sampling: ``random``, ``grid`` or ``bayesian``, which is random here.
    """

    task: str
    target: str
    metric: Metric
    limits: Limits
    share: float = 0.2
    fixed: Mapping[str, Any] = field(default_factory=dict)
    spaces: Sequence[Mapping[str, Any]] = ()
    sampling: str = "random"


def read_deep_settings(body: Mapping[str, Any]) -> DeepSettings:
    """The body's settings.

    Raises:
        JobRefused: something is missing or unknown.
    """
    task = str(body.get("task"))
    target = str(body.get("target_column_name") or "")
    if not target and task not in _TARGETLESS:
        raise JobRefused("target_column_name is missing: say which column has the labels.")
    known = _METRICS[task]
    named = body.get("primary_metric")
    metric = (
        canonical(named, known, what=f"primary_metric for {task}") if named else _DEFAULT_METRICS.get(task, known[0])
    )
    share = float(body.get("validation_data_size") or 0.2)
    if not 0 < share < 1:
        raise JobRefused(f"validation_data_size must lie between 0 and 1, not {share:g}.")
    sampling = str((body.get("sweep") or {}).get("sampling_algorithm") or "random").lower()
    return DeepSettings(
        task=task,
        target=target,
        metric=Metric(metric, maximise=True),
        limits=read_limits(body.get("limits") or {}, Limits(timeout_s=_TIMEOUT_S, max_trials=1)),
        share=share,
        fixed=_given(body.get("training_parameters") or {}),
        spaces=[_given(group) for group in body.get("search_space") or ()],
        sampling=canonical(sampling, _SAMPLINGS, what="sweep.sampling_algorithm"),
    )


def _given(section: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in section.items() if value is not None}


def trials(settings: DeepSettings, seed: int) -> Iterator[dict[str, Any]]:
    """The parameters of each trial, at most as many as the limit says.

    Raises:
        JobRefused: a grid over something that is no choice.
    """
    source = random.Random(seed)  # noqa: S311 - a draw, not a secret
    found = _grid(settings) if settings.sampling == "grid" and settings.spaces else _random(settings, source)
    for _, parameters in zip(range(settings.limits.max_trials), found, strict=False):
        yield {**settings.fixed, **parameters}


def _random(settings: DeepSettings, source: random.Random) -> Iterator[dict[str, Any]]:
    if not settings.spaces:
        yield {}
        while "learning_rate" not in settings.fixed:
            yield {"learning_rate": math.exp(source.uniform(*map(math.log, _RATES)))}
        return
    while True:
        group = source.choice(settings.spaces)
        yield {name: value_at(space, source.random()) if is_space(space) else space for name, space in group.items()}


def _grid(settings: DeepSettings) -> Iterator[dict[str, Any]]:
    for group in settings.spaces:
        spaces = {name: space for name, space in group.items() if is_space(space)}
        wrong = [name for name, space in spaces.items() if str(space["type"]).lower() != "choice"]
        if wrong:
            raise JobRefused(
                f"search_space: a grid needs choices, and {', '.join(wrong)} is none: use sampling_algorithm random."
            )
        plain = {name: value for name, value in group.items() if name not in spaces}
        yield from ({**plain, **values} for values in combinations(spaces))


def is_space(value: Any) -> bool:
    """Whether a value of a search space is to be drawn."""
    return isinstance(value, Mapping) and "type" in value
