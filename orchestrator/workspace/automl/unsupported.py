"""Settings of Azure ML that this engine does not have: refused where they change what is learnt, else said in the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .refusal import JobRefused

_REFUSED = {
    ("cv_split_column_names",): "use n_cross_validations or validation_data",
    ("training", "enable_dnn_training"): "deep learning is not done on this machine",
}
_IGNORED = {
    ("training", "enable_vote_ensemble"): "one model is chosen",
    ("training", "enable_stack_ensemble"): "one model is chosen",
    ("training", "enable_onnx_compatible_models"): "the model is a scikit-learn pipeline",
    ("training", "enable_model_explainability"): "no explanation is made",
    ("forecasting", "country_or_region_for_holidays"): "holidays are not used as features",
}


def notes(body: Mapping[str, Any]) -> list[str]:
    """A line for each setting that has no effect here.

    Raises:
        JobRefused: a setting without which the job would learn something else.
    """
    for _, reason in refused(body):
        raise JobRefused(reason)
    return [reason for _, reason in ignored(body)]


def ignored(body: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The path of each setting that has no effect here, and a line that says so."""
    for path, why in _IGNORED.items():
        if _asked(body, path):
            yield path, f"{'.'.join(path)} has no effect here: {why}."


def refused(body: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The path and the reason of each setting without which the job would learn something else."""
    for path, fix in _REFUSED.items():
        if _asked(body, path):
            yield path, f"{'.'.join(path)} is not done on this machine: {fix}."


def _asked(body: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return bool(value) and value not in ("false", "False")
