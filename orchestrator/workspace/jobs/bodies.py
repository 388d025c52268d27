"""Reads what a job's body says about inputs, outputs, time and processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.errors import Invalid

AUTOML_INPUTS: Final = ("training_data", "validation_data", "test_data")

AUTOML_MARGIN_S: Final = 300.0
"""An AutoML job ends its search by itself when its time is up, then writes its model. Only what takes much longer is stuck."""


def input_values(variant: str, body: Mapping[str, Any]) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
    """The inputs that have a value.

    Returns:
        The inputs with a path (name to body, ``path`` is always there) and the literals (name to text).

    Raises:
        Invalid: an input that is not optional has no value.
    """
    paths: dict[str, Mapping[str, Any]] = {}
    literals: dict[str, str] = {}
    for name, value in _inputs(variant, body).items():
        if not isinstance(value, Mapping):
            literals[name] = literal_text(value)
        elif value.get("path"):
            paths[name] = value
        else:
            content = value.get("value") if value.get("value") is not None else value.get("default")
            if content is not None:
                literals[name] = literal_text(content)
            elif not value.get("optional"):
                raise Invalid(f"Input '{name}' has no value.", fix="Give it one, or make it optional.")
    return paths, literals


def _inputs(variant: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    if variant.startswith("automl") or body.get("type") == "automl":
        return {name: body[name] for name in AUTOML_INPUTS if body.get(name)}
    return {name: value for name, value in (body.get("inputs") or {}).items() if value is not None}


def literal_text(value: Any) -> str:
    """The text of a scalar, as the service writes it: ``true`` is ``True``, 1.0 is ``1``."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def output_types(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Name to body of each output; an output written without a body is a folder."""
    return {name: spec or {} for name, spec in (body.get("outputs") or {}).items()}


def time_limit(body: Mapping[str, Any]) -> float | None:
    """Bound on the run's work, seconds; None means none."""
    limits = body.get("limits") or {}
    if limits.get("timeout"):
        return float(limits["timeout"])
    minutes = limits.get("timeout_minutes")
    return float(minutes) * 60 + AUTOML_MARGIN_S if minutes else None


def process_count(body: Mapping[str, Any]) -> int:
    """How many processes the command runs as.

    Raises:
        Invalid: it asks for several machines, or for a launcher that this machine does not have.
    """
    resources = body.get("resources") or {}
    nodes = int(resources.get("instance_count") or 1)
    if nodes > 1:
        raise Invalid(
            f"The job asks for {nodes} machines; the embedded workspace is one.", fix="Set resources.instance_count: 1."
        )
    distribution = body.get("distribution") or {}
    kind = distribution.get("type")
    if kind in (None, "pytorch"):
        return int(distribution.get("process_count_per_instance") or 1)
    raise Invalid(
        f"The embedded workspace cannot start a job with distribution {kind}.",
        fix="Use distribution pytorch, or run it in an Azure workspace.",
    )
